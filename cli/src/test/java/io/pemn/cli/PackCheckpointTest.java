package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What PyTorch saved is packed, and classifies as it did in PyTorch. */
class PackCheckpointTest {
  private static final Path FIXTURES =
      Path.of(System.getProperty("pemn.home"), "testdata", "authors", "fixtures");

  @TempDir Path folder;

  private CommandRun pack(Path checkpoint, Object... more) {
    return run(
        checkpoint,
        List.of(
            "--arch convmixer --dim 8 --depth 2 --kernel 3 --patch 4 --channels 1 --image-size 28"
                .split(" ")),
        Stream.concat(Stream.of("--classes", "10", "--normalize", "0.2860,0.3530"), Stream.of(more))
            .toList());
  }

  private CommandRun run(Path checkpoint, List<String> network, List<Object> more) {
    List<Object> arguments = new ArrayList<>(List.of("pack", checkpoint, "-o", output()));
    arguments.addAll(network);
    arguments.addAll(more);
    return CommandRun.of(arguments.toArray());
  }

  private Path output() {
    return folder.resolve("a.pemn");
  }

  private static JsonObject expected(String name) throws IOException {
    return JsonParser.parseString(Files.readString(FIXTURES.resolve("expected.json")))
        .getAsJsonObject()
        .getAsJsonObject(name);
  }

  @ParameterizedTest
  @CsvSource({
    "own.pt, own-weights",
    "one-layer.pt, one-layer",
    "max-layer.pt, max-layer",
    "random-copy.pt, random-vector-copy",
    "random-shuffled.pt, random-vector-shuffled",
    "dense.pt, dense",
    "not-learned.pt, random-vector-copy",
    "rounded.pt, random-vector-copy"
  })
  void theArchiveClassifiesExactlyAsManyImagesRightAsPyTorchDid(String name, String filling)
      throws IOException {
    Object[] norm = name.equals("not-learned.pt") ? new Object[] {"--norm", "not-learn"} : null;
    Path checkpoint = FIXTURES.resolve(name);
    JsonObject packed =
        (norm == null ? pack(checkpoint, "--json") : pack(checkpoint, norm[0], norm[1], "--json"))
            .done()
            .json();
    assertEquals(filling, packed.get("filling").getAsString());

    Path outputs = folder.resolve("outputs.npy");
    JsonObject measured =
        CommandRun.of(
                "eval",
                output(),
                "--data",
                "bundled",
                "--outputs",
                outputs,
                "--device",
                "cpu",
                "--json")
            .done()
            .json();
    JsonObject expected = expected(name);
    double accuracy = expected.get("right").getAsDouble() / expected.get("images").getAsDouble();
    assertEquals(accuracy, measured.get("accuracy").getAsDouble());
    assertLogits(expected.getAsJsonArray("logits"), outputs);
  }

