package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.pemn.packager.tensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From images to an archive and back, as a user goes. */
class WholePathTest {
  private static final String[] SECTIONS = {
    "masks", "remainder", "prototype", "module", "metadata"
  };

  @TempDir static Path shared;
  private static String images;
  private static Path archive;
  private static CommandRun compressed;

  @TempDir Path folder;

  @BeforeAll
  static void compress() throws IOException {
    images = SmallImages.write(shared.resolve("images"));
    archive = shared.resolve("tiny.pemn");
    compressed =
        CommandRun.compressTiny(
                images,
                archive,
                "--json",
                "--epochs",
                2,
                "--metrics",
                shared.resolve("metrics.csv"))
            .done();
  }

  @Test
  void evalPrintsToTheLastDigitWhatCompressPrinted() {
    CommandRun eval = CommandRun.of("eval", archive, "--data", images, "--json").done();

    JsonObject before = compressed.json();
    JsonObject after = eval.json();
    assertEquals(before.get("accuracy"), after.get("accuracy"));
    assertEquals(before.get("loss"), after.get("loss"));
    assertEquals(100, after.get("test_images").getAsInt());
    assertTrue(after.get("accuracy").getAsDouble() >= 0);
    assertTrue(after.get("accuracy").getAsDouble() <= 1);
    assertTrue(after.get("images_per_second").getAsDouble() > 0);

    String text = CommandRun.of("eval", archive, "--data", images).done().out();
    assertTrue(
        text.startsWith(
            "test accuracy " + before.get("accuracy") + ", loss " + before.get("loss") + " on 100"),
        text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--arch resnet --depth 8 --dim 4 | ResNet-8, width 4, relu, 1 x 28 x 28 to 10 classes",
        "--arch resnet --depth 8 --dim 4 --mask dense --norm not-learn | plain normalisation",
        "--arch vit --dim 8 --depth 1 --heads 2 --patch 7 | MLP ratio 2, gelu, 1 x 28 x 28",
        "--arch vit --dim 8 --depth 1 --no-class-token --no-positions --norm not-learn"
            + " --activation relu --mask ternary | no class token, no positions, relu, plain",
        "--arch convmixer --dim 8 --depth 1 --norm not-learn --strategy one-layer | plain",
        "--arch mlp --hidden 8 --norm not-learn --mask sign | MLP of [8], gelu, plain"
      })
  void everyNetworkTrainsShipsAndEvaluatesTheSame(String line) {
    String[] words = line.split(" \\| ")[0].split(" ");
    Path file = folder.resolve("network.pemn");
    Object[] arguments =
        Stream.concat(
                Stream.of(
                    "compress",
                    "--data",
                    images,
                    "-o",
                    file,
                    "--device",
                    "cpu",
                    "--epochs",
                    1,
                    "--batch-size",
                    32,
                    "--json"),
                Stream.of(words))
            .toArray();

    JsonObject before = CommandRun.of(arguments).done().json();
    CommandRun.of("verify", file).done();
    JsonObject after = CommandRun.of("eval", file, "--data", images, "--json").done().json();

    assertEquals(before.get("accuracy"), after.get("accuracy"));
    assertEquals(before.get("loss"), after.get("loss"));
    String inspected = CommandRun.of("inspect", file).done().out();
    assertTrue(inspected.contains(line.split(" \\| ")[1]), inspected);
  }

  @Test
  void inspectAccountsForEveryByte() throws IOException {
    JsonObject report = CommandRun.of("inspect", archive, "--json", "--layers").done().json();

    assertEquals(Files.size(archive), report.get("file_bytes").getAsLong());
    for (String key :
        List.of("file_bytes", "parameters", "ratio_fp32", "ratio_fp16", "bits_per_weight")) {
      assertTrue(report.get(key).getAsDouble() > 0, key);
      assertEquals(report.get(key), compressed.json().get(key), key);
    }
    double fp32 = 4.0 * report.get("parameters").getAsLong() / Files.size(archive);
    assertEquals(fp32, report.get("ratio_fp32").getAsDouble(), 1e-12);
    assertEquals(fp32 / 2, report.get("ratio_fp16").getAsDouble(), 1e-12);
    assertEquals(32 / fp32, report.get("bits_per_weight").getAsDouble(), 1e-12);
    assertTrue(report.get("mask_bits_per_weight").getAsDouble() > 0.9);

    JsonObject sections = report.getAsJsonObject("sections");
    assertEquals(Set.of(SECTIONS), sections.keySet());
    long sum = 0;
    for (String section : SECTIONS) {
      sum += sections.get(section).getAsLong();
    }
    assertEquals(Files.size(archive), sum);

    long maskBytes = 0;
    for (JsonElement element : report.getAsJsonArray("layers")) {
      JsonObject layer = element.getAsJsonObject();
      assertTrue(
          layer
              .keySet()
              .containsAll(
                  List.of("name", "shape", "density", "encoding", "bytes", "entropy_bytes")),
          layer.toString());
      long size = 1;
      for (JsonElement dimension : layer.getAsJsonArray("shape")) {
        size *= dimension.getAsLong();
      }
      // It begins at one half, and the threshold lets it move.
      assertEquals(0.5, layer.get("density").getAsDouble(), 0.3);
      assertTrue(layer.get("entropy_bytes").getAsDouble() <= size / 8.0, layer.toString());
      maskBytes += layer.get("bytes").getAsLong();
    }
    assertEquals(4, report.getAsJsonArray("layers").size());
    assertEquals(sections.get("masks").getAsLong(), maskBytes);
  }

