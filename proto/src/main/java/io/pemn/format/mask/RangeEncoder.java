package io.pemn.format.mask;

import java.util.Arrays;

/**
 * Arithmetic coding: every bit cuts the interval that the code may lie in, and the code is the
 * shortest number in what is left.
 */
final class RangeEncoder implements BitSink {
  private byte[] bytes = new byte[1024];
  private int length;
  private boolean started;
  // The interval's lower end: bytes, then the eight of low (at first, four). Its width is range.
  private long low;
  private long range = 1L << 32;

  @Override
  public void put(int bit, int probability) {
    if (range < 1L << 31) {
      if (started) {
        append((int) (low >>> 32));
      }
      started = true;
      low <<= 32;
      range <<= 32;
    }
    long zeros = range - (range >>> 16) * probability;
    if (bit == 0) {
      range = zeros;
    } else {
      low += zeros;
      range -= zeros;
      if (Long.compareUnsigned(low, zeros) < 0) {
        carry();
      }
    }
  }

  /** Of the shortest codes the smallest; one byte at least. Nothing can be put afterwards. */
  byte[] finish() {
    if (low != 0 && Long.compareUnsigned(low + range, low) < 0 && low + range != 0) {
      carry();
      low = 0;
    } else if (low != 0) {
      long unit = 1L << 56;
      long rounded = roundUp(unit);
      while (Long.compareUnsigned(rounded, low) < 0
          || Long.compareUnsigned(rounded - low, range) >= 0) {
        unit >>>= 8;
        rounded = roundUp(unit);
      }
      low = rounded;
    }
    if (started) {
      append((int) (low >>> 32));
    }
    append((int) low);
    while (length > 1 && bytes[length - 1] == 0) {
      length--;
    }
    return Arrays.copyOf(bytes, Math.max(1, length));
  }

  private long roundUp(long unit) {
    return low + (unit - 1) & -unit;
  }

  private void carry() {
    int at = length - 1;
    while (++bytes[at] == 0) {
      at--;
    }
  }

  private void append(int word) {
    if (length + 4 > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.multiplyExact(2, bytes.length));
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes[length++] = (byte) (word >>> shift);
    }
  }
}
