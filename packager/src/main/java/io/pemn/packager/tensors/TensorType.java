package io.pemn.packager.tensors;

import io.pemn.format.NumberType;
import java.util.Arrays;
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
  /** Signed, 16 bits. */
  I16(2, "<i2"),
  /** Signed, 8 bits. */
  I8(1, "|i1"),
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

  /** What safetensors calls a number type of the archive. */
  public static TensorType of(NumberType type) {
    return switch (type) {
      case FLOAT32 -> F32;
      case FLOAT16 -> F16;
      case FLOAT64 -> F64;
      case BFLOAT16 -> BF16;
      case INT64 -> I64;
      case INT32 -> I32;
      case INT16 -> I16;
      case INT8 -> I8;
      case UINT8 -> U8;
      case BOOL -> BOOL;
    };
  }

  /** What the archive calls this type. */
  public NumberType numberType() {
    return Arrays.stream(NumberType.values())
        .filter(type -> of(type) == this)
        .findFirst()
        .orElseThrow();
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
