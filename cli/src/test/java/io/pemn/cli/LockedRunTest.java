package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.training.Checkpoint;
import io.pemn.loader.PemnArchive;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two trainings in one run directory would overwrite each other's checkpoints. */
class LockedRunTest {
  @TempDir Path folder;

  @Test
  void whileATrainingRunsNoOtherTouchesItsRunDirectory() throws Exception {
    String images = SmallImages.write(folder.resolve("images"));
    Path output = folder.resolve("a.pemn");
    Path checkpoint = folder.resolve("a.run").resolve("checkpoint.safetensors");
    Object[] endless = {
      "compress",
      "--data",
      images,
      "-o",
      output,
      "--device",
      "cpu",
      "--dim",
      8,
      "--depth",
      1,
      "--kernel",
      3,
      "--patch",
      4,
      "--batch-size",
      32,
      "--epochs",
      100_000
    };
    try (ChildPemn child = ChildPemn.start(folder.resolve("logs"), endless)) {
      assertTrue(child.runsUntil(() -> Files.exists(checkpoint)), child.err());
      for (String existing : List.of("--resume", "--overwrite")) {
        CommandRun second = CommandRun.compressTiny(images, output, existing);
        assertEquals(Pemn.FAILURE, second.code(), existing + second.err());
        assertRefused(second, child.process().pid(), output);
      }
      assertTrue(child.process().isAlive());
      assertTrue(Files.exists(checkpoint));
      // What is there can be packed meanwhile.
      Path packed = folder.resolve("packed.pemn");
      CommandRun.of("pack", folder.resolve("a.run"), "-o", packed).done();
      PemnArchive.open(packed).verify();
      assertTrue(child.kill());
    }
    assertFalse(Files.exists(output));
    int epochs = Checkpoint.load(checkpoint).epochs();
    CommandRun other = CommandRun.compressTiny(images, output, "--resume");
    assertTrue(other.err().contains("was begun with epochs 100000, not 1"), other.err());
    assertEquals(epochs, Checkpoint.load(checkpoint).epochs());
    // The lock's file is still there, and means nothing.
    assertTrue(Files.exists(folder.resolve("a.run").resolve("run.lock")));
    CommandRun.compressTiny(images, output, "--overwrite").done();
  }

  private static void assertRefused(CommandRun run, long process, Path output) {
    assertEquals(
        "Another process of pemn is at work in "
            + output.resolveSibling("a.run")
            + " (process "
            + process
            + ", compress into "
            + output
            + "); wait until it ends, or name another --run-dir.",
        run.err().strip());
  }
}
