package io.pemn.compressor.data;

import io.pemn.compressor.data.PictureFile.Picture;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/**
 * Image files of one size, decoded by all cores. Beside the pixels, which are allocated once, only
 * the images that are being decoded are in memory.
 */
final class ColourPictures {
  private static final int CHANNELS = 3;
  private static final int MEBI = 1 << 20;

  private ColourPictures() {}

  /** The first file, in order, that cannot be used, and why. */
  private record Failure(int index, DataException reason) {}

  /**
   * Decodes files; grey images get three equal channels.
   *
   * @param files in the order of the result
   * @param side rows and columns that every image must have
   * @return unsigned bytes in the layout NCHW, with three channels
   * @throws DataException of the first file, in order, that is no such image
   */
  static byte[] read(List<Path> files, int side) throws DataException {
    int image = CHANNELS * side * side;
    byte[] pixels = new byte[Math.multiplyExact(files.size(), image)];
    AtomicReference<Failure> first = new AtomicReference<>();
    IntStream.range(0, files.size())
        .parallel()
        .forEach(
            index -> {
              Failure failure = first.get();
              if (failure != null && failure.index() < index) {
                return;
              }
              try {
                decode(files.get(index), side, pixels, index * image);
              } catch (DataException e) {
                first.accumulateAndGet(
                    new Failure(index, e), (a, b) -> a == null || b.index() < a.index() ? b : a);
              }
            });
    if (first.get() != null) {
      throw first.get().reason();
    }
    return pixels;
  }

  private static void decode(Path file, int side, byte[] pixels, int to) throws DataException {
    Picture picture = PictureFile.read(file);
    if (picture.height() != side || picture.width() != side) {
      throw new DataException(
          file
              + " has "
              + picture.height()
              + "x"
              + picture.width()
              + " pixels, but all images of this data set have "
              + side
              + "x"
              + side
              + "; unpack the data set again, or read other images with image-folder:DIR.");
    }
    for (int channel = 0; channel < CHANNELS; channel++) {
      byte[] plane = picture.planes()[picture.grey() ? 0 : channel];
      System.arraycopy(plane, 0, pixels, to + channel * plane.length, plane.length);
    }
  }

  /**
   * Checks, before anything is read, that images will fit into memory.
   *
   * @param name of the data set, for messages
   * @param images how many there are altogether
   * @param side rows and columns of each
   * @param available bytes that may be used
   */
  static void requireMemory(String name, int images, int side, long available)
      throws DataException {
    long bytes = (long) images * CHANNELS * side * side;
    if (bytes > available) {
      throw new DataException(
          "The images of "
              + name
              + " take "
              + bytes / MEBI
              + " MiB, but pemn may use only "
              + available / MEBI
              + " MiB; allow it more, such as with PEMN_JAVA_OPTS=-Xmx"
              + (2 * bytes / MEBI / 1024 + 1)
              + "g.");
    }
  }
}
