package io.pemn.cli;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks where a result shall go before minutes are spent on it. */
final class OutputTarget {
  private OutputTarget() {}

  /**
   * Checks that a file can be put there, as far as that can be known beforehand.
   *
   * @throws IOException in one sentence, if it cannot
   */
  static void check(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null || Files.isDirectory(file)) {
      throw new FileSystemException(file + " is a folder; name a file in it.");
    }
    if (!Files.exists(parent)) {
      throw new FileSystemException(
          "There is no folder "
              + parent
              + " to put "
              + file.getFileName()
              + " into; create it"
              + " first or choose another -o.");
    }
    if (!Files.isDirectory(parent)) {
      throw new FileSystemException(
          parent
              + " is a file, so "
              + file.getFileName()
              + " cannot be put into it; choose"
              + " another -o.");
    }
    if (!Files.isWritable(parent)) {
      throw new FileSystemException(
          "The folder "
              + parent
              + " is not writable; change its permissions or choose another"
              + " -o.");
    }
  }
}
