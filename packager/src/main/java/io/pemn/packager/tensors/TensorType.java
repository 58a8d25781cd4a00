package io.pemn.packager.tensors;

import java.util.Optional;

/**
 * The safetensors element types that pemn reads and writes, each named as in a safetensors header.
 */
public enum TensorType {
  /** IEEE 754 binary64. */
  F64(8, "<f8"),
  /** IEEE 754 binary32. */
  F32(4, "<f4"),
  /** IEEE 754 binary16. */
  F16(2, "<f2"),
  /** The upper half of a binary32; NumPy has no such type. */
  BF16(2, null),
  /** Signed, 64 bits. */
  I64(8, "<i8"),
  /** Signed, 32 bits. */
  I32(4, "<i4"),
  /** Unsigned, 8 bits. */
  U8(1, "|u1"),
  /** One byte, 0 or 1. */
  BOOL(1, "|b1");

  private final int bytes;
  private final String npyDescription;

  TensorType(int bytes, String npyDescription) {
    this.bytes = bytes;
    this.npyDescription = npyDescription;
  }

  /** Bytes an element, 1 to 8. */
  public int bytes() {
    return bytes;
  }

  /** NumPy's {@code descr} of little-endian elements, empty where NumPy has no such type. */
  public Optional<String> npyDescription() {
    return Optional.ofNullable(npyDescription);
  }

  /**
   * Bytes of a tensor: the product of its dimensions (1 for a scalar) times {@link #bytes()}.
   *
   * @param shape dimensions, none negative
   * @throws ArithmeticException if a product does not fit a long
   */
  public long bytes(long... shape) {
    long elements = 1;
    for (long dimension : shape) {
      elements = Math.multiplyExact(elements, dimension);
    }
    return Math.multiplyExact(elements, (long) bytes);
  }
}
