package io.pemn.loader.torchscript;

import io.pemn.format.NumberType;
import io.pemn.format.storage.CodedFloats;
import java.nio.ByteBuffer;
import java.util.List;

/** A tensor's numbers, row-major. */
public sealed interface TensorValues {
  /**
   * What a storage gets of numbers as an archive has them: these themselves, or the floats that
   * they stand for.
   *
   * @param storage its type: that of the numbers, or any floating-point one if they stand for
   *     floats
   * @param shape dimensions
   * @param type of the numbers
   * @param scale of INT8 numbers that stand for floats; 0 for all others
   * @param data the numbers, little-endian, from position to limit
   */
  static TensorValues in(
      NumberType storage, List<Integer> shape, NumberType type, float scale, ByteBuffer data) {
    return type == storage && scale == 0
        ? new Raw(shape, data)
        : new Floats(shape, CodedFloats.decode(type, scale, data));
  }

  /** Dimensions; empty for a scalar. */
  List<Integer> shape();

  /**
   * Numbers that are rounded to the type of the storage, which is a floating-point one.
   *
   * @param values as many as the shape says; not copied: treat them as read-only
   */
  record Floats(List<Integer> shape, float[] values) implements TensorValues {
    /** Copies the shape. */
    public Floats {
      shape = List.copyOf(shape);
    }
  }

  /**
   * Numbers in the type of the storage.
   *
   * @param bytes little-endian, from position to limit, as many as the shape and the type say; not
   *     copied: treat them as read-only
   */
  record Raw(List<Integer> shape, ByteBuffer bytes) implements TensorValues {
    /** Copies the shape. */
    public Raw {
      shape = List.copyOf(shape);
    }

    /** A view of the bytes, with a position of its own. */
    @Override
    public ByteBuffer bytes() {
      return bytes.duplicate();
    }
  }
}
