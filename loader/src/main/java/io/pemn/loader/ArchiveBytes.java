package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;

/**
 * Where an archive's bytes are: in memory, in a file from which they are read when needed, or still
 * on their way.
 */
sealed interface ArchiveBytes
    permits ArchiveBytes.InMemory, ArchiveBytes.OnDisk, ArrivingBytes, ArrivingBytes.Arrived {
  /** How many there are; of those that arrive, how many there may be as far as is known. */
  long size();

  /** Whether there are just so many. */
  default boolean endsAt(long position) throws IOException {
    return position == size();
  }

  /**
   * Some of them, which nobody may write to.
   *
   * @param from the first
   * @param count how many, all within {@link #size()}
   * @throws PemnFormatException.Truncated if no more arrive
   * @throws IOException if they cannot be read
   */
  ByteBuffer read(long from, int count) throws IOException;

  /**
   * Some of them, and more where that costs nothing.
   *
   * @param from the first
   * @param needed how many there must be
   * @param most how many there may be
   */
  default ByteBuffer readAhead(long from, int needed, int most) throws IOException {
    return read(from, (int) Math.min(most, size() - from));
  }

  /**
   * Bytes in memory.
   *
   * @param bytes from position to limit
   */
  record InMemory(ByteBuffer bytes) implements ArchiveBytes {
    /** Takes a view of the bytes from position to limit, which nobody may write to afterwards. */
    public InMemory {
      // Not a read-only one: zstd would have to copy what it decompresses.
      bytes = bytes.slice();
    }

    /**
     * Takes bytes that others may be able to change, so that nobody can: mapped ones are copied.
     */
    static InMemory ownOf(ByteBuffer bytes) {
      if (!bytes.isDirect()) {
        return new InMemory(bytes);
      }
      return new InMemory(ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip());
    }

    @Override
    public long size() {
      return bytes.limit();
    }

    @Override
    public ByteBuffer read(long from, int count) {
      return bytes.slice((int) from, count);
    }
  }

  /**
   * A file, opened anew for every read, so that an archive holds none open. That it was replaced in
   * between is found out here, or else by the digests.
   *
   * @param file its path
   * @param size in bytes when the archive was opened
   * @param modified when it had last been written to then
   * @param key what tells it from other files, or null where the file system does not say
   */
  record OnDisk(Path file, long size, FileTime modified, Object key) implements ArchiveBytes {
    static OnDisk of(Path file) throws IOException {
      BasicFileAttributes found;
      try {
        found = Files.readAttributes(file, BasicFileAttributes.class);
      } catch (NoSuchFileException e) {
        throw new NoSuchFileException(
            "There is no file " + file + "; check the path of the archive.");
      }
      if (!found.isRegularFile()) {
        throw new PemnFormatException.NotAnArchive(
            Finding.of(ArchiveSection.FILE, found.isDirectory() ? "a folder" : "no file", "a file"),
            file + " is {found}, not {expected}; give the path of a .pemn archive.");
      }
      return new OnDisk(file, found.size(), found.lastModifiedTime(), found.fileKey());
    }

    @Override
    public ByteBuffer read(long from, int count) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(count);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
        boolean same =
            found.size() == size
                && found.lastModifiedTime().equals(modified)
                && Objects.equals(found.fileKey(), key);
        if (!same) {
          throw changed();
        }
        while (bytes.hasRemaining()) {
          if (channel.read(bytes, from + bytes.position()) < 0) {
            throw changed();
          }
        }
      } catch (NoSuchFileException e) {
        throw new NoSuchFileException(
            "The archive "
                + file
                + " vanished after it was opened; put it back and open it again.");
      }
      return bytes.flip();
    }

    /** All of it, at once. */
    InMemory whole() throws IOException {
      if (size > ArrivingBytes.MOST) {
        throw PemnArchive.tooLarge(file.toString(), size + " bytes", ArrivingBytes.MOST);
      }
      return new InMemory(read(0, (int) size));
    }

    private IOException changed() {
      return new IOException(
          "The archive " + file + " was replaced after it was opened; open it again.");
    }
  }
}
