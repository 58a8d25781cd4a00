package io.pemn.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that gets each input in turn, for readers that take paths. */
public final class FileInput {
  private final Path file;

  /**
   * Creates the file, which goes when the virtual machine ends.
   *
   * @param suffix of its name
   */
  public FileInput(String suffix) {
    try {
      this.file = Files.createTempFile("pemn-fuzz", suffix);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    file.toFile().deleteOnExit();
  }

  /** Where it is. */
  public Path path() {
    return file;
  }

  /** The file with these bytes. */
  public Path with(byte[] bytes) throws IOException {
    return Files.write(file, bytes);
  }
}
