package io.pemn.packager;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * A file beside a target, {@code .NAME.RANDOM.tmp}, or a folder {@code .NAME.RANDOM.tmp.folder}
 * with such a file beside it, that is gone again, whatever happens, once this is closed or the
 * program ends.
 *
 * <p>A killed process cannot delete it. Therefore the file is locked while its process lives, and
 * whoever needs one for the same target first deletes those that nobody has locked. Where the file
 * system has no locks they stay.
 */
final class Temporary implements AutoCloseable {
  /** Code points of the target's name kept in the temporary name: at most 160 of 255 bytes. */
  private static final int NAME_CODE_POINTS = 40;

  private static final int RANDOM_DIGITS = 13;
  private static final String RANDOM = "[0-9a-f]{8}-[0-9a-f]{4}";
  private static final String ENDING = ".tmp";
  private static final String FOLDER = ".folder";

  /** So long an interrupted program waits for what is worth it. */
  private static final long LONGEST_END_SECONDS = 20;

  /** Those of this process, which it must not open again: closing them would end its locks. */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final Path content;
  private final FileChannel channel;
  private final boolean endedFirst;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread onInterrupt = new Thread(this::interrupt, "pemn-delete-temporary");
  private boolean interrupted;

  /** What gives the content its final name. */
  @FunctionalInterface
  interface Commit {
    void run() throws IOException;
  }

  private Temporary(Path file, Path content, FileChannel channel, boolean endedFirst) {
    this.file = file;
    this.content = content;
    this.channel = channel;
    this.endedFirst = endedFirst;
    try {
      Runtime.getRuntime().addShutdownHook(onInterrupt);
    } catch (IllegalStateException e) {
      // The program is ending, and begins nothing new.
      interrupted = true;
      close();
    }
  }

  /**
   * A new empty file.
   *
   * @param destination the target's absolute path, in a folder that exists
   * @param endedFirst whether an interrupted program waits some seconds for this to be closed
   * @param attributes of the file from its beginning, such as permissions
   * @throws IOException of the system, if it cannot be made
   */
  static Temporary file(Path destination, boolean endedFirst, FileAttribute<?>... attributes)
      throws IOException {
    return create(destination, "", endedFirst, attributes);
  }

  /**
   * A new empty folder.
   *
   * @param destination the target's absolute path, in a folder that exists
   * @throws IOException of the system, if it cannot be made
   */
  static Temporary folder(Path destination) throws IOException {
    Temporary temporary = create(destination, FOLDER, false);
    try {
      Files.createDirectory(temporary.content);
      return temporary;
    } catch (IOException e) {
      temporary.close();
      throw e;
    }
  }

  private static Temporary create(
      Path destination, String more, boolean endedFirst, FileAttribute<?>... attributes)
      throws IOException {
    Path folder = destination.getParent().toRealPath();
    String prefix = prefix(destination);
    deleteLeftBehind(folder, prefix);
    while (true) {
      String random = UUID.randomUUID().toString().substring(0, RANDOM_DIGITS);
      Path file = folder.resolve(prefix + random + ENDING);
      OWN.add(file);
      FileChannel channel;
      try {
        channel =
            FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes);
      } catch (IOException e) {
        OWN.remove(file);
        throw e;
      }
      Path content = folder.resolve(file.getFileName() + more);
      Temporary temporary = new Temporary(file, content, channel, endedFirst);
      if (isLocked(channel) && Files.exists(file)) {
        return temporary;
      }
      // Between its creation and its lock somebody took it for one that was left behind.
      temporary.close();
    }
  }

  private static String prefix(Path destination) {
    String name = destination.getFileName().toString();
    if (name.codePointCount(0, name.length()) > NAME_CODE_POINTS) {
      name = name.substring(0, name.offsetByCodePoints(0, NAME_CODE_POINTS));
    }
    return "." + name + ".";
  }

  /** Locks a file, unless another process has; no if one has. */
  private static boolean isLocked(FileChannel channel) {
    try {
      return FolderLock.tryLock(channel);
    } catch (IOException e) {
      // Where nothing can be locked, nothing is deleted either.
      return true;
    }
  }

  private static void deleteLeftBehind(Path folder, String prefix) {
    Pattern names = Pattern.compile(Pattern.quote(prefix) + RANDOM + Pattern.quote(ENDING));
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(
            folder, entry -> names.matcher(entry.getFileName().toString()).matches())) {
      for (Path file : found) {
        if (!OWN.contains(file) && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          deleteIfLeftBehind(file);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // What was left behind is no reason not to write.
    }
  }

  private static void deleteIfLeftBehind(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      if (FolderLock.tryLock(channel)) {
        delete(file.resolveSibling(file.getFileName() + FOLDER));
        delete(file);
      }
    }
  }

  /** What to fill: the file, or the folder. */
  Path content() {
    return content;
  }

  /** Open for writing, at the beginning of the file. */
  FileChannel channel() {
    return channel;
  }

  /**
   * Gives the content its name, unless the program is being interrupted, which has deleted it.
   *
   * @throws IOException what {@code commit} threw
   */
  synchronized void commit(Commit commit) throws IOException {
    if (!interrupted) {
      commit.run();
    }
  }

  private void interrupt() {
    if (endedFirst) {
      try {
        closed.await(LONGEST_END_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    synchronized (this) {
      interrupted = true;
      delete();
    }
  }

  /** Deletes what has no final name. Does not return if the program is being interrupted. */
  @Override
  public void close() {
    boolean ending;
    synchronized (this) {
      delete();
      ending = interrupted;
    }
    try {
      channel.close();
    } catch (IOException e) {
      // All that matters was forced to the disk.
    }
    OWN.remove(file);
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(onInterrupt);
    } catch (IllegalStateException e) {
      // The program is ending: the hook runs and finds nothing to delete.
    }
    while (ending) {
      // Whatever failed, failed because of that: nobody is to hear of it.
      LockSupport.park();
    }
  }

  private void delete() {
    if (!content.equals(file)) {
      delete(content);
    }
    delete(file);
  }

  /** Deletes a file or a folder, if it is there. What cannot be deleted stays. */
  private static void delete(Path path) {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return; // Renamed, or never created.
    }
    try {
      Files.walkFileTree(
          path,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException e)
                throws IOException {
              Files.delete(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // The failure that led here says more than this one.
    }
  }
}
