package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compressions that are asked for by what they shall reach. */
class TargetTest {
  private static final Path MODEL = Modules.file("tiny/mlp-scripted.pt");

  @TempDir static Path shared;
  private static String data;

  @TempDir Path folder;

  @BeforeAll
  static void write() throws IOException {
    data = SmallImages.write(shared.resolve("images"));
  }

  /** An MLP of 12,704 weights. */
  private static CommandRun compress(Object output, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("compress", "--data", data, "-o", output));
    arguments.addAll(List.of("--arch", "mlp", "--hidden", "16", "--device", "cpu"));
    arguments.addAll(List.of("--epochs", "2"));
    if (!List.of(more).contains("--batch-size")) {
      arguments.addAll(List.of("--batch-size", "32"));
    }
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  @Test
  void aSizeIsKeptAndTheSameCommandGivesTheSameArchive() throws IOException {
    Path output = folder.resolve("a.pemn");
    JsonObject report = compress(output, "--target-size", "1.8KB", "--json").done().json();

    assertTrue(Files.size(output) <= 1800, "" + Files.size(output));
    assertTrue(Files.size(output) > 1500, "" + Files.size(output));
    assertEquals(Files.size(output), report.get("file_bytes").getAsLong());
    assertEquals(100, report.get("test_images").getAsInt());
    JsonObject search = report.getAsJsonObject("search");
    assertEquals(1800, search.get("limit_bytes").getAsInt());
    assertEquals(40, search.get("validation_samples").getAsInt());
    List<JsonObject> tried = objects(search.getAsJsonArray("tried"));
    assertEquals(List.of("short", "short", "full"), strings(tried, "stage"));
    JsonObject chosen = search.getAsJsonObject("chosen");
    assertEquals(tried.get(2), chosen);
    double best =
        tried.stream()
            .limit(2)
            .mapToDouble(trial -> trial.get("validation_accuracy").getAsDouble())
            .max()
            .orElseThrow();
    for (JsonObject trial : tried.subList(0, 2)) {
      assertEquals(1, trial.get("epochs").getAsInt());
      if (trial.get("mask").equals(chosen.get("mask"))) {
        assertEquals(best, trial.get("validation_accuracy").getAsDouble());
      }
    }

    // What was found is what a user could have asked for.
    Path again = folder.resolve("again.pemn");
    CommandRun text = compress(again, "--target-size", "1800").done();
    assertArrayEquals(Files.readAllBytes(output), Files.readAllBytes(again));
    assertTrue(text.out().contains("chosen: "), text.out());
    Path direct = folder.resolve("direct.pemn");
    compress(
            direct,
            "--mask",
            chosen.get("mask").getAsString(),
            "--density",
            chosen.get("density").getAsString())
        .done();
    assertArrayEquals(Files.readAllBytes(output), Files.readAllBytes(direct));
    Path packed = folder.resolve("packed.pemn");
    CommandRun.of("pack", folder.resolve("a.run"), "-o", packed).done();
    assertArrayEquals(Files.readAllBytes(output), Files.readAllBytes(packed));
  }

  @Test
  void aRatioOfATrainedNetworkIsReached() throws IOException {
    String samples = Modules.tensors(folder.resolve("x.safetensors"), 10, 1, 8, 8);
    Path output = folder.resolve("a.pemn");
    JsonObject report =
        Modules.compress(MODEL, samples, output, "--target-ratio", "2.75", "--json").done().json();

    assertTrue(report.get("ratio_fp32").getAsDouble() >= 2.75, report.toString());
    assertEquals("short", first(report, "tried").get("stage").getAsString());
    JsonObject inspected = CommandRun.of("inspect", output, "--json").done().json();
    assertEquals(report.get("ratio_fp32"), inspected.get("ratio_fp32"));
    assertFalse(Files.readString(output, StandardCharsets.ISO_8859_1).contains(folder.toString()));
  }

