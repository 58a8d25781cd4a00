package io.pemn.loader.torchscript;

import java.nio.ByteBuffer;
import java.util.List;

/** A tensor's numbers, row-major. */
public sealed interface TensorValues {
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