  /** The first logits of a file of float32 numbers. */
  private static void assertLogits(JsonArray expected, Path outputs) throws IOException {
    ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(outputs)).order(ByteOrder.LITTLE_ENDIAN);
    file.position(10 + file.getShort(8));
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).getAsFloat(), file.getFloat(), 1e-4f, "logit " + i);
    }
  }

  @Test
  void theReportSaysWhatWasFound() throws IOException {
    Path checkpoint = FIXTURES.resolve("random-shuffled.pt");
    CommandRun text = pack(checkpoint).done();
    assertTrue(text.out().contains("random-vector-shuffled, 127 values, 13 of them different"));
    JsonObject json = pack(checkpoint, "--json").done().json();
    assertEquals(Files.size(checkpoint), json.get("checkpoint_bytes").getAsLong());
    assertEquals(Files.size(output()), json.get("file_bytes").getAsLong());
    assertEquals(13, json.get("distinct_values").getAsInt());
    assertEquals(0, json.get("tied_layers").getAsInt());
    JsonObject origin =
        CommandRun.of("inspect", output(), "--json").done().json().getAsJsonObject("provenance");
    assertEquals(
        "random-vector-shuffled", origin.getAsJsonObject("options").get("filling").getAsString());
    assertFalse(CommandRun.of("inspect", output()).done().out().contains(" from "));
    CommandRun.of("verify", output()).done();
  }

  @Test
  void labelsAndAShorterRemainderGoIntoTheArchive() throws IOException {
    Path labels = folder.resolve("labels.txt");
    Files.writeString(labels, "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
    pack(FIXTURES.resolve("own.pt")).done();
    long whole = Files.size(output());
    pack(FIXTURES.resolve("own.pt"), "--remainder", "bf16", "--labels", labels).done();
    PemnArchive archive = PemnArchive.open(output());
    assertEquals(List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"), archive.classLabels());
    assertTrue(archive.fileBytes() < whole);
    Files.writeString(labels, "a\nb\n");
    assertFailed(
        "There are 2 labels, but the network has 10 classes",
        pack(FIXTURES.resolve("own.pt"), "--labels", labels));
    Files.write(labels, new byte[(1 << 24) + 1]);
    assertFailed(
        "has 16777217 bytes, but labels have at most 16777216",
        pack(FIXTURES.resolve("own.pt"), "--labels", labels));
  }

  /** No seed regenerates it, and its bytes are those of its section. */
  @Test
  void aPrototypeOfExplicitValuesIsSaidToHaveNoSeed() throws IOException {
    pack(FIXTURES.resolve("one-layer.pt")).done();
    long section = PemnArchive.open(output()).sections().prototype();
    assertTrue(
        CommandRun.of("inspect", output())
            .done()
            .out()
            .contains(
                "prototype of 344 values, kept as values, which no seed regenerates: "
                    + String.format(Locale.ROOT, "%,d", section)
                    + " bytes"));
    JsonObject prototype =
        CommandRun.of("inspect", output(), "--json").done().json().getAsJsonObject("prototype");
    assertEquals("values", prototype.get("stored").getAsString());
    assertFalse(prototype.get("seeded").getAsBoolean());
    assertEquals(section, prototype.get("values_bytes").getAsLong());
  }

  @Test
  void equalCommandsGiveEqualBytes() throws IOException {
    pack(FIXTURES.resolve("one-layer.pt")).done();
    byte[] first = Files.readAllBytes(output());
    Path elsewhere = Files.copy(FIXTURES.resolve("one-layer.pt"), folder.resolve("other.pt"));
    pack(elsewhere).done();
    assertArrayEquals(first, Files.readAllBytes(output()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--channels", "--image-size", "--classes", "--normalize"})
  void whatACheckpointDoesNotSayMustBeGiven(String option) {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "--channels",
                "1",
                "--image-size",
                "28",
                "--classes",
                "10",
                "--normalize",
                "0.2860,0.3530"));
    int at = all.indexOf(option);
    all.remove(at);
    all.remove(at);
    CommandRun run = run(FIXTURES.resolve("own.pt"), List.of(), all);
    assertUsage("of which " + option + " is missing", run);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--density 0 | density must be greater than 0 and at most 1, not 0.0",
        "--density 1.5 | density must be greater than 0 and at most 1, not 1.5",
        "--classes 100 | \"7.weight\" of 10x8 for head.weight of 100x8",
        "--classes 0 | number of classes must be between 1 and",
        "--dim 16 | its shapes are those of --arch convmixer --dim 8 --depth 2",
        "--image-size 3 | patch of 4 does not fit into images of 1 x 3 x 3",
        "--image-size 0 | image height must be between",
        "--channels 3 | \"0.weight\" of 8x1x4x4 for stem.conv.weight of 8x3x4x4",
        "--normalize 1,2,3/1,2,3 | is for 3 channels, but the images have 1",
        "--activation relu --norm not-learn | of 8 for stem.norm.running_mean of 8",
        "--labels /nowhere/labels.txt | There is no file /nowhere/labels.txt with labels; give a text"
      })
  void optionsThatDoNotFitTheCheckpointAreOneSentence(String options, String expected)
      throws IOException {
    Files.writeString(output(), "previous");
    List<Object> more = new ArrayList<>();
    List<String> network = new ArrayList<>();
    List<String> usual =
        List.of(
            ("--dim 8 --depth 2 --kernel 3 --patch 4 --channels 1 --image-size 28 --classes 10"
                    + " --normalize 0.2860,0.3530")
                .split(" "));
    List<String> given = List.of(options.strip().split(" "));
    for (int i = 0; i < usual.size(); i += 2) {
      if (!given.contains(usual.get(i))) {
        network.addAll(usual.subList(i, i + 2));
      }
    }
    more.addAll(given);
    assertFailed(expected.strip(), run(FIXTURES.resolve("own.pt"), network, more));
    assertEquals("previous", Files.readString(output()));
  }

  @Test
  void aCommandLineThatMakesNoSenseIsAUsageError() {
    Path checkpoint = FIXTURES.resolve("own.pt");
    assertUsage(
        "is no size of images",
        run(checkpoint, List.of(), List.of("--image-size", "28x", "--channels", "1")));
    assertUsage("--hidden is not an option of --arch convmixer", pack(checkpoint, "--hidden", "3"));
    assertUsage(
        "--mask-codec is about masks",
        pack(FIXTURES.resolve("dense.pt"), "--mask-codec", "entropy"));
    for (String option : List.of("--dim 8", "--arch mlp", "--channels 1", "--density 0.5")) {
      assertUsage(
          option.split(" ")[0] + " is for a checkpoint of another program",
          run(folder, List.of(option.split(" ")), List.of()));
    }
    assertFalse(Files.exists(output()));
  }

  @Test
  void whatIsNoCheckpointIsRefused() throws IOException {
    assertFailed(
        "as torch.save(model.state_dict(), FILE) writes it", pack(FIXTURES.resolve("module.pt")));
    assertFailed("before PyTorch 1.6", pack(FIXTURES.resolve("legacy.pt")));
    assertFailed("has no scores", pack(FIXTURES.resolve("dense.pt"), "--density", "0.5"));
    assertFailed(
        "There is no file or run directory " + folder.resolve("none.pt") + "; give",
        pack(folder.resolve("none.pt")));
    Path copy = Files.copy(FIXTURES.resolve("own.pt"), output());
    byte[] before = Files.readAllBytes(copy);
    assertFailed("needed for something else", pack(copy));
    assertArrayEquals(before, Files.readAllBytes(copy));
  }

  private static void assertFailed(String expected, CommandRun run) {
    assertEquals(Pemn.FAILURE, run.code(), run.toString());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(expected), run.err());
    assertTrue(run.err().strip().endsWith("."), run.err());
  }

  private static void assertUsage(String expected, CommandRun run) {
    assertEquals(2, run.code(), run.toString());
    assertTrue(run.err().lines().findFirst().orElse("").contains(expected), run.err());
  }
}
