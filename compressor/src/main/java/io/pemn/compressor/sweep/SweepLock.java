package io.pemn.compressor.sweep;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What keeps two sweeps out of the same folders. The operating system holds the locks, so that they
 * end with the process, however it ends; the files stay, and mean nothing without it.
 */
public final class SweepLock implements Closeable {
  /** Name of the file in a folder that is locked; it says who has locked it. */
  static final String NAME = "sweep.lock";

  private static final int LONGEST_OWNER = 4096;

  private final List<FileChannel> channels = new ArrayList<>();

  private SweepLock() {}

  /**
   * Locks folders, which are made if they are not there.
   *
   * @param table that the sweep fills, for the message of the next one
   * @param folders one that belongs to the table, whatever the options, and that of the runs, which
   *     may be the same
   * @throws IOException in one sentence, if another sweep has one of them
   */
  public static SweepLock take(Path table, List<Path> folders) throws IOException {
    Set<Path> places = new LinkedHashSet<>();
    for (Path folder : folders) {
      Files.createDirectories(folder);
      places.add(folder.toRealPath());
    }
    SweepLock lock = new SweepLock();
    try {
      for (Path place : places) {
        lock.add(place.resolve(NAME), table);
      }
      return lock;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private void add(Path file, Path table) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    channels.add(channel);
    if (!isLocked(channel)) {
      ByteBuffer owner = ByteBuffer.allocate(LONGEST_OWNER);
      channel.read(owner, 0);
      throw new IOException(
          "Another sweep is running in "
              + file.getParent()
              + " ("
              + new String(owner.array(), 0, owner.position(), StandardCharsets.UTF_8).strip()
              + "); wait until it ends, or name another table with -o and another folder with"
              + " --run-dir.");
    }
    String owner = "process " + ProcessHandle.current().pid() + ", into " + table.toAbsolutePath();
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.UTF_8)), 0);
  }

  /** Locks a byte that no text reaches: where locks bind readers, too, the text can be read. */
  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock(Long.MAX_VALUE - 1, 1, false);
      return lock != null;
    } catch (OverlappingFileLockException e) {
      // This process has it.
      return false;
    }
  }

  /** Lets others in. */
  @Override
  public void close() throws IOException {
    for (FileChannel channel : channels) {
      channel.close();
    }
  }
}
