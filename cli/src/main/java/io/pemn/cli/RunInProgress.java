package io.pemn.cli;

import io.pemn.compressor.training.RunDirectory;
import io.pemn.packager.FolderLock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A run of {@code pemn compress}: from its beginning on it has its directory to itself, and if it
 * is interrupted a line says how to go on.
 */
final class RunInProgress implements AutoCloseable {
  private final RunDirectory directory;
  private final Path output;
  private final FolderLock lock = RunDirectory.newLock();
  private final Thread hint;

  /**
   * Prepares a run; nothing is locked or written yet.
   *
   * @param output the archive to come
   * @param err where the line goes
   */
  RunInProgress(RunDirectory directory, Path output, PrintWriter err) {
    this.directory = directory;
    this.output = output;
    hint =
        new Thread(
            () -> {
              err.println();
              err.println(
                  "Interrupted; run the same command with --resume to go on after the last whole"
                      + " epoch.");
              err.flush();
            },
            "pemn-resume-hint");
  }

  /** Where it keeps itself. */
  RunDirectory directory() {
    return directory;
  }

  /**
   * From here on there is something to resume, and to keep others from.
   *
   * @throws IOException in one sentence, if another process has the directory or it cannot be made
   */
  void begin() throws IOException {
    directory.lock(lock, "compress into " + output.toAbsolutePath(), Duration.ZERO);
    Runtime.getRuntime().addShutdownHook(hint);
  }

  @Override
  public void close() throws IOException {
    lock.close();
    try {
      Runtime.getRuntime().removeShutdownHook(hint);
    } catch (IllegalStateException e) {
      // The process is being interrupted, and the hook is saying so.
      return;
    }
  }
}
