package io.pemn.packager.baseline;

import java.io.ByteArrayOutputStream;

/** Collects little-endian integers. */
final class ByteOutput {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Adds the lowest bytes of a number. */
  void put(int bytes, int number) {
    for (int i = 0; i < bytes; i++) {
      out.write(number >>> 8 * i);
    }
  }

  void put(byte[] bytes) {
    out.writeBytes(bytes);
  }

  byte[] toBytes() {
    return out.toByteArray();
  }
}
