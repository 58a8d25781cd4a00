package io.pemn.compressor.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToLongFunction;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** A {@code .tar.gz} whose files are read where they stand, without unpacking any. */
final class TarArchive {
  /** What all entries together may hold: more is no data set that fits into memory. */
  private static final long MOST_BYTES = 1L << 31;

  /** What one entry's headers may take, with padding: names and attributes of any length. */
  private static final long MOST_HEADER_BYTES = 1L << 20;

  private static final int BUFFER = 1 << 16;

  private TarArchive() {}

  /** Gets the files of an archive, one after another. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Gets a file.
     *
     * @param name its own, without folders
     * @param content all of its bytes
     */
    void file(String name, byte[] content) throws DataException;
  }

  /**
   * Reads an archive to its end, checksum included.
   *
   * @param wanted how many bytes a file of that name, without folders, has at most; a negative
   *     number if it is not wanted
   * @param visitor gets the files that are wanted
   * @param whatToDo how messages end
   * @throws DataException if it is no such archive, is damaged, or has a longer file
   */
  static void read(Path path, ToLongFunction<String> wanted, Visitor visitor, String whatToDo)
      throws DataException {
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(path), BUFFER);
        Unzipped unzipped = new Unzipped(path, new GZIPInputStream(raw, BUFFER), whatToDo);
        TarArchiveInputStream tar = new TarArchiveInputStream(unzipped)) {
      long total = 0;
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        total += Math.max(0, entry.getSize());
        if (total > MOST_BYTES) {
          throw unzipped.tooMany();
        }
        unzipped.beginEntry(entry.getSize());
        String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
        long longest = entry.isFile() ? wanted.applyAsLong(name) : -1;
        if (longest < 0) {
          continue;
        }
        if (entry.getSize() > longest) {
          throw new DataException(
              path
                  + " has a file "
                  + name
                  + " of "
                  + entry.getSize()
                  + " bytes, but at most "
                  + longest
                  + " were expected"
                  + whatToDo
                  + ".");
        }
        byte[] content = tar.readNBytes((int) entry.getSize());
        if (content.length < entry.getSize()) {
          throw new EOFException();
        }
        visitor.file(name, content);
      }
      // Through the padding to the end of the stream, where gzip checks its checksum.
      unzipped.readNBytes(BUFFER);
      if (unzipped.read() != -1) {
        throw new DataException(path + " goes on after the end of its files" + whatToDo + ".");
      }
    } catch (DataException e) {
      throw e;
    } catch (EOFException e) {
      throw new DataException(
          path + " has " + bytes(path) + " bytes and ends in the middle of a file" + whatToDo + ".",
          e);
    } catch (ZipException e) {
      throw new DataException(
          path + " is no sound gzip file (" + e.getMessage() + ")" + whatToDo + ".", e);
    } catch (IOException | RuntimeException e) {
      // The decoder answers some damaged headers with exceptions of any kind.
      throw new DataException(
          path + " cannot be read (" + e.getMessage() + ")" + whatToDo + ".", e);
    }
  }

  /**
   * The bytes of the archive, as many as its entries have and some for headers: the decoder reads
   * names and attributes whole, however long the archive says they are.
   */
  private static final class Unzipped extends FilterInputStream {
    private final Path path;
    private final String whatToDo;
    private long read;
    private long allowed = MOST_HEADER_BYTES;

    Unzipped(Path path, InputStream unzipped, String whatToDo) {
      super(unzipped);
      this.path = path;
      this.whatToDo = whatToDo;
    }

    /** Allows what an entry holds, and the headers of the next one. */
    void beginEntry(long size) {
      allowed = read + Math.max(0, size) + MOST_HEADER_BYTES;
    }

    DataException tooMany() {
      return new DataException(
          path + " unpacks to more than " + MOST_BYTES + " bytes" + whatToDo + ".");
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      count(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = super.read(bytes, offset, length);
      count(Math.max(0, count));
      return count;
    }

    @Override
    public long skip(long length) throws IOException {
      long count = super.skip(length);
      count(count);
      return count;
    }

    private void count(long bytes) throws DataException {
      read += bytes;
      if (read > MOST_BYTES) {
        throw tooMany();
      }
      if (read > allowed) {
        throw new DataException(
            path
                + " has more than "
                + MOST_HEADER_BYTES
                + " bytes of names and attributes before a file"
                + whatToDo
                + ".");
      }
    }
  }

  private static String bytes(Path path) {
    try {
      return Long.toString(Files.size(path));
    } catch (IOException e) {
      return "an unknown number of";
    }
  }
}
