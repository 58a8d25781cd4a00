package io.pemn.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs several commands in one process: a line of a file each, its arguments divided by tabs. */
final class CommandList {
  private CommandList() {}

  /**
   * Runs them, and exits with the code of the first that fails.
   *
   * @param arguments the file
   */
  public static void main(String[] arguments) throws IOException {
    for (String line : Files.readAllLines(Path.of(arguments[0]))) {
      int code = Pemn.commandLine().execute(line.split("\t"));
      if (code != 0) {
        System.err.println("failed: " + line);
        System.exit(code);
      }
    }
  }
}
