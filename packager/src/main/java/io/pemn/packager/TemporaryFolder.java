package io.pemn.packager;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A folder for files that are needed for a while only. It is gone, with all that is in it, once
 * this is closed or the program ends; of a killed program, once the next one makes a folder of the
 * same name in the same place.
 */
public final class TemporaryFolder implements AutoCloseable {
  private final Temporary temporary;

  private TemporaryFolder(Temporary temporary) {
    this.temporary = temporary;
  }

  /**
   * Makes a folder.
   *
   * @param parent the folder that it shall be in
   * @param name what its name, which begins with a dot and ends at random, shall contain
   * @throws IOException of the system, if it cannot be made there
   */
  public static TemporaryFolder in(Path parent, String name) throws IOException {
    return new TemporaryFolder(Temporary.folder(parent.toAbsolutePath().resolve(name)));
  }

  /** Where it is: an absolute path. */
  public Path path() {
    return temporary.content();
  }

  /** Deletes it. Does not return if the program is being interrupted. */
  @Override
  public void close() {
    temporary.close();
  }
}
