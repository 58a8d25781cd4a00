package io.pemn.fuzz;

import io.pemn.compressor.data.CifarBytes;
import io.pemn.compressor.data.IdxFile;
import io.pemn.format.Normalization;
import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.Norm;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.Limits;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.imports.CheckpointImport;
import io.pemn.packager.pickle.AllowedCalls;
import io.pemn.packager.pickle.Pickle;
import io.pemn.packager.tensors.SafetensorsFile;
import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A file that a stranger sent, to be read by the reader that is meant for it.
 *
 * @param path of the file
 * @param folder below testdata/hostile, which says what it is to be read as
 * @param limits what an archive may ask for
 */
record StrangersFile(Path path, String folder, Limits limits) {
  /** What a network needs that is no larger than those of the tests. */
  static final Limits LIMITS =
      new Limits(1 << 20, 1 << 20, 1000, 1 << 22, 1 << 22).withModuleEntries(1000);

  /** Of the checkpoints in testdata/authors. */
  static final CheckpointImport.Settings NETWORK =
      new CheckpointImport.Settings(
          new BuiltInDescription(
              new ConvMixerArchitecture(8, 2, 3, 4, Activation.GELU, Norm.LEARN),
              new ImageShape(1, 28, 28),
              10),
          Normalization.parse("0,1"),
          List.of(),
          OptionalDouble.empty(),
          FloatCoding.FP32,
          "fuzz");

  private static final AllowedCalls CALLS =
      AllowedCalls.of(
          "it only rebuilds tensors",
          "save it again",
          "collections.OrderedDict",
          "torch._utils._rebuild_tensor_v2",
          "torch.FloatStorage");

  private static final byte[] TWO_IMAGES = {
    0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8
  };

  private static final byte[] TWO_LABELS = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};

  /** A hostile file in testdata/hostile, with small limits. */
  static StrangersFile of(Path hostile, HostileFile file) {
    String folder = file.path().substring(0, file.path().indexOf('/'));
    return new StrangersFile(hostile.resolve(file.path()), folder, LIMITS);
  }

  /** Reads all of it, and returns why that was refused. */
  Optional<IOException> refusal() {
    try {
      read();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e);
    }
  }

  private void read() throws IOException {
    switch (folder) {
      case "archives" -> {
        PemnArchive archive =
            PemnArchive.open(path, LoadPolicy.allowTorchScript().withLimits(limits));
        archive.decode();
        archive.tensors();
        archive.verify();
      }
      case "safetensors" -> {
        SafetensorsFile file = SafetensorsFile.read(path);
        for (String name : file.names()) {
          file.tensor(name);
        }
      }
      case "pickles" ->
          Pickle.read(ByteBuffer.wrap(Files.readAllBytes(path)), path.toString(), CALLS);
      case "modules" -> {
        try (TorchScriptFile file = TorchScriptFile.open(path)) {
          TorchScriptReading.everything(file);
        }
      }
      case "checkpoints" -> CheckpointImport.read(path, NETWORK);
      case "idx" -> readIdx();
      case "cifar" -> {
        if (path.toString().endsWith(".pkl")) {
          CifarBytes.readPickle(path.toString(), Files.readAllBytes(path));
        } else {
          CifarBytes.readBinary(path.toString(), Files.readAllBytes(path));
        }
      }
      default -> throw new IllegalArgumentException("No reader of " + folder);
    }
  }

  private void readIdx() throws IOException {
    boolean images = path.toString().endsWith("-images");
    Path other = Files.createTempFile("pemn-idx", "");
    try {
      Files.write(other, images ? TWO_LABELS : TWO_IMAGES);
      IdxFile.readImageSet(images ? path : other, images ? other : path, 10);
    } finally {
      Files.delete(other);
    }
  }
}