  @Test
  void anInterruptedSearchGoesOnWithoutRepeatingWhatIsDone() throws IOException {
    Path output = folder.resolve("a.pemn");
    compress(output, "--target-size", "1800").done();
    byte[] whole = Files.readAllBytes(output);
    Path run = folder.resolve("a.run");
    List<Path> tries = named(run.resolve("search"), "try-");
    assertEquals(2, tries.size());
    // As if it had been stopped during the full training, and one of the short ones were lost.
    deleteCheckpoints(run);
    deleteCheckpoints(named(run.resolve("search"), "full-").get(0));
    Path kept = tries.get(0).resolve("checkpoint.safetensors");
    deleteCheckpoints(tries.get(1));
    Object written = Files.getLastModifiedTime(kept);
    Files.delete(output);

    CommandRun refused = compress(output, "--target-size", "1800");
    assertEquals(Pemn.FAILURE, refused.code());
    assertTrue(refused.err().contains("already holds a search"), refused.err());
    assertTrue(refused.err().strip().endsWith("name another with --run-dir."), refused.err());
    CommandRun resumed = compress(output, "--target-size", "1800", "--resume").done();

    assertArrayEquals(whole, Files.readAllBytes(output));
    assertEquals(written, Files.getLastModifiedTime(kept));
    assertEquals(
        3, resumed.err().lines().filter(line -> line.startsWith("epoch")).count(), resumed.err());
    // An option that archives say in as many bytes, so that the same masks are tried.
    CommandRun other = compress(output, "--target-size", "1800", "--resume", "--batch-size", "16");
    assertTrue(other.err().contains("begun with batch-size"), other.err());
    compress(output, "--target-size", "1800", "--overwrite").done();
    assertArrayEquals(whole, Files.readAllBytes(output));
  }

  private static void deleteCheckpoints(Path run) throws IOException {
    Files.delete(run.resolve("checkpoint.safetensors"));
    Files.deleteIfExists(run.resolve("checkpoint.previous.safetensors"));
  }

  @Test
  void aDropIsMeasuredAgainstTheSameNetworkWithoutMasks() throws IOException {
    Path output = folder.resolve("a.pemn");
    JsonObject report =
        compress(output, "--max-drop", "60", "--mask", "ternary", "--json").done().json();

    JsonObject search = report.getAsJsonObject("search");
    JsonObject reference = search.getAsJsonObject("reference");
    assertEquals("the same network, trained without masks", reference.get("network").getAsString());
    JsonObject chosen = search.getAsJsonObject("chosen");
    assertEquals("full", chosen.get("stage").getAsString());
    assertEquals(
        100
            * (reference.get("accuracy").getAsDouble()
                - chosen.get("validation_accuracy").getAsDouble()),
        chosen.get("drop").getAsDouble(),
        1e-9);
    assertTrue(chosen.get("drop").getAsDouble() <= 60, chosen.toString());
    assertEquals(100, report.get("test_images").getAsInt());
    JsonObject provenance =
        CommandRun.of("inspect", output, "--json").done().json().getAsJsonObject("provenance");
    assertTrue(provenance.toString().contains("held-out"), provenance.toString());
  }

  @Test
  void aDropOfATrainedNetworkThatNothingMeetsHasAnExitCodeOfItsOwn() throws IOException {
    // Without labels it is the agreement with the teacher that drops, and after an epoch it is not
    // complete.
    String samples = Modules.tensors(folder.resolve("x.safetensors"), 0, 1, 8, 8);
    Path output = folder.resolve("a.pemn");
    CommandRun run =
        Modules.compress(MODEL, samples, output, "--max-drop", "0", "--mask", "ternary");

    assertEquals(Pemn.MISSED, run.code(), run.err());
    assertFalse(Files.exists(output));
    String last = run.err().lines().reduce((a, b) -> b).orElseThrow();
    assertTrue(last.contains("came closest") && last.endsWith("."), last);
    Path best = Path.of(last.replaceAll(".* are kept in (\\S+);.*", "$1"));
    CommandRun.of("pack", best, "-o", output).done();
    assertTrue(Files.exists(output));
  }

