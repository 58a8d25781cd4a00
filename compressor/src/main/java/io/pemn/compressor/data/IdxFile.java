package io.pemn.compressor.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A strict reader of IDX, the format of MNIST and its kin (described at the end of
 * yann.lecun.com/exdb/mnist), plain or, where the name ends in {@code .gz}, compressed with gzip:
 *
 * <pre>
 * images = 0x00000803 count height width  count*height*width pixels
 * labels = 0x00000801 count               count labels
 * </pre>
 *
 * <p>Numbers are unsigned, of 32 bits, big-endian; pixels and labels are unsigned bytes. Nothing
 * may follow. What a header declares is never believed before the bytes are there: memory grows
 * with what arrives.
 */
public final class IdxFile {
  private static final int IMAGES_MAGIC = 0x00000803;
  private static final int LABELS_MAGIC = 0x00000801;
  private static final int GZIP_MAGIC = 0x1f8b;

  /** The longest array that every Java virtual machine can make. */
  private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

  /** What is allocated before a byte has arrived. */
  private static final int FIRST_ALLOCATION = 1 << 20;

  private static final String COPY_AGAIN = "; download or copy the file again.";

  private final Path path;
  private final InputStream in;

  private IdxFile(Path path, InputStream in) {
    this.path = path;
    this.in = in;
  }

  private record Images(int count, int height, int width, byte[] pixels) {}

  /**
   * Reads images of one channel and their labels.
   *
   * @param images the file of the images
   * @param labels the file of the labels, one for every image
   * @param classes how many classes there are; labels are 0..classes-1
   * @throws DataException if a file cannot be read or is not what it should be, or the two hold
   *     different counts
   */
  public static ImageSet readImageSet(Path images, Path labels, int classes) throws DataException {
    // Labels first: they are small, and tell much sooner that a pair of files is of no use.
    int[] labelOf = read(labels, file -> file.labels(classes));
    Images read = read(images, IdxFile::images);
    if (read.count() != labelOf.length) {
      throw new DataException(
          images
              + " holds "
              + read.count()
              + " images and "
              + labels
              + " "
              + labelOf.length
              + " labels, but every image needs one label; use two files of one data set.");
    }
    return new ImageSet(1, read.height(), read.width(), classes, read.pixels(), labelOf);
  }

  @FunctionalInterface
  private interface Content<T> {
    T of(IdxFile file) throws IOException;
  }