  @Test
  void inspectComparesWithOtherFormsIfAsked() throws IOException {
    JsonObject report = CommandRun.of("inspect", archive, "--json", "--compare").done().json();
    assertEquals(9, report.getAsJsonArray("alternatives").size());
    for (JsonElement element : report.getAsJsonArray("alternatives")) {
      JsonObject alternative = element.getAsJsonObject();
      assertEquals(Set.of("name", "bytes", "ratio"), alternative.keySet());
      assertEquals(
          alternative.get("bytes").getAsDouble() / Files.size(archive),
          alternative.get("ratio").getAsDouble(),
          1e-9);
    }
    String text = CommandRun.of("inspect", archive, "--compare").done().out();
    assertTrue(text.contains("this archive's own rebuilt weights"), text);
    assertTrue(text.matches("(?s).*\\R  int4 \\+ zstd +[\\d,]+ +\\d+\\.\\d\\R.*"), text);
    assertTrue(text.contains("csr (paper's count)"), text);
    assertFalse(CommandRun.of("inspect", archive, "--json").done().out().contains("alternatives"));
  }

  @Test
  void inspectShowsPeopleWhatMattersAndEveryLayerIfAsked() throws IOException {
    String text = CommandRun.of("inspect", archive).done().out();
    assertTrue(text.contains("ConvMixer dim 8, depth 1, kernel 3, patch 4"), text);
    assertTrue(text.contains(String.format("%,d bytes", Files.size(archive))), text);
    assertFalse(text.contains("head.weight"), text);

    String layers = CommandRun.of("inspect", archive, "--layers").done().out();
    assertTrue(layers.contains("head.weight"), layers);
    assertTrue(layers.contains("blocks.0.pointwise.conv.weight"), layers);
  }

  @Test
  void verifyFindsTheArchiveSound() {
    JsonObject report = CommandRun.of("verify", archive, "--json").done().json();
    assertTrue(report.get("sound").getAsBoolean());
    assertEquals(
        CommandRun.of("inspect", archive, "--json").done().json().get("digest"),
        report.get("digest"));
    assertTrue(CommandRun.of("verify", archive).done().out().contains(" is sound: 4 masked"));
  }

  @Test
  void unpackWritesEveryParameterInEitherFormat() throws IOException {
    Path file = folder.resolve("weights.safetensors");
    JsonObject report = CommandRun.of("unpack", archive, "-o", file, "--json").done().json();
    assertEquals("safetensors", report.get("format").getAsString());
    SafetensorsFile tensors = SafetensorsFile.read(file);
    long values = 0;
    for (String name : tensors.names()) {
      values += tensors.floats(name).length;
    }
    assertEquals(report.get("parameters").getAsLong(), values);
    assertArrayEquals(new long[] {10, 8}, tensors.shape("head.weight"));

    Path npy = folder.resolve("npy");
    CommandRun.of("unpack", archive, "-o", npy + "/").done();
    try (Stream<Path> files = Files.list(npy)) {
      assertEquals(
          Set.copyOf(tensors.names().stream().map(name -> name + ".npy").toList()),
          Set.copyOf(files.map(path -> path.getFileName().toString()).toList()));
    }
  }

  @Test
  void packMakesTheSameArchiveByteForByte() throws IOException {
    Path packed = folder.resolve("packed.pemn");
    JsonObject report =
        CommandRun.of("pack", shared.resolve("tiny.run"), "-o", packed, "--json").done().json();
    assertArrayEquals(Files.readAllBytes(archive), Files.readAllBytes(packed));
    assertEquals(Files.size(packed), report.get("file_bytes").getAsLong());
  }

  @Test
  void packStoresMasksAsToldAndInspectSaysHow() throws IOException {
    Path packed = folder.resolve("packed.pemn");
    for (String codec : List.of("roaring", "bitmap", "entropy")) {
      CommandRun.of("pack", shared.resolve("tiny.run"), "-o", packed, "--mask-codec", codec).done();
      JsonObject report = CommandRun.of("inspect", packed, "--json").done().json();
      String encoding = codec.equals("entropy") ? codec : codec + "_zstd";
      assertEquals(encoding, report.get("mask_encoding").getAsString());
      assertTrue(CommandRun.of("inspect", packed).done().out().contains(", " + encoding + ")"));
      CommandRun.of("verify", packed).done();
    }
  }

