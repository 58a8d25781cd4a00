package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {
  private static final Duration AT_ONCE = Duration.ZERO;

  @TempDir Path folder;

  /** Another process: locks a folder, says so, and keeps it until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      lock().add(Path.of(arguments[0]), "sweep into other.csv", AT_ONCE);
      System.out.println("locked");
      Thread.sleep(60_000);
    }
  }

  private static FolderLock lock() {
    return new FolderLock("run.lock", "name another --run-dir");
  }

  private Process holder() throws IOException {
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertEquals("locked", holder.inputReader().readLine());
    return holder;
  }

  @Test
  void anotherProcessHasTheFolderUntilItIsKilled() throws Exception {
    Process holder = holder();
    try {
      assertEquals(
          "Another process of pemn is at work in "
              + folder
              + " (process "
              + holder.pid()
              + ", sweep into other.csv); wait until it ends, or name another --run-dir.",
          refused(folder));
      // Asking does not take it away.
      refused(folder);
    } finally {
      holder.destroyForcibly().waitFor();
    }
    try (FolderLock mine = lock()) {
      mine.add(folder, "compress", AT_ONCE);
    }
  }

  @Test
  void whoIsPatientGetsTheFolderWhenTheOtherProcessEnds() throws Exception {
    Process holder = holder();
    Thread killer = new Thread(holder::destroyForcibly);
    try (FolderLock mine = lock()) {
      refused(folder);
      killer.start();
      mine.add(folder, "compress", Duration.ofMinutes(1));
    } finally {
      killer.join();
      holder.destroyForcibly().waitFor();
    }
  }

  @Test
  void twoLocksOfOneProcessKeepEachOtherOutToo() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    try (FolderLock mine = lock()) {
      mine.add(folder, "compress", AT_ONCE);
      mine.add(other, "compress", AT_ONCE);
      mine.add(folder.resolve("other").resolve(".."), "compress", AT_ONCE);
      assertTrue(refused(folder).contains("process " + ProcessHandle.current().pid() + ", "));
      refused(other);
    }
    lock().add(folder, "compress", AT_ONCE);
  }

  @Test
  void whoWasRefusedKeepsNothing() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    FolderLock theirs = lock();
    theirs.add(other, "compress", AT_ONCE);
    try (FolderLock mine = lock()) {
      mine.add(folder, "compress", AT_ONCE);
      assertThrows(IOException.class, () -> theirs.add(folder, "compress", AT_ONCE));
      theirs.close();
      mine.add(other, "compress", AT_ONCE);
    }
  }

  @Test
  void aLongTextOfALockBeforeIsGone() throws IOException {
    Files.writeString(folder.resolve("run.lock"), "process 1, " + "x".repeat(10_000));
    try (FolderLock mine = lock()) {
      mine.add(folder, "compress", AT_ONCE);
      assertEquals(
          "process " + ProcessHandle.current().pid() + ", compress",
          Files.readString(folder.resolve("run.lock")));
    }
  }

  private static String refused(Path folder) throws IOException {
    try (FolderLock lock = lock()) {
      return assertThrows(IOException.class, () -> lock.add(folder, "compress", AT_ONCE))
          .getMessage();
    }
  }
}
