package io.pemn.packager;

import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.Layer;
import io.pemn.loader.NetworkTensor;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.tensors.NpyFolder;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import io.pemn.packager.tensors.TensorType;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Writes the full weights of an archive, every masked layer rebuilt and checked against its digest,
 * in the network's order.
 */
public final class Unpacker {
  private Unpacker() {}

  /**
   * Writes one safetensors file.
   *
   * @throws IOException in one sentence, if the archive is damaged or the file cannot be written
   */
  public static void toSafetensors(PemnArchive archive, Path file) throws IOException {
    List<TensorEntry> tensors = tensors(archive);
    Map<String, String> metadata = Map.of("format", "pt", "pemn_digest", archive.digest());
    AtomicFile.write(file, out -> SafetensorsWriter.write(out, metadata, tensors));
  }

  /**
   * Writes a folder of {@code .npy} files, one a parameter.
   *
   * @throws IOException in one sentence, if the archive is damaged or the folder cannot be written
   */
  public static void toNpyFolder(PemnArchive archive, Path folder) throws IOException {
    List<TensorEntry> tensors = tensors(archive);
    AtomicFile.writeFolder(folder, temporary -> NpyFolder.write(temporary, tensors));
  }

  /**
   * Writes a TorchScript file that PyTorch loads.
   *
   * @throws IllegalArgumentException in one sentence, if the network is no TorchScript module
   * @throws IOException in one sentence, if the archive is damaged or the file cannot be written
   */
  public static void toTorchScript(PemnArchive archive, Path file) throws IOException {
    if (archive.network() instanceof BuiltInDescription) {
      throw new IllegalArgumentException(
          "The archive's network is built in and no TorchScript module, so there is no "
              + file
              + " to write; give a .safetensors file or a folder.");
    }
    AtomicFile.write(file, archive::writeTorchScript);
  }

  private static List<TensorEntry> tensors(PemnArchive archive) throws IOException {
    Map<String, Layer> layers =
        archive.layers().stream().collect(Collectors.toMap(Layer::name, Function.identity()));
    Map<String, RemainderTensor> remainder =
        archive.remainder().stream()
            .collect(Collectors.toMap(RemainderTensor::name, Function.identity()));
    List<TensorEntry> tensors = new ArrayList<>();
    for (NetworkTensor tensor : archive.tensors()) {
      Layer layer = layers.get(tensor.name());
      tensors.add(
          layer == null
              ? stored(remainder.get(tensor.name()), tensor.type())
              : rebuilt(archive, layer, tensor.type()));
    }
    return tensors;
  }

  private static TensorEntry stored(RemainderTensor tensor, NumberType type) {
    return TensorEntry.of(
        tensor.name(),
        TensorType.of(type),
        shape(tensor.shape()),
        out -> {
          if (tensor.type() == type) {
            Channels.newChannel(out).write(tensor.data());
          } else {
            out.write(type.encode(tensor.values()));
          }
        });
  }

  private static TensorEntry rebuilt(PemnArchive archive, Layer layer, NumberType type) {
    if (type == NumberType.FLOAT32) {
      return TensorEntry.floats(layer.name(), shape(layer.shape()), () -> checked(archive, layer));
    }
    return TensorEntry.of(
        layer.name(),
        TensorType.of(type),
        shape(layer.shape()),
        out -> out.write(type.encode(checked(archive, layer))));
  }

  private static long[] shape(List<Integer> shape) {
    return shape.stream().mapToLong(Integer::longValue).toArray();
  }

  private static float[] checked(PemnArchive archive, Layer layer) throws IOException {
    float[] weights = archive.rebuild(layer);
    archive.verify(layer, weights);
    return weights;
  }
}
