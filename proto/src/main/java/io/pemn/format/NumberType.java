package io.pemn.format;

import io.pemn.format.proto.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The number types of tensors in an archive; all are stored little-endian.
 *
 * @since 0.1
 */
public enum NumberType {
  /** IEEE 754 binary32. */
  FLOAT32(4),
  /** IEEE 754 binary16. */
  FLOAT16(2),
  /** IEEE 754 binary64. */
  FLOAT64(8),
  /** The upper half of a binary32. */
  BFLOAT16(2),
  /** Signed, 64 bits. */
  INT64(8),
  /** Signed, 32 bits. */
  INT32(4),
  /** Signed, 16 bits. */
  INT16(2),
  /** Signed, 8 bits. */
  INT8(1),
  /** Unsigned, 8 bits. */
  UINT8(1),
  /** One byte, 0 or 1. */
  BOOL(1);

  private final int bytes;

  NumberType(int bytes) {
    this.bytes = bytes;
  }

  /**
   * The type that an archive names.
   *
   * @param type as it stands in a message
   * @return the type, or nothing if this library does not know it
   */
  public static Optional<NumberType> of(TensorType type) {
    return type == TensorType.UNRECOGNIZED ? Optional.empty() : Optional.of(valueOf(type.name()));
  }

  /** {@return the bytes of a number, 1 to 8} */
  public int bytes() {
    return bytes;
  }

  /** {@return whether it is a floating-point type} */
  public boolean isFloat() {
    return ordinal() <= BFLOAT16.ordinal();
  }

  /**
   * Turns floats into numbers of this type, each the nearest to its float, ties to even.
   *
   * @param values the floats
   * @return the numbers, little-endian, {@link #bytes} bytes each
   * @throws IllegalStateException if this is no floating-point type
   */
  public byte[] encode(float[] values) {
    ByteBuffer data =
        ByteBuffer.allocate(Math.multiplyExact(values.length, bytes))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (this) {
        case FLOAT32 -> data.putFloat(value);
        case FLOAT16 -> data.putShort(Float16.fromFloat(value));
        case FLOAT64 -> data.putDouble(value);
        case BFLOAT16 -> data.putShort(BFloat16.fromFloat(value));
        default -> throw new IllegalStateException("Floats do not become " + this + ".");
      }
    }
    return data.array();
  }

  /** {@return this type as it stands in messages} */
  public TensorType toProto() {
    return TensorType.valueOf(name());
  }
}
