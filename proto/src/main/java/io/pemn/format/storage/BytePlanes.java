package io.pemn.format.storage;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The numbers of several tensors with their bytes sorted by significance: the lowest byte of every
 * number, tensor after tensor, then the second byte of every number that has one, and so on up to
 * eight. Bytes that are alike stand together, which compresses better.
 */
public final class BytePlanes {
  /** Bytes of the widest numbers, and the most planes. */
  public static final int MOST = Long.BYTES;

  private BytePlanes() {}

  /**
   * Numbers of one width.
   *
   * @param width bytes of each, 1 to {@link #MOST}
   * @param bytes the numbers, little-endian, from position to limit; as many as the width divides
   */
  public record Numbers(int width, ByteBuffer bytes) {
    /** How many there are. */
    int count() {
      return bytes.remaining() / width;
    }
  }

  /**
   * Bytes of a plane.
   *
   * @param plane from 0, the lowest
   */
  public static int size(List<Numbers> tensors, int plane) {
    int size = 0;
    for (Numbers tensor : tensors) {
      size = Math.addExact(size, plane < tensor.width() ? tensor.count() : 0);
    }
    return size;
  }

  /**
   * Bytes of the narrowest numbers that can be the indices of so many things, 1 to 4.
   *
   * @param count 0 or more
   */
  public static int indexWidth(int count) {
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(count, 2) - 1);
    return (bits + Byte.SIZE - 1) / Byte.SIZE;
  }

  /** Sorts numbers into planes. */
  public static byte[] split(List<Numbers> tensors) {
    int size = 0;
    for (Numbers tensor : tensors) {
      size = Math.addExact(size, tensor.bytes().remaining());
    }
    byte[] planes = new byte[size];
    int at = 0;
    for (int plane = 0; plane < MOST; plane++) {
      for (Numbers tensor : tensors) {
        ByteBuffer bytes = tensor.bytes();
        for (int i = plane; plane < tensor.width() && i < bytes.remaining(); i += tensor.width()) {
          planes[at++] = bytes.get(bytes.position() + i);
        }
      }
    }
    return planes;
  }

  /**
   * Puts numbers together again.
   *
   * @param planes as {@link #split} makes them, from position to limit
   * @param tensors whose bytes, on the heap, are filled, from position to limit
   * @throws IllegalArgumentException if there are more bytes or fewer than the tensors need
   */
  public static void join(ByteBuffer planes, List<Numbers> tensors) {
    long needed = tensors.stream().mapToLong(tensor -> tensor.bytes().remaining()).sum();
    if (needed != planes.remaining()) {
      throw new IllegalArgumentException(
          "The tensors' numbers take "
              + needed
              + " bytes, but "
              + planes.remaining()
              + " are there.");
    }
    // On arrays: through buffers it takes several times as long before it is compiled.
    byte[] from = planes.hasArray() ? planes.array() : new byte[planes.remaining()];
    int at = planes.hasArray() ? planes.arrayOffset() + planes.position() : 0;
    if (!planes.hasArray()) {
      planes.duplicate().get(from);
    }
    for (int plane = 0; plane < MOST; plane++) {
      for (Numbers tensor : tensors) {
        if (plane < tensor.width()) {
          ByteBuffer to = tensor.bytes();
          int start = to.arrayOffset() + to.position();
          at = spread(from, at, to.array(), start + plane, start + to.remaining(), tensor.width());
        }
      }
    }
  }

  private static int spread(byte[] from, int at, byte[] to, int first, int end, int width) {
    for (int i = first; i < end; i += width) {
      to[i] = from[at++];
    }
    return at;
  }
}
