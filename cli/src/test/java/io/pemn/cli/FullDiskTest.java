package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pemn.compressor.training.Checkpoint;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks that are full and folders that may not be written in: one sentence, nothing half-written,
 * and what was done is not lost.
 */
class FullDiskTest {
  @TempDir static Path shared;
  private static String images;
  private static Path archive;
  private static byte[] bytes;

  @TempDir Path folder;

  @BeforeAll
  static void compress() throws IOException {
    images = SmallImages.write(shared.resolve("images"));
    archive = shared.resolve("a.pemn");
    compress(archive).done();
    bytes = Files.readAllBytes(archive);
  }

  private static CommandRun compress(Path output, Object... more) {
    return compress(5, output, more);
  }

  private static CommandRun compress(int epochs, Path output, Object... more) {
    Object[] all = Stream.concat(Stream.of("--epochs", epochs), Arrays.stream(more)).toArray();
    return CommandRun.compressTiny(images, output, all);
  }

  @Test
  void aTrainingThatFillsTheDiskKeepsItsCheckpointsAndGoesOnOnceThereIsSpace() throws IOException {
    // The lock, the metrics and two checkpoints fit, a third does not.
    try (SmallDisk disk = SmallDisk.mount(folder, 44)) {
      Path run = disk.resolve("run");
      Path output = folder.resolve("b.pemn");
      CommandRun full = compress(output, "--run-dir", run);
      assertFailed(full, "The disk is full (No space left on device): ");
      assertTrue(
          full.err()
              .strip()
              .endsWith("the previous file is kept, free some space, then go on with --resume."),
          full.err());
      assertEquals(
          List.of(
              "checkpoint.previous.safetensors",
              "checkpoint.safetensors",
              "metrics.csv",
              "run.lock"),
          names(run));
      assertEquals(2, Checkpoint.load(run.resolve("checkpoint.safetensors")).epochs());
      assertFalse(Files.exists(output));

      disk.remount("size=1m");
      compress(output, "--run-dir", run, "--resume").done();
      assertArrayEquals(bytes, Files.readAllBytes(output));
      assertEquals(6, Files.readAllLines(run.resolve("metrics.csv")).size());
    }
  }

