package io.pemn.compressor.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepLockTest {
  @TempDir Path folder;

  /** Another process: locks a folder, says so, and keeps it until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      SweepLock.take(Path.of("other.csv"), List.of(Path.of(arguments[0])));
      System.out.println("locked");
      Thread.sleep(60_000);
    }
  }

  @Test
  void anotherProcessHasTheFolderUntilItIsKilled() throws Exception {
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertEquals("locked", holder.inputReader().readLine());
      String message = refused(List.of(folder));
      assertTrue(message.startsWith("Another sweep is running in "), message);
      assertTrue(message.contains("(process " + holder.pid() + ", into "), message);
      assertTrue(message.contains("other.csv); wait until it ends"), message);
    } finally {
      holder.destroyForcibly().waitFor();
    }
    SweepLock.take(Path.of("mine.csv"), List.of(folder)).close();
  }

  @Test
  void eitherOfTwoFoldersKeepsOthersOut() throws IOException {
    Path ofTable = folder.resolve("results.runs");
    Path ofRuns = folder.resolve("elsewhere");
    Path table = folder.resolve("results.csv");
    SweepLock lock = SweepLock.take(table, List.of(ofTable, ofRuns));
    refused(List.of(ofTable));
    refused(List.of(folder.resolve("free"), ofRuns));
    lock.close();
    SweepLock.take(table, List.of(ofTable, ofTable)).close();
    // Who was refused keeps nothing.
    SweepLock.take(table, List.of(folder.resolve("free"))).close();
  }

  private static String refused(List<Path> folders) {
    return assertThrows(IOException.class, () -> SweepLock.take(Path.of("mine.csv"), folders))
        .getMessage();
  }
}
