package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.pemn.compressor.training.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ctrl-C, and what a service manager sends: nothing is lost, and a line says how to go on. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals")
class InterruptedTest {
  private static final int SIGINT = 128 + 2;
  private static final String HOW_TO_GO_ON =
      "Interrupted; run the same command with --resume to go on after the last whole epoch.";

  @TempDir static Path shared;
  private static String images;
  private static byte[] undisturbed;

  @TempDir Path folder;

  @BeforeAll
  static void trainUndisturbed() throws Exception {
    assumeFalse(
        ignoresInterrupts(), "SIGINT is ignored, as in jobs that a shell has in the background");
    images = SmallImages.write(shared.resolve("images"));
    Path archive = shared.resolve("whole.pemn");
    ChildPemn.start(shared.resolve("logs"), compress(archive)).json();
    undisturbed = Files.readAllBytes(archive);
  }

  /** Processes inherit that, and Java then keeps to it. */
  private static boolean ignoresInterrupts() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.exists(status)
        && Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
            .anyMatch(ignored -> (ignored & 1 << 2 - 1) != 0);
  }

  private static Object[] compress(Path archive) {
    return new Object[] {
      "compress",
      "--data",
      images,
      "--device",
      "cpu",
      "--json",
      "--resume",
      "-o",
      archive,
      "--dim",
      8,
      "--depth",
      1,
      "--kernel",
      3,
      "--patch",
      4,
      "--batch-size",
      8,
      "--epochs",
      10
    };
  }

  private Path logs() {
    return folder.resolve("logs");
  }

  @ParameterizedTest
  @CsvSource({"INT, 130, 1", "TERM, 143, 1", "INT, 130, 5"})
  void anInterruptedTrainingSaysHowToGoOnAndGoesOn(String signal, int code, int times)
      throws Exception {
    Path place = Files.createDirectory(folder.resolve("place"));
    Path archive = place.resolve("a.pemn");
    Path checkpoint = place.resolve("a.run").resolve("checkpoint.safetensors");
    try (ChildPemn child = ChildPemn.start(logs(), compress(archive))) {
      assertTrue(child.runsUntil(() -> Files.exists(checkpoint)), child.err());
      for (int i = 0; i < times; i++) {
        child.signal(signal);
      }
      assertEquals(code, child.awaitEnd(), child.err());
      assertSaidHowToGoOn(child);
    }
    assertTrue(Checkpoint.load(checkpoint).epochs() < 10);
    assertEquals(List.of(), temporary(place));
    assertFalse(Files.exists(archive));
    goesOnToTheSameEnd(archive);
  }

  private void goesOnToTheSameEnd(Path archive) throws Exception {
    ChildPemn.start(logs(), compress(archive)).json();
    assertArrayEquals(undisturbed, Files.readAllBytes(archive));
  }

  private static void assertSaidHowToGoOn(ChildPemn child) throws IOException {
    List<String> lines =
        child
            .err()
            .lines()
            .filter(line -> !line.isEmpty() && !line.startsWith("epoch ") && !isOfTheEngine(line))
            .toList();
    assertEquals(List.of(HOW_TO_GO_ON), lines, child.err());
  }

  private static boolean isOfTheEngine(String line) {
    return line.contains(" ai.djl.") || line.contains(" djl.");
  }

  @Test
  void aCheckpointThatIsBeingWrittenIsWrittenToItsEnd() throws Exception {
    Path place = Files.createDirectory(folder.resolve("place"));
    Path archive = place.resolve("a.pemn");
    Path run = place.resolve("a.run");
    AtomicInteger epochs = new AtomicInteger();
    AtomicInteger interrupted = new AtomicInteger();
    WritingCode.Course course =
        WritingCode.run(
            logs(),
            line -> line.startsWith("AtomicFile$ChannelOutput") && isWritingCheckpoint(run, epochs),
            child -> {
              child.signal("INT");
              child.runsUntil(() -> child.err().contains(HOW_TO_GO_ON));
              interrupted.set(epochs.get());
            },
            compress(archive));
    assertTrue(course.stopped().isPresent());
    assertEquals(SIGINT, course.code());
    Checkpoint kept = Checkpoint.load(run.resolve("checkpoint.safetensors"));
    assertEquals(interrupted.get() + 1, kept.epochs());
    assertEquals(List.of(), temporary(place));
    goesOnToTheSameEnd(archive);
  }

  /** Whether it is one after the first, which is the only one for which there is another. */
  private static boolean isWritingCheckpoint(Path run, AtomicInteger epochs) {
    try {
      if (temporary(run).stream().noneMatch(name -> name.startsWith(".checkpoint"))
          || !Files.exists(run.resolve("checkpoint.safetensors"))) {
        return false;
      }
      epochs.set(Checkpoint.load(run.resolve("checkpoint.safetensors")).epochs());
      return epochs.get() >= 3;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pack", "a.safetensors", "a/"})
  void aFileThatIsBeingWrittenIsDeleted(String name) throws Exception {
    Path place = Files.createDirectory(folder.resolve("place"));
    boolean pack = name.equals("pack");
    Object[] command =
        pack
            ? new Object[] {"pack", shared.resolve("whole.run"), "-o", place.resolve("a.pemn")}
            : new Object[] {"unpack", shared.resolve("whole.pemn"), "-o", place + "/" + name};
    WritingCode.Course course =
        WritingCode.run(
            logs(),
            line ->
                line.startsWith(
                    name.endsWith("/") ? "AtomicFile$FolderSync" : "AtomicFile$Channel"),
            child -> {
              assertFalse(temporary(place).isEmpty());
              child.signal("INT");
              assertTrue(child.runsUntil(() -> temporary(place).isEmpty()));
            },
            command);
    assertTrue(course.stopped().isPresent());
    assertEquals(SIGINT, course.code());
    assertEquals(List.of(), names(place));
    assertEquals(
        "", Files.readString(logs().resolve("err.txt")).replaceAll("(?m)^Listening.*", ""));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterruptedSweepEndsWithItsRunsAndGoesOn(boolean wholeTerminal) throws Exception {
    Path place = Files.createDirectory(folder.resolve("place"));
    Object[] sweep = {
      "sweep",
      "--data",
      images,
      "--devices",
      "cpu",
      "-o",
      place.resolve("results.csv"),
      "--json",
      "--dim",
      8,
      "--depth",
      1,
      "--kernel",
      3,
      "--patch",
      4,
      "--batch-size",
      8,
      "--epochs",
      8,
      "--seeds",
      1,
      "--strategies",
      "max-layer,none",
      "--jobs",
      2
    };
    try (ChildPemn child = ChildPemn.start(logs(), sweep)) {
      assertTrue(child.runsUntil(() -> count(place, "checkpoint.safetensors") > 0), child.err());
      List<ProcessHandle> runs = child.process().children().toList();
      if (wholeTerminal) {
        // Ctrl-C reaches all processes of a terminal.
        for (ProcessHandle run : runs) {
          new ProcessBuilder("/bin/kill", "-INT", "" + run.pid()).start().waitFor();
        }
      }
      child.signal("INT");
      assertEquals(SIGINT, child.awaitEnd(), child.err());
      for (ProcessHandle run : runs) {
        run.onExit().get(60, TimeUnit.SECONDS);
      }
      List<String> lines = child.err().lines().filter(line -> !line.isEmpty()).toList();
      assertEquals(
          1, lines.stream().filter(line -> line.startsWith("Interrupted;")).count(), child.err());
      assertTrue(lines.stream().noneMatch(line -> line.contains("failed")), child.err());
    }
    assertEquals(List.of(), temporary(place));
    assertEquals(2, ChildPemn.start(logs(), sweep).json().getAsJsonArray("points").size());
    assertEquals(3, Files.readAllLines(place.resolve("results.csv")).size());
  }

  private static long count(Path place, String name) throws IOException {
    return names(place).stream().filter(path -> path.endsWith(name)).count();
  }

  private static List<String> temporary(Path place) throws IOException {
    return names(place).stream().filter(name -> name.endsWith(".tmp")).toList();
  }

  /** The names of all files below a folder, which may change meanwhile. */
  private static List<String> names(Path place) throws IOException {
    List<String> names = new ArrayList<>();
    List<Path> folders = new ArrayList<>(List.of(place));
    while (!folders.isEmpty()) {
      Path next = folders.remove(0);
      if (!Files.isDirectory(next)) {
        continue;
      }
      Set<Path> entries;
      try (Stream<Path> found = Files.list(next)) {
        entries = found.collect(Collectors.toSet());
      }
      for (Path entry : entries) {
        if (Files.isDirectory(entry)) {
          folders.add(entry);
        } else {
          names.add(entry.getFileName().toString());
        }
      }
    }
    return names;
  }
}
