package io.pemn.compressor.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.network.TrustedKeys;
import io.pemn.format.Distribution;
import io.pemn.format.NumberType;
import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.InputTensor;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.Unpacker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadBenchmarkTest {
  private static final BuiltInDescription NETWORK =
      new BuiltInDescription(
          new ConvMixerArchitecture(8, 1, 3, 4, Activation.GELU), new ImageShape(1, 16, 16), 10);
  private static final TrustedKeys ANYBODY = new TrustedKeys(List.of(), Optional.empty());
  private static final List<String> JAVA =
      List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-Dai.djl.pytorch.num_threads=1",
          "-cp",
          System.getProperty("java.class.path"));

  @TempDir Path folder;

  private static RandomNetwork.Masking masking(MaskType type) {
    return new RandomNetwork.Masking(
        type, 0.5, new FillingStrategy.OwnWeights(), Distribution.NORMAL, FloatCoding.FP32);
  }

  private Path archive(MaskedNetwork network) throws IOException {
    Path file = folder.resolve("model.pemn");
    ArchiveWriter.write(network, file);
    return file;
  }

  private LoadBenchmark.Result run(
      Path file, int rounds, List<String> java, LoadBenchmark.Progress progress)
      throws IOException {
    Path work = Files.createDirectories(folder.resolve("work"));
    return new LoadBenchmark(java, progress)
        .run(PemnArchive.open(file, ANYBODY.policy()), file, ANYBODY, work, rounds);
  }

  @Test
  void aBuiltInNetworkIsComparedWithSafetensors() throws IOException {
    Path file = archive(RandomNetwork.builtIn(NETWORK, masking(MaskType.BINARY)));
    List<Integer> steps = new ArrayList<>();
    LoadBenchmark.Result result =
        run(file, 2, JAVA, (what, step, ofSteps) -> steps.add(ofSteps - step));

    assertEquals(
        List.of(ShippedFile.ARCHIVE, ShippedFile.SAFETENSORS, ShippedFile.SAFETENSORS_ZSTD),
        result.rows().stream().map(LoadBenchmark.Row::shipped).toList());
    assertEquals(Files.size(file), result.rows().get(0).bytes());
    for (LoadBenchmark.Row row : result.rows()) {
      assertTrue(row.load().least() > 0, row.toString());
      assertTrue(row.first().least() > row.load().least(), row.toString());
      assertTrue(row.again().least() > 0, row.toString());
    }
    assertTrue(result.ratio() > 0);
    assertEquals(List.of(8, 7, 6, 5, 4, 3, 2, 1), steps);
  }

  @Test
  void aModuleIsComparedWithATorchScriptFile() throws IOException {
    Path model =
        Path.of(System.getProperty("pemn.home"), "testdata", "torchscript", "resnet8-traced.pt");
    Path file;
    try (ModuleSource module = ModuleSource.open(model, List.of(), List.of(), true)) {
      file =
          archive(
              RandomNetwork.module(module, new ImageShape(1, 28, 28), 10, masking(MaskType.SIGN)));
    }

    assertEquals(
        List.of(ShippedFile.ARCHIVE, ShippedFile.TORCHSCRIPT, ShippedFile.TORCHSCRIPT_ZSTD),
        run(file, 1, JAVA, (what, step, steps) -> {}).rows().stream()
            .map(LoadBenchmark.Row::shipped)
            .toList());
  }

  @Test
  void otherPredictionsAreNoComparison() throws IOException {
    Path file = archive(RandomNetwork.builtIn(NETWORK, masking(MaskType.BINARY)));
    Path other = folder.resolve("other.pemn");
    ArchiveWriter.write(RandomNetwork.builtIn(NETWORK, masking(MaskType.SIGN)), other);
    LoadBenchmark.Progress exchange =
        (what, step, steps) -> {
          if (step == 2) {
            try {
              Unpacker.toSafetensors(
                  PemnArchive.open(other), folder.resolve("work/full.safetensors"));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };

    String message =
        assertThrows(IOException.class, () -> run(file, 1, JAVA, exchange)).getMessage();
    assertTrue(
        message.startsWith("The network predicts other numbers from safetensors than from " + file),
        message);
  }

  @Test
  void whatAProcessFailsOfIsSaidByTheBenchmark() throws IOException {
    Path file = archive(RandomNetwork.builtIn(NETWORK, masking(MaskType.BINARY)));
    LoadBenchmark.Progress damage =
        (what, step, steps) -> {
          if (step == 2) {
            try {
              Files.write(folder.resolve("work/full.safetensors"), new byte[3]);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };

    String message = assertThrows(IOException.class, () -> run(file, 1, JAVA, damage)).getMessage();
    assertTrue(message.contains("full.safetensors"), message);
  }

  @Test
  void aProcessThatEndsWithoutAResultIsNamed() throws IOException {
    Path file = archive(RandomNetwork.builtIn(NETWORK, masking(MaskType.BINARY)));
    List<String> broken = List.of(JAVA.get(0), "-XX:NoSuchOption");

    String message =
        assertThrows(IOException.class, () -> run(file, 1, broken, (what, step, steps) -> {}))
            .getMessage();
    assertTrue(
        message.startsWith("The process that loads archive ended with exit code 1"), message);
  }

  @Test
  void withoutARoundThereIsNothingToMeasure() throws IOException {
    Path file = archive(RandomNetwork.builtIn(NETWORK, masking(MaskType.BINARY)));
    assertEquals(
        "The benchmark needs at least 1 round, not 0.",
        assertThrows(
                IllegalArgumentException.class, () -> run(file, 0, JAVA, (what, step, steps) -> {}))
            .getMessage());
  }

  @Test
  void tasksAreReadAsTheyWereWritten() throws IOException {
    for (LoadTask task :
        List.of(
            new LoadTask(
                ShippedFile.SAFETENSORS_ZSTD,
                folder.resolve("a = b.safetensors.zst"),
                ANYBODY,
                NETWORK.inputs(),
                Optional.of(NETWORK)),
            new LoadTask(
                ShippedFile.ARCHIVE,
                folder.resolve("ä.pemn"),
                new TrustedKeys(
                    List.of(Path.of("a.pub"), Path.of("b.pub")), Optional.of(Path.of("c.sig"))),
                List.of(
                    new InputTensor(List.of(), NumberType.INT64),
                    new InputTensor(List.of(3, 4), NumberType.FLOAT16)),
                Optional.empty()))) {
      Path file = folder.resolve("task");
      task.save(file);
      assertEquals(task, LoadTask.read(file));
    }
  }
}