  @Test
  void anArchiveThatDoesNotFitLeavesATrainingThatCanBePacked() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(folder, 64)) {
      disk.fill();
      Path output = disk.resolve("b.pemn");
      Path run = folder.resolve("b.run");
      CommandRun full = compress(output, "--run-dir", run);
      assertEquals(Pemn.FAILURE, full.code());
      List<String> lines = full.err().lines().filter(line -> !line.startsWith("epoch ")).toList();
      assertEquals(2, lines.size(), full.err());
      assertTrue(lines.get(0).startsWith("The training is over and kept in " + run), full.err());
      assertTrue(lines.get(1).startsWith("The disk is full ("), full.err());
      assertEquals(List.of("filler"), names(disk.path()));
      assertFailed(CommandRun.of("pack", run, "-o", output), "The disk is full (");
      assertEquals(List.of("filler"), names(disk.path()));

      disk.free();
      CommandRun.of("pack", run, "-o", output).done();
      assertArrayEquals(bytes, Files.readAllBytes(output));
      Files.delete(output);
      compress(output, "--run-dir", run, "--resume").done();
      assertArrayEquals(bytes, Files.readAllBytes(output));
    }
  }

  @Test
  void aRowOfMetricsThatDoesNotFitIsCutOffWhenTheTrainingGoesOn() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(folder, 4)) {
      Path metrics = disk.resolve("m.csv");
      Path output = folder.resolve("b.pemn");
      Object[] often = {"--metrics", metrics, "--metrics-every", 1};
      CommandRun full = compress(12, output, often);
      assertFailed(full, "A row of metrics could not be appended to " + metrics);
      assertTrue(full.err().strip().endsWith("then go on with --resume."), full.err());

      disk.remount("size=1m");
      Object[] resumed = Stream.concat(Arrays.stream(often), Stream.of("--resume")).toArray();
      compress(12, output, resumed).done();
      assertEquals(
          Files.readAllLines(folder.resolve("b.run").resolve("metrics.csv")),
          Files.readAllLines(metrics));
      assertEquals(1 + 12 * 7, Files.readAllLines(metrics).size());
    }
  }

  @Test
  void aRowOfASweepThatDoesNotFitIsThereNextTime() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(folder, 64)) {
      Path table = disk.resolve("results.csv");
      Object[] sweep = {
        "sweep",
        "--data",
        images,
        "--devices",
        "cpu",
        "-o",
        table,
        "--run-dir",
        folder.resolve("runs"),
        "--dim",
        8,
        "--depth",
        1,
        "--kernel",
        3,
        "--patch",
        4,
        "--epochs",
        1,
        "--seeds",
        1,
        "--strategies",
        "max-layer",
        "--json"
      };
      disk.fill();
      CommandRun full = CommandRun.of(sweep);
      assertFailed(full, "The disk is full (");
      assertEquals(List.of("filler", "results.runs"), names(disk.path()));

      disk.remount("size=1m");
      CommandRun again = CommandRun.of(sweep).done();
      assertEquals(0, again.json().get("measured").getAsInt());
      assertEquals(2, Files.readAllLines(table).size());
    }
  }

  @Test
  void weightsPlotsAndOutputsThatDoNotFitAreNotHalfThere() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(folder, 64)) {
      disk.fill();
      for (Object[] command : writing(disk.path())) {
        assertFailed(CommandRun.of(command), "The disk is full (");
        assertEquals(List.of("filler"), names(disk.path()), Arrays.toString(command));
      }
    }
  }

  @Test
  void whatMayNotBeWrittenIsFoundOutBeforeTheTraining() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(folder, 64)) {
      disk.remount("ro");
      refusesEveryOutput(disk.path());
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aFolderWithoutPermissionIsFoundOutBeforeTheTraining() throws IOException {
    Path locked = Files.createDirectory(folder.resolve("locked"));
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeFalse(Files.isWritable(locked), "root may write anywhere");
    refusesEveryOutput(locked);
  }

  /** Even root cannot create a file there, though permissions say that it can. */
  @Test
  void aFolderThatTheSystemKeepsForItselfIsFoundOutBeforeTheTraining() {
    Path proc = Path.of("/proc");
    assumeTrue(Files.isDirectory(proc.resolve("self")), "only Linux has such a folder");
    CommandRun run = compress(proc.resolve("b.pemn"));
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("Could not write in the folder /proc ("), run.err());
  }

  private void refusesEveryOutput(Path readOnly) throws IOException {
    List<Object[]> commands = new ArrayList<>(writing(readOnly));
    Object[] options = {"--data", images, "--dim", 8, "--depth", 1, "--kernel", 3, "--patch", 4};
    for (Object[] more :
        List.<Object[]>of(
            new Object[] {"compress", "-o", readOnly.resolve("b.pemn")},
            new Object[] {
              "compress", "-o", folder.resolve("c.pemn"), "--run-dir", readOnly.resolve("run")
            },
            new Object[] {
              "compress", "-o", folder.resolve("c.pemn"), "--metrics", readOnly.resolve("m.csv")
            },
            new Object[] {"sweep", "-o", readOnly.resolve("results.csv")},
            new Object[] {"sweep", "-o", folder.resolve("r.csv"), "--run-dir", readOnly},
            new Object[] {
              "sweep", "-o", folder.resolve("r.csv"), "--plot", readOnly.resolve("p.svg")
            })) {
      commands.add(Stream.concat(Arrays.stream(more), Arrays.stream(options)).toArray());
    }
    for (Object[] command : commands) {
      CommandRun run = CommandRun.of(command);
      String what = Arrays.toString(command) + ": " + run.err();
      assertEquals(Pemn.FAILURE, run.code(), what);
      // Not even an epoch is over.
      assertEquals(1, run.err().lines().filter(line -> !line.startsWith("Pruned")).count(), what);
      assertTrue(run.err().contains(readOnly.toString()), what);
      assertEquals(List.of(), names(readOnly), what);
    }
  }

  /** Commands that write something to a folder, and take a moment. */
  private static List<Object[]> writing(Path to) {
    Path run = shared.resolve("a.run");
    return List.of(
        new Object[] {"pack", run, "-o", to.resolve("b.pemn")},
        new Object[] {"unpack", archive, "-o", to.resolve("b.safetensors")},
        new Object[] {"unpack", archive, "-o", to.resolve("b") + "/"},
        new Object[] {"plot", run, "-o", to.resolve("b.svg")},
        new Object[] {"plot", run, "-o", to.resolve("b.png")},
        new Object[] {"data", "preview", "--data", images, "-o", to.resolve("b.png")},
        new Object[] {
          "eval", archive, "--data", images, "--device", "cpu", "--outputs", to.resolve("b.npy")
        });
  }

  /** A limit that needs no root: no file may have more than some kilobytes. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aCheckpointThatTheSystemAllowsNoRoomForIsOneSentence() throws Exception {
    Path output = folder.resolve("b.pemn");
    List<String> limited = List.of("/bin/sh", "-c", "ulimit -f 8 && exec \"$0\" \"$@\"");
    try (ChildPemn child =
        ChildPemn.start(
            folder.resolve("logs"),
            limited,
            List.of(),
            Stream.of("compress", "--data", images, "-o", output, "--device", "cpu", "--dim", 8)
                .toArray())) {
      assertEquals(Pemn.FAILURE, child.awaitEnd(), child.err());
      List<String> lines = child.err().lines().toList();
      String last = lines.get(lines.size() - 1);
      assertTrue(last.startsWith("The system allows no file to be that large ("), child.err());
      assertTrue(last.endsWith("lift the limit (ulimit -f), then go on with --resume."), last);
    }
    assertFalse(Files.exists(output));
    assertEquals(List.of("metrics.csv", "run.lock"), names(folder.resolve("b.run")));
  }

  @Test
  void anArchiveThatIsSoundIsNotTouchedByAllThis() throws IOException {
    PemnArchive.open(archive).verify();
    assertArrayEquals(bytes, Files.readAllBytes(archive));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static void assertFailed(CommandRun run, String beginning) {
    assertEquals(Pemn.FAILURE, run.code(), run.toString());
    List<String> lines = run.err().lines().filter(line -> !line.startsWith("epoch ")).toList();
    assertEquals(1, lines.size(), run.err());
    assertTrue(lines.get(0).startsWith(beginning), run.err());
    assertTrue(lines.get(0).endsWith("."), run.err());
  }
}
