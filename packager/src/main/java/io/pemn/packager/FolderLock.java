package io.pemn.packager;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What keeps two processes out of the same folders. The operating system holds the locks, so that
 * they end with the process, however it ends; the files stay, and mean nothing without it. Where a
 * file system has no locks, nobody is kept out.
 */
public final class FolderLock implements Closeable {
  /** Locks that bind readers, too, leave the text of a file readable if they are behind it. */
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  private static final int LONGEST_OWNER = 4096;
  private static final long POLL_MILLIS = 50;

  /**
   * What this process does with those that it has, which it must not open again: closing them would
   * end its locks.
   */
  private static final Map<Path, String> OWN = new ConcurrentHashMap<>();

  private final String name;
  private final String otherwise;
  private final Map<Path, FileChannel> channels = new LinkedHashMap<>();

  /**
   * Prepares locks; nothing is locked yet.
   *
   * @param name of the file in every folder that is locked; it says who has locked it
   * @param otherwise what one can do but wait where another process has a folder, such as {@code
   *     name another --run-dir}
   */
  public FolderLock(String name, String otherwise) {
    this.name = name;
    this.otherwise = otherwise;
  }

  /**
   * Locks a folder that exists, until this is closed or the process ends. Locking what this has
   * locked already does nothing.
   *
   * @param purpose what this process does there, for the sentence that the next one gets
   * @param patience how long to wait for another process that has it
   * @throws IOException in one sentence, if another process, or another lock of this one, has it;
   *     or of the system, if the lock's file cannot be opened
   */
  public void add(Path folder, String purpose, Duration patience) throws IOException {
    Path file = folder.toRealPath().resolve(name);
    if (channels.containsKey(file)) {
      return;
    }
    String owner = "process " + ProcessHandle.current().pid() + ", " + purpose;
    String other = OWN.putIfAbsent(file, owner);
    if (other != null) {
      throw taken(folder, other);
    }
    Optional<FileChannel> opened = Optional.empty();
    boolean locked = false;
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      opened = Optional.of(channel);
      locked = isLocked(channel, patience);
      if (!locked) {
        throw taken(folder, owner(channel));
      }
      say(owner, channel);
      channels.put(file, channel);
    } finally {
      if (!locked) {
        if (opened.isPresent()) {
          opened.get().close();
        }
        OWN.remove(file);
      }
    }
  }

  private IOException taken(Path folder, String owner) {
    return new IOException(
        "Another process of pemn is at work in "
            + folder
            + (owner.isEmpty() ? "" : " (" + owner + ")")
            + "; wait until it ends, or "
            + otherwise
            + ".");
  }

  private static boolean isLocked(FileChannel channel, Duration patience) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    while (!tryLockIfAny(channel)) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  private static String owner(FileChannel channel) throws IOException {
    ByteBuffer owner = ByteBuffer.allocate(LONGEST_OWNER);
    channel.read(owner, 0);
    return new String(owner.array(), 0, owner.position(), StandardCharsets.UTF_8).strip();
  }

  private static void say(String owner, FileChannel channel) {
    try {
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.UTF_8)), 0);
    } catch (IOException e) {
      // On a full disk the lock is as good, and only its sentence says less.
    }
  }

  private static boolean tryLockIfAny(FileChannel channel) {
    try {
      return tryLock(channel);
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Locks a file until its channel is closed.
   *
   * @return whether nobody else has it
   * @throws IOException if its file system has no locks
   */
  static boolean tryLock(FileChannel channel) throws IOException {
    try {
      // Released with the channel.
      return channel.tryLock(LOCKED_BYTE, 1, false) != null;
    } catch (OverlappingFileLockException e) {
      // This process has it.
      return false;
    }
  }

  /** Lets others in, and deletes what it put into the folders, which are to go themselves. */
  public void closeAndDelete() throws IOException {
    for (Path file : channels.keySet()) {
      Files.deleteIfExists(file);
    }
    close();
  }

  /** Lets others in. */
  @Override
  public void close() throws IOException {
    for (Map.Entry<Path, FileChannel> entry : channels.entrySet()) {
      entry.getValue().close();
      OWN.remove(entry.getKey());
    }
    channels.clear();
  }
}
