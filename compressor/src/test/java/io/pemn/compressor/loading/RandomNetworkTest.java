package io.pemn.compressor.loading;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.format.Distribution;
import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskedNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RandomNetworkTest {
  private static final ImageShape IMAGE = new ImageShape(3, 16, 16);
  private static final BuiltInDescription NETWORK =
      new BuiltInDescription(new ConvMixerArchitecture(64, 2, 3, 2, Activation.GELU), IMAGE, 10);

  private static RandomNetwork.Masking masking(MaskType type, double density) {
    return new RandomNetwork.Masking(
        type, density, new FillingStrategy.MaxLayer(), Distribution.NORMAL, FloatCoding.FP32);
  }

  @Test
  void masksKeepAsManyWeightsAsAskedFor() throws IOException {
    MaskedNetwork network = RandomNetwork.builtIn(NETWORK, masking(MaskType.BINARY, 0.25));
    PemnArchive archive = PemnArchive.read(ArchiveWriter.toBytes(network));
    double kept = archive.layers().stream().mapToLong(Layer::kept).sum();
    assertEquals(0.25, kept / archive.maskedWeights(), 0.02);
  }

  @Test
  void signMasksKeepEveryWeight() throws IOException {
    MaskedNetwork network = RandomNetwork.builtIn(NETWORK, masking(MaskType.SIGN, 0.25));
    PemnArchive archive = PemnArchive.read(ArchiveWriter.toBytes(network));
    assertTrue(archive.layers().stream().allMatch(layer -> layer.density() == 1));
  }

  @Test
  void everyRunMakesTheSameArchive() throws IOException {
    RandomNetwork.Masking ternary = masking(MaskType.TERNARY, 0.5);
    assertArrayEquals(
        ArchiveWriter.toBytes(RandomNetwork.builtIn(NETWORK, ternary)),
        ArchiveWriter.toBytes(RandomNetwork.builtIn(NETWORK, ternary)));
  }

  @Test
  void modulesKeepWhatNoMaskReplaces() throws IOException {
    Path file =
        Path.of(System.getProperty("pemn.home"), "testdata", "torchscript", "resnet8-traced.pt");
    try (ModuleSource module = ModuleSource.open(file, List.of(), List.of(), true)) {
      MaskedNetwork network =
          RandomNetwork.module(
              module, new ImageShape(1, 28, 28), 10, masking(MaskType.BINARY, 0.5));
      PemnArchive archive = PemnArchive.read(ArchiveWriter.toBytes(network));
      assertArrayEquals(
          module.values("fc.bias"),
          archive.remainder().stream()
              .filter(tensor -> tensor.name().equals("fc.bias"))
              .findFirst()
              .orElseThrow()
              .values());
    }
  }
}
