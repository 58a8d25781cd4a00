package io.pemn.cli;

import io.pemn.packager.AtomicFile;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** Checks where results shall go before minutes are spent on them. */
final class Outputs {
  private Outputs() {}

  /**
   * Checks that a file can be put there and takes no other file's place.
   *
   * @param file the result
   * @param others files that it must not replace
   * @throws IOException in one sentence, if it cannot
   */
  static void check(Path file, Path... others) throws IOException {
    for (Path other : others) {
      if (file.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize())) {
        throw new FileSystemException(
            file + " is needed for something else by this command; choose another name.");
      }
    }
    AtomicFile.check(file);
  }
}
