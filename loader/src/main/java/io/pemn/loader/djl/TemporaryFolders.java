package io.pemn.loader.djl;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Folders for one file each, which are deleted after use, and at the latest when the virtual
 * machine ends by itself. What one that was killed has left is deleted by the next that makes a
 * folder in the same place.
 */
final class TemporaryFolders {
  private static final String PREFIX = "pemn-";
  private static final String FILE = "module.pt";

  /** No loading takes so long; a process that is not seen may live in another container. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  private static final Pattern NAME = Pattern.compile(PREFIX + "([0-9]{1,18})-.*");
  private static final Set<Path> IN_USE = ConcurrentHashMap.newKeySet();
  private static final Set<Path> SWEPT = ConcurrentHashMap.newKeySet();

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
    String prefix = PREFIX + ProcessHandle.current().pid() + "-";
    Path folder =
        parent == null
            ? Files.createTempDirectory(prefix)
            : Files.createTempDirectory(parent, prefix);
    IN_USE.add(folder);
    if (SWEPT.add(folder.getParent())) {
      deleteAbandoned(folder, Instant.now().minus(ABANDONED));
    }
    return folder.resolve(FILE);
  }

  /**
   * Deletes what processes of this user that are dead have left.
   *
   * @param own a folder of this process, beside theirs
   * @param before what is younger stays
   */
  static void deleteAbandoned(Path own, Instant before) {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(own.getParent(), PREFIX + "*")) {
      UserPrincipal user = Files.getOwner(own);
      for (Path folder : folders) {
        Matcher name = NAME.matcher(folder.getFileName().toString());
        if (name.matches()
            && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()
            && isOf(user, folder)
            && Files.getLastModifiedTime(folder).toInstant().isBefore(before)) {
          delete(folder);
        }
      }
    } catch (IOException | DirectoryIteratorException | UnsupportedOperationException e) {
      // It stays: that costs space, while loading goes on.
    }
  }

  /** Whether it is a folder of a user; a link to one, which anybody can make, is not. */
  private static boolean isOf(UserPrincipal user, Path folder) throws IOException {
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(user);
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
