package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same commands in processes that share nothing but the data: in another folder, language and
 * time zone.
 */
class SameBytesTest {
  private static final String TIME = "1700000000";
  private static final String TIME_OF_THE_TIME_ZONE = "2023-11-14T22:13:20Z";

  @TempDir private static Path folder;
  private static Path first;
  private static Path second;
  private static String data;

  @BeforeAll
  static void runTwice() throws Exception {
    data = SmallImages.write(folder.resolve("data"));
    first = Files.createDirectories(folder.resolve("first"));
    second = Files.createDirectories(folder.resolve("second").resolve("folder"));
    List<List<String>> groups = List.of(perceptron(), convolutions(), module(), tables());
    for (List<String> commands : groups) {
      run(first, commands, Map.of("TZ", "UTC", "LC_ALL", "C"), "-Duser.language=en");
      run(
          second,
          commands,
          Map.of("TZ", "Pacific/Auckland", "LC_ALL", "de_DE.UTF-8"),
          "-Duser.language=tr",
          "-Duser.timezone=Asia/Kathmandu");
    }
  }

  private static List<String> perceptron() {
    return List.of(
        line("compress --arch mlp --hidden 24 --augment --epochs 2 -o mlp.pemn"),
        line("pack mlp.run -o packed.pemn"),
        line("pack mlp.run -o stamped.pemn --timestamp"));
  }

  private static List<String> convolutions() {
    return List.of(
        line(convMixer("conv.pemn")),
        line("unpack conv.pemn -o conv.safetensors"),
        line("unpack conv.pemn -o conv-folder/"));
  }

  private static String convMixer(String output) {
    return "compress --arch convmixer --dim 8 --depth 1 --kernel 3 --patch 4 --epochs 4 --crop-scale 1"
        + " --flip --rand-augment 2,12 --jitter 0.2 --erase 0.2 -o "
        + output;
  }

  /** One whose gradients several threads would add up in any order. */
  private static List<String> module() {
    Path file =
        Path.of(System.getProperty("pemn.home"), "testdata/torchscript/tiny/gathers-scripted.pt");
    return List.of(
        line(
            "compress "
                + file
                + " --deterministic --no-warm-start --mask-exclude table --remainder fp32 --epochs 2"
                + " -o module.pemn"),
        line("unpack module.pemn -o module.pt"));
  }

  private static List<String> tables() {
    return List.of(
        line(
            "sweep --arch convmixer --dim 8 --depth 1 --kernel 3 --patch 4 --strategies max-layer"
                + " --jobs 1 --epochs 1 --seeds 1 -o results.csv"),
        line("data preview --recipe paper --count 2 --columns 2 -o sheet.png"));
  }

  private static String line(String command) {
    boolean learns = command.startsWith("compress") || command.startsWith("sweep");
    String text = command;
    if (learns) {
      text += " --batch-size 32";
    }
    if (learns || command.startsWith("data")) {
      text += " --data " + data;
    }
    return text.replace(' ', '\t');
  }

  private static void run(
      Path where, List<String> commands, Map<String, String> environment, String... options)
      throws Exception {
    Path list = where.resolve("commands.txt");
    Files.write(list, commands);
    List<String> command = new ArrayList<>(List.of(options));
    command.addAll(List.of(CommandList.class.getName(), list.toString()));
    Process process = start(where, environment, command);
    assertEquals(0, process.waitFor(), () -> text(where.resolve("output.txt")));
  }