  private static <T> T read(Path path, Content<T> content) throws DataException {
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
        InputStream in = isGzip(path) ? new GZIPInputStream(raw, 1 << 16) : raw) {
      return content.of(new IdxFile(path, in));
    } catch (DataException e) {
      throw e;
    } catch (EOFException e) {
      throw new DataException(
          path + " ends in the middle of its gzip stream, but must hold all of it" + COPY_AGAIN, e);
    } catch (ZipException e) {
      throw new DataException(
          path
              + " is not a sound gzip file ("
              + e.getMessage()
              + "), but its name ends in .gz; download or copy the file again, or drop .gz from the"
              + " name of a file that is not compressed.",
          e);
    } catch (IOException e) {
      throw new DataException(
          path
              + " cannot be read ("
              + e
              + "), but must be a readable IDX file; check that it exists and that its permissions"
              + " allow reading.",
          e);
    }
  }

  private static boolean isGzip(Path path) {
    return path.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gz");
  }

  private Images images() throws IOException {
    ByteBuffer header = header(IMAGES_MAGIC, "images", 4);
    long count = Integer.toUnsignedLong(header.getInt(4));
    long height = Integer.toUnsignedLong(header.getInt(8));
    long width = Integer.toUnsignedLong(header.getInt(12));
    String declared = count + " images of " + height + "x" + width + " pixels";
    if (count == 0 || height == 0 || width == 0) {
      throw new DataException(
          path + " declares " + declared + ", but each of these must be at least 1" + COPY_AGAIN);
    }
    // Two numbers below 2^31 cannot overflow a long, which the product of all three could.
    if (height > LONGEST_ARRAY
        || width > LONGEST_ARRAY
        || height * width > LONGEST_ARRAY
        || count > LONGEST_ARRAY / (height * width)) {
      throw new DataException(
          path
              + " declares "
              + declared
              + ", but at most "
              + LONGEST_ARRAY
              + " pixels can be read; use a part of the data set, or download or copy the file"
              + " again if that is not what it should hold.");
    }
    byte[] pixels = payload((int) (count * height * width), 16, declared);
    return new Images((int) count, (int) height, (int) width, pixels);
  }

  private int[] labels(int classes) throws IOException {
    ByteBuffer header = header(LABELS_MAGIC, "labels", 2);
    long count = Integer.toUnsignedLong(header.getInt(4));
    if (count == 0 || count > LONGEST_ARRAY) {
      throw new DataException(
          path + " declares " + count + " labels, but must hold 1.." + LONGEST_ARRAY + COPY_AGAIN);
    }
    byte[] bytes = payload((int) count, 8, count + " labels");
    int[] labels = new int[bytes.length];
    for (int image = 0; image < bytes.length; image++) {
      labels[image] = bytes[image] & 0xff;
      if (labels[image] >= classes) {
        throw new DataException(
            path
                + " gives image "
                + image
                + " the label "
                + labels[image]
                + ", but labels must be 0.."
                + (classes - 1)
                + "; use the labels of this data set.");
      }
    }
    return labels;
  }

  /** Reads {@code numbers} numbers of 32 bits, of which the first must be the magic. */
  private ByteBuffer header(int magic, String kind, int numbers) throws IOException {
    byte[] bytes = new byte[numbers * Integer.BYTES];
    int length = in.readNBytes(bytes, 0, bytes.length);
    ByteBuffer header = ByteBuffer.wrap(bytes);
    if (length >= Integer.BYTES && header.getInt(0) != magic) {
      boolean compressed = header.getInt(0) >>> 16 == GZIP_MAGIC;
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s begins with 0x%08x%s, but an IDX file of %s must begin with 0x%08x; %s.",
              path,
              header.getInt(0),
              compressed ? ", which is gzip" : "",
              kind,
              magic,
              compressed
                  ? "let the name of a compressed file end in .gz"
                  : "use the file of the " + kind + " of the data set"));
    }
    if (length < bytes.length) {
      throw new DataException(
          path
              + " ends after "
              + length
              + " bytes, but the header of an IDX file of "
              + kind
              + " takes "
              + bytes.length
              + COPY_AGAIN);
    }
    return header;
  }

  /**
   * Reads exactly {@code length} bytes, after which the file must end.
   *
   * @param declared what these bytes are, in words
   */
  private byte[] payload(int length, int headerLength, String declared) throws IOException {
    if (!isGzip(path)) {
      // The size of a plain file is known, so that no byte is read of one that cannot be right.
      long found = Files.size(path) - headerLength;
      if (found < length) {
        throw tooShort(found, length, declared);
      }
      if (found > length) {
        throw tooLong(found - length + "", length, declared);
      }
    }
    byte[] bytes = new byte[Math.min(length, FIRST_ALLOCATION)];
    int arrived = 0;
    while (true) {
      int read = in.readNBytes(bytes, arrived, bytes.length - arrived);
      arrived += read;
      if (arrived < bytes.length) {
        throw tooShort(arrived, length, declared);
      }
      if (arrived == length) {
        break;
      }
      bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * bytes.length));
    }
    // Reading on to the end also makes gzip check its checksum.
    if (in.read() != -1) {
      throw tooLong("more", length, declared);
    }
    return bytes;
  }

  private DataException tooShort(long found, int length, String declared) {
    return new DataException(
        path
            + " has "
            + found
            + " bytes after its header, but declares "
            + declared
            + ", which take "
            + length
            + COPY_AGAIN);
  }

  private DataException tooLong(String surplus, int length, String declared) {
    return new DataException(
        path
            + " has "
            + surplus
            + " bytes behind the "
            + length
            + " of the "
            + declared
            + " that it declares, but must end there"
            + COPY_AGAIN);
  }
}
