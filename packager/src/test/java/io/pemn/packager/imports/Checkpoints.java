package io.pemn.packager.imports;

import io.pemn.format.Normalization;
import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.Norm;
import io.pemn.format.storage.FloatCoding;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** The checkpoints of testdata/authors, and such with other tensors. */
final class Checkpoints {
  static final Path FOLDER =
      Path.of(System.getProperty("pemn.home"), "testdata", "authors", "fixtures");

  private Checkpoints() {}

  static Path file(String name) {
    return FOLDER.resolve(name);
  }

  /** The ConvMixer of all these checkpoints. */
  static BuiltInDescription network(Norm norm) {
    return network(8, 2, norm, 10);
  }

  static BuiltInDescription network(int dim, int depth, Norm norm, int classes) {
    return new BuiltInDescription(
        new ConvMixerArchitecture(dim, depth, 3, 4, Activation.GELU, norm),
        new ImageShape(1, 28, 28),
        classes);
  }

  static CheckpointImport.Settings settings(BuiltInDescription network) {
    return settings(network, OptionalDouble.empty());
  }

  static CheckpointImport.Settings settings(BuiltInDescription network, OptionalDouble density) {
    return new CheckpointImport.Settings(
        network,
        Normalization.parse("0.2860,0.3530"),
        List.of(),
        density,
        FloatCoding.FP32,
        "test");
  }

  static CheckpointImport read(Path file) throws IOException {
    return CheckpointImport.read(file, settings(network(Norm.LEARN)));
  }

  /** A tensor in memory. */
  record Values(List<Long> shape, float[] numbers) {
    Values(float[] numbers, Long... shape) {
      this(List.of(shape), numbers);
    }
  }

  /** All tensors of a checkpoint but counters, in its order. */
  static Map<String, Values> tensors(Path file) throws IOException {
    Map<String, Values> tensors = new LinkedHashMap<>();
    try (StateDict state = PyTorchCheckpoint.open(file)) {
      for (StateTensor tensor : state.tensors()) {
        if (tensor.type().isFloat()) {
          tensors.put(tensor.name(), new Values(tensor.shape(), state.floats(tensor)));
        }
      }
    }
    return tensors;
  }

  /**
   * Writes tensors as a safetensors file, in the order of their names, as PyTorch's library does.
   */
  static Path write(Path file, Map<String, Values> tensors) throws IOException {
    List<TensorEntry> entries = new ArrayList<>();
    for (String name : tensors.keySet().stream().sorted().toList()) {
      Values values = tensors.get(name);
      long[] shape = values.shape().stream().mapToLong(Long::longValue).toArray();
      entries.add(TensorEntry.floats(name, shape, values.numbers()));
    }
    AtomicFile.write(file, out -> SafetensorsWriter.write(out, Map.of(), entries));
    return file;
  }

  /** The entries of a zip by their names, in its order. */
  static Map<String, byte[]> entries(Path file) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    }
    return entries;
  }

  /** Writes a zip of entries. */
  static Path zip(Path file, Map<String, byte[]> entries) throws IOException {
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue());
      }
    }
    return file;
  }
}
