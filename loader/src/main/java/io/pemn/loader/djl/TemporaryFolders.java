package io.pemn.loader.djl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Folders for one file each, which are deleted after use, and at the latest when the virtual
 * machine ends by itself.
 */
final class TemporaryFolders {
  private static final String PREFIX = "pemn-";
  private static final String FILE = "module.pt";
  private static final Set<Path> IN_USE = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> IN_USE.forEach(TemporaryFolders::delete), PREFIX + "exit"));
  }

  private TemporaryFolders() {}

  /**
   * The path of a file that does not exist yet, in a new folder that only this user can enter.
   *
   * @param parent where the folder is made, or null for the folder for temporary files
   * @throws IOException if it cannot be made
   */
  static Path newFile(Path parent) throws IOException {
    Path folder =
        parent == null
            ? Files.createTempDirectory(PREFIX)
            : Files.createTempDirectory(parent, PREFIX);
    IN_USE.add(folder);
    return folder.resolve(FILE);
  }

  /** Deletes such a file, if it is there, and its folder. What cannot be deleted stays. */
  static void deleteFile(Path file) {
    delete(file.getParent());
  }

  private static void delete(Path folder) {
    try {
      Files.deleteIfExists(folder.resolve(FILE));
      Files.deleteIfExists(folder);
      IN_USE.remove(folder);
    } catch (IOException e) {
      // Some systems delete no file that is in use; there is another try at the end.
    }
  }
}
