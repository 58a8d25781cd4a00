package io.pemn.compressor.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Builds the bytes of small IDX files, right and wrong. */
final class IdxBytes {
  static final int IMAGES = 0x00000803;
  static final int LABELS = 0x00000801;

  private IdxBytes() {}

  /** The numbers of a header, followed by the payload. */
  static byte[] idx(int[] header, int... payload) {
    ByteBuffer bytes = ByteBuffer.allocate(header.length * Integer.BYTES + payload.length);
    for (int number : header) {
      bytes.putInt(number);
    }
    for (int value : payload) {
      bytes.put((byte) value);
    }
    return bytes.array();
  }

  static byte[] images(int count, int height, int width, int... pixels) {
    return idx(new int[] {IMAGES, count, height, width}, pixels);
  }

  static byte[] labels(int... labels) {
    return idx(new int[] {LABELS, labels.length}, labels);
  }

  static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
      out.write(bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return compressed.toByteArray();
  }

  /** Writes the four files of a tiny data set: two training images and one test image of 1x2. */
  static void writeFashionMnist(Path folder, boolean compressed) throws IOException {
    write(folder, "train-images-idx3-ubyte", images(2, 1, 2, 1, 2, 3, 4), compressed);
    write(folder, "train-labels-idx1-ubyte", labels(9, 0), compressed);
    write(folder, "t10k-images-idx3-ubyte", images(1, 1, 2, 255, 128), compressed);
    write(folder, "t10k-labels-idx1-ubyte", labels(5), compressed);
  }

  private static void write(Path folder, String name, byte[] bytes, boolean compressed)
      throws IOException {
    Files.write(folder.resolve(compressed ? name + ".gz" : name), compressed ? gzip(bytes) : bytes);
  }
}