  /** Starts Java in a folder, with two threads for the engine. */
  private static Process start(
      Path where, Map<String, String> environment, List<String> optionsAndClass)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dpemn.home=" + Path.of(System.getProperty("pemn.home")).toRealPath());
    command.add("-Dai.djl.pytorch.num_threads=2");
    command.add("-Djava.awt.headless=true");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(optionsAndClass);
    ProcessBuilder builder = new ProcessBuilder(command).directory(where.toFile());
    builder.environment().remove("PEMN_THREADS");
    builder.environment().put("SOURCE_DATE_EPOCH", TIME);
    builder.environment().putAll(environment);
    return builder
        .redirectErrorStream(true)
        .redirectOutput(where.resolve("output.txt").toFile())
        .start();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp.pemn",
        "conv.pemn",
        "module.pemn",
        "packed.pemn",
        "stamped.pemn",
        "conv.safetensors",
        "module.pt",
        "results-accuracy.png",
        "results-accuracy.svg",
        "results-size.png",
        "results-size.svg",
        "sheet.png"
      })
  void aFileHasTheSameBytes(String name) throws IOException {
    assertArrayEquals(
        Files.readAllBytes(first.resolve(name)), Files.readAllBytes(second.resolve(name)));
  }

  @Test
  void aFolderHasTheSameFiles() throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.list(first.resolve("conv-folder"))) {
      files = found.map(Path::getFileName).sorted().toList();
    }
    assertFalse(files.isEmpty());
    for (Path file : files) {
      assertArrayEquals(
          Files.readAllBytes(first.resolve("conv-folder").resolve(file)),
          Files.readAllBytes(second.resolve("conv-folder").resolve(file)),
          file.toString());
    }
    try (Stream<Path> found = Files.list(second.resolve("conv-folder"))) {
      assertEquals(files, found.map(Path::getFileName).sorted().toList());
    }
  }

  @Test
  void aPackedRunIsTheFileThatItsTrainingWrote() throws IOException {
    assertArrayEquals(
        Files.readAllBytes(first.resolve("mlp.pemn")),
        Files.readAllBytes(first.resolve("packed.pemn")));
  }

  @Test
  void anArchiveSaysWhenItWasMadeWhereThatIsAskedForAlone() {
    assertEquals(TIME_OF_THE_TIME_ZONE, created("stamped.pemn"));
    assertEquals("none", created("packed.pemn"));
  }

  private static String created(String archive) {
    JsonObject options =
        CommandRun.of("inspect", "--json", first.resolve(archive))
            .done()
            .json()
            .getAsJsonObject("provenance")
            .getAsJsonObject("options");
    return options.has("created") ? options.get("created").getAsString() : "none";
  }

  @Test
  void tablesDifferInWhatWasTimedAlone() throws IOException {
    for (String table : List.of("results.csv", "mlp.run/metrics.csv", "module.run/metrics.csv")) {
      List<String> timed = List.of("seconds", "images_per_second");
      assertEquals(
          without(timed, first.resolve(table)), without(timed, second.resolve(table)), table);
    }
  }

  private static List<List<String>> without(List<String> columns, Path table) throws IOException {
    List<String> lines = Files.readAllLines(table);
    List<String> names = List.of(lines.get(0).split(","));
    assertTrue(names.containsAll(columns), names::toString);
    List<List<String>> rows = new ArrayList<>();
    for (String line : lines) {
      String[] cells = line.split(",", -1);
      List<String> row = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        if (!columns.contains(names.get(i))) {
          row.add(cells[i]);
        }
      }
      rows.add(row);
    }
    return rows;
  }

  @Test
  void aRunThatWasKilledAndResumedEndsWithTheSameBytes() throws Exception {
    Path third = Files.createDirectories(folder.resolve("third"));
    List<String> command = new ArrayList<>(List.of(Pemn.class.getName()));
    command.addAll(List.of(line(convMixer("conv.pemn")).split("\t")));
    Process killed = start(third, Map.of(), command);
    Path metrics = third.resolve("conv.run").resolve("metrics.csv");
    while (killed.isAlive() && !(Files.exists(metrics) && text(metrics).lines().count() > 1)) {
      Thread.sleep(5);
    }
    killed.destroyForcibly().waitFor();
    command.add("--resume");
    assertEquals(
        0, start(third, Map.of(), command).waitFor(), () -> text(third.resolve("output.txt")));
    assertArrayEquals(
        Files.readAllBytes(first.resolve("conv.pemn")),
        Files.readAllBytes(third.resolve("conv.pemn")));
  }
}
