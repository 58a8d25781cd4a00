package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchLoadTest {
  private static final Path MODEL =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/golden/version-3/mlp.pemn");

  @TempDir Path folder;

  @Test
  void aNetworkOfPemnsOwnIsTimedFromAnArchiveAndFromFullWeights() throws IOException {
    JsonObject report =
        CommandRun.of(
                "bench",
                "load",
                "--dim",
                8,
                "--depth",
                1,
                "--kernel",
                3,
                "--patch",
                4,
                "--rounds",
                1,
                "--work",
                folder,
                "--json")
            .done()
            .json();

    for (String way : List.of("archive", "safetensors", "safetensors_zstd")) {
      double load = report.get(way + "_load_ms").getAsDouble();
      assertTrue(load > 0, way);
      assertTrue(report.get(way + "_ms").getAsDouble() > load, way);
      assertTrue(report.get(way + "_again_ms").getAsDouble() > 0, way);
      assertTrue(report.get(way + "_bytes").getAsLong() > 0, way);
    }
    assertTrue(report.get("ratio").getAsDouble() > 0);
    assertEquals(1, report.get("rounds").getAsInt());
    assertFalse(report.has("model"));
    assertFalse(report.has("torchscript_ms"));
    assertEquals(List.of(), names(folder));
  }

  @Test
  void aSignedArchiveIsTimedAndNothingIsLeftBesideIt() throws IOException {
    Path archive = Files.copy(MODEL, folder.resolve("model.pemn"));
    CommandRun.of("keygen", "-o", folder.resolve("me")).done();
    CommandRun.of("sign", archive, "--key", folder.resolve("me.key")).done();
    List<String> before = names(folder);

    String table =
        CommandRun.of("bench", "load", archive, "--rounds", 1, "--trust", folder.resolve("me.pub"))
            .done()
            .out();

    assertTrue(table.contains("archive "), table);
    assertTrue(table.contains(" " + Files.size(archive) + " "), table);
    assertTrue(table.contains("safetensors + zstd "), table);
    assertTrue(table.contains("299 parameters, medians of 1 rounds"), table);
    assertEquals(before, names(folder));
  }

  @Test
  void anUnsignedArchiveIsNotTimedWhereASignatureIsAskedFor() throws IOException {
    Path archive = Files.copy(MODEL, folder.resolve("model.pemn"));
    CommandRun.of("keygen", "-o", folder.resolve("me")).done();
    assertEquals(
        Pemn.NOT_TRUSTED,
        CommandRun.of("bench", "load", archive, "--trust", folder.resolve("me.pub")).code());
  }

  @Test
  void whatCannotBeMeasuredIsSaidInOneSentence() throws IOException {
    Path none = folder.resolve("none/model.pemn");
    assertSentence(1, CommandRun.of("bench", "load", none), none.toString());
    Path text = Files.writeString(folder.resolve("text.pemn"), "no archive");
    assertSentence(1, CommandRun.of("bench", "load", text), "a .pemn archive begins with");
    assertSentence(
        1,
        CommandRun.of("bench", "load", MODEL, "--rounds", 0, "--work", folder),
        "at least 1 round, not 0");
    assertSentence(
        1,
        CommandRun.of("bench", "load", MODEL, "--work", folder.resolve("missing")),
        "choose another place");
    assertEquals(List.of("text.pemn"), names(folder));
  }

  @Test
  void optionsThatWouldChangeNothingAreUsageErrors() {
    assertUsage(CommandRun.of("bench", "load", MODEL, "--dim", 8), "--dim is for networks");
    assertUsage(CommandRun.of("bench", "load", MODEL, "--arch", "mlp"), "--arch is for networks");
    assertUsage(CommandRun.of("bench", "load", "--trust", "a.pub"), "--trust is for an archive");
    assertUsage(
        CommandRun.of("bench", "load", MODEL, "--signature", "a.sig", "--work", folder),
        "Name the key");
    assertUsage(CommandRun.of("bench", "load", "--arch", "mlp", "--dim", 8), "--dim is not an");
  }

  private static void assertSentence(int code, CommandRun run, String part) {
    assertEquals(code, run.code(), run.err());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(part), run.err());
  }

  private static void assertUsage(CommandRun run, String part) {
    assertEquals(2, run.code(), run.err());
    assertTrue(run.err().startsWith(part), run.err());
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