  @Test
  void aDropOfATrainedNetworkIsMet() throws IOException {
    String samples = Modules.tensors(folder.resolve("x.safetensors"), 10, 1, 8, 8);
    Path output = folder.resolve("a.pemn");
    JsonObject report =
        Modules.compress(MODEL, samples, output, "--max-drop", "99", "--mask", "sign", "--json")
            .done()
            .json();
    assertEquals(
        "the trained network",
        report.getAsJsonObject("search").getAsJsonObject("reference").get("network").getAsString());
    CommandRun.of("verify", output).done();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--target-size 4KB --density 0.3 | give --density, or --target-size, not both",
        "--target-size 4KB --target-ratio 3 | not several",
        "--max-drop 1 --target-ratio 3 | not several",
        "--max-drop 1 --mask dense | no masks to search for",
        "--target-ratio 9 --select threshold | a target looks for that itself",
        "--max-drop 9 --select threshold | a target looks for that itself",
        "--search-epochs 2 | give --target-size, --target-ratio or --max-drop with it",
        "--max-drop 1 --objective embed | --objective embed has none",
        "--max-drop much | much"
      })
  void optionsThatDoNotGoTogetherAreAUsageError(String options, String expected)
      throws IOException {
    CommandRun run = compress(folder.resolve("a.pemn"), (Object[]) options.strip().split(" "));
    assertEquals(2, run.code(), run.toString());
    assertTrue(run.err().lines().findFirst().orElseThrow().contains(expected), run.err());
    assertEquals(List.of(), named(folder, ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | --target-size 40XB | '40XB' is no number of bytes",
        "1 | --target-ratio 0 | ratio must be greater than 0, not 0.0",
        "1 | --max-drop -1 | must be at least 0 and less than 100 points, not -1.0",
        "1 | --target-size 4KB --search-epochs 0 | search epochs must be at least 1, not 0",
        "1 | --target-size 4KB --train-images 12 | too few to keep some of every class",
        "1 | --target-size 4KB --ratio 2 | at most 1, not 2.0",
        "3 | --target-size 500 | The target is 500 bytes, but without its masks the archive takes",
        "3 | --target-ratio 500 | ask for more"
      })
  void whatCannotBeIsOneSentenceBeforeAnythingIsWritten(int code, String options, String expected)
      throws IOException {
    CommandRun run = compress(folder.resolve("a.pemn"), (Object[]) options.strip().split(" "));
    assertEquals(code, run.code(), run.toString());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(expected) && run.err().strip().endsWith("."), run.err());
    assertEquals(List.of(), named(folder, ""));
  }

  @Test
  void aPlainRunIsNotTakenForASearch() throws IOException {
    Path output = folder.resolve("a.pemn");
    compress(output).done();
    CommandRun resumed = compress(output, "--target-size", "1800", "--resume");
    assertEquals(Pemn.FAILURE, resumed.code());
    assertTrue(resumed.err().contains("holds a run that is no search"), resumed.err());
    assertTrue(compress(output, "--target-size", "1800").err().contains("already holds a run"));
  }

  @Test
  void aRunDirectoryThatCannotBeMadeIsOneSentence() throws IOException {
    Path run = Path.of("/proc/no-run");
    assumeTrue(Files.isDirectory(run.getParent()));
    for (List<Object> target : List.of(List.<Object>of(), List.<Object>of("--max-drop", "9"))) {
      List<Object> more = new ArrayList<>(List.of("--run-dir", run));
      more.addAll(target);
      CommandRun failed = compress(folder.resolve("a.pemn"), more.toArray());
      assertEquals(Pemn.FAILURE, failed.code(), failed.err());
      String last = failed.err().lines().reduce((a, b) -> b).orElseThrow();
      assertTrue(last.startsWith(run + " ") && last.endsWith("choose another place."), last);
    }
    assertEquals(List.of(), named(folder, ""));
  }

  @Test
  void aDryRunSaysWhatWouldBeTried() throws IOException {
    JsonObject built =
        compress(folder.resolve("a.pemn"), "--target-size", "1800", "--dry-run", "--json")
            .done()
            .json();
    assertEquals(2, built.getAsJsonObject("search").getAsJsonArray("candidates").size());
    CommandRun module = CommandRun.of("compress", MODEL, "--max-drop", "1", "--dry-run").done();
    assertEquals(11, module.out().lines().count(), module.out());
    assertTrue(module.out().contains("sign masks"), module.out());
    assertEquals(2, CommandRun.of("compress", "--target-size", "9KB", "--dry-run").code());
    assertEquals(List.of(), named(folder, ""));
  }

  private static List<JsonObject> objects(JsonArray array) {
    List<JsonObject> objects = new ArrayList<>();
    for (JsonElement element : array) {
      objects.add(element.getAsJsonObject());
    }
    return objects;
  }

  private static List<String> strings(List<JsonObject> objects, String key) {
    return objects.stream().map(object -> object.get(key).getAsString()).toList();
  }

  private static JsonObject first(JsonObject report, String list) {
    return objects(report.getAsJsonObject("search").getAsJsonArray(list)).get(0);
  }

  private static List<Path> named(Path parent, String prefix) throws IOException {
    try (Stream<Path> entries = Files.list(parent)) {
      return entries
          .filter(path -> path.getFileName().toString().startsWith(prefix))
          .sorted()
          .toList();
    }
  }
}