  @Test
  void anotherNameAndAnotherFolderGiveTheSameBytes() throws IOException {
    Path elsewhere = Files.createDirectory(folder.resolve("else where")).resolve("other");
    Path run = folder.resolve("my run");
    CommandRun.compressTiny(images, elsewhere, "--run-dir", run, "--epochs", 2).done();
    assertArrayEquals(Files.readAllBytes(archive), Files.readAllBytes(elsewhere));
    assertTrue(Files.exists(run.resolve("checkpoint.safetensors")));
  }

  @Test
  void compressReportsInJsonAndTellsItsProgressOnStandardError() throws IOException {
    JsonObject report = compressed.json();
    assertEquals(archive.toString(), report.get("archive").getAsString());
    assertEquals(2, report.get("epochs").getAsInt());
    assertEquals(100, report.get("test_images").getAsInt());
    assertTrue(compressed.out().strip().startsWith("{") && compressed.out().strip().endsWith("}"));
    assertTrue(compressed.err().contains("epoch 1/2") && compressed.err().contains("epoch 2/2"));
    List<String> rows = Files.readAllLines(shared.resolve("metrics.csv"));
    assertEquals(3, rows.size());
    assertTrue(rows.get(0).startsWith("epoch,step,lr,train_loss"), rows.get(0));
    assertTrue(rows.get(1).startsWith("1,") && rows.get(2).startsWith("2,"), rows.toString());
  }

  @Test
  void aDenseNetworkGoesTheWholePathToo() {
    Path dense = folder.resolve("dense.pemn");
    JsonObject before =
        CommandRun.compressTiny(images, dense, "--mask", "dense", "--json").done().json();
    JsonObject after = CommandRun.of("eval", dense, "--data", images, "--json").done().json();
    assertEquals(before.get("accuracy"), after.get("accuracy"));
    assertEquals(before.get("loss"), after.get("loss"));
    JsonObject report = CommandRun.of("inspect", dense, "--json", "--layers").done().json();
    assertEquals(0, report.getAsJsonArray("layers").size());
    assertEquals(0, report.get("mask_bits_per_weight").getAsDouble());
    CommandRun.of("inspect", dense, "--layers").done();
    CommandRun.of("verify", dense).done();
  }

  @Test
  void masksThatKeepEverythingAreReportedInSoundJson() {
    Path full = folder.resolve("full.pemn");
    CommandRun.compressTiny(images, full, "--density", 1).done();
    String json = CommandRun.of("inspect", full, "--json", "--layers").done().out();
    assertFalse(json.contains("Infinity") || json.contains("NaN"), json);
    String text = CommandRun.of("inspect", full, "--layers").done().out();
    assertFalse(text.contains("NaN"), text);
    assertFalse(text.contains("masks against their entropy bound"), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "one-layer", "max-layer", "random-vector"})
  void everyStrategyMakesAnArchiveThatVerifies(String strategy) {
    Path file = folder.resolve("a.pemn");
    CommandRun.compressTiny(images, file, "--strategy", strategy).done();
    CommandRun.of("verify", file).done();
    JsonElement found =
        CommandRun.of("inspect", file, "--json")
            .done()
            .json()
            .getAsJsonObject("provenance")
            .getAsJsonObject("options")
            .get("strategy");
    // What is usual is not said.
    assertEquals(strategy, found == null ? "none" : found.getAsString());
  }

  @Test
  void theBundledImagesNeedNoFolder() {
    Path file = folder.resolve("a.pemn");
    JsonObject report =
        CommandRun.compressTiny("bundled", file, "--train-images", 100, "--json").done().json();
    assertEquals(2000, report.get("test_images").getAsInt());
  }

  @Test
  void aFinishedRunIsResumedOverwrittenOrKept() throws IOException {
    Path file = folder.resolve("a.pemn");
    CommandRun.compressTiny(images, file, "--run-dir", folder.resolve("r")).done();
    byte[] first = Files.readAllBytes(file);
    Files.delete(file);
    CommandRun.compressTiny(images, file, "--run-dir", folder.resolve("r"), "--resume").done();
    assertArrayEquals(first, Files.readAllBytes(file));
    CommandRun.compressTiny(
            images, file, "--run-dir", folder.resolve("r"), "--overwrite", "--seed", 2)
        .done();
    assertFalse(java.util.Arrays.equals(first, Files.readAllBytes(file)));
  }

  @Test
  void benchTrainReportsItsFigures() {
    JsonObject report =
        CommandRun.of(
                "bench",
                "train",
                "--data",
                images,
                "--steps",
                3,
                "--warm-up",
                1,
                "--arch",
                "mlp",
                "--hidden",
                "8",
                "--device",
                "cpu",
                "--json")
            .done()
            .json();
    for (String key : List.of("dense_ms", "masked_ms", "ratio", "images_per_second")) {
      assertTrue(report.get(key).getAsDouble() > 0, key);
    }
  }
}
