package io.pemn.packager.baseline;

import io.pemn.format.NumberType;
import java.util.List;

/** A tensor of a {@link WeightFile}. */
public sealed interface PlainTensor {
  /** Its dimensions, row-major; none for a single number. */
  List<Integer> shape();

  /**
   * The weights of a convolution or linear layer, kept in the file's format.
   *
   * @param shape output channels first
   * @param values as many as the shape says; not copied
   */
  record Weights(List<Integer> shape, float[] values) implements PlainTensor {
    /** Checks the number of values. */
    public Weights {
      shape = List.copyOf(shape);
      requireSize(shape, values.length);
    }
  }

  /**
   * Other floats, such as biases and what is left of normalisation layers.
   *
   * @param shape dimensions
   * @param values as many as the shape says; not copied
   */
  record Floats(List<Integer> shape, float[] values) implements PlainTensor {
    /** Checks the number of values. */
    public Floats {
      shape = List.copyOf(shape);
      requireSize(shape, values.length);
    }
  }

  /**
   * Numbers that are kept as they are.
   *
   * @param shape dimensions
   * @param type of the numbers
   * @param data little-endian, as many numbers as the shape says; not copied
   */
  record Numbers(List<Integer> shape, NumberType type, byte[] data) implements PlainTensor {
    /** Checks the number of bytes. */
    public Numbers {
      shape = List.copyOf(shape);
      requireSize(shape, (double) data.length / type.bytes());
    }
  }

  /** Number of numbers that a shape has. */
  static int size(List<Integer> shape) {
    int size = 1;
    for (int dimension : shape) {
      size = Math.multiplyExact(size, dimension);
    }
    return size;
  }

  private static void requireSize(List<Integer> shape, double found) {
    if (found != size(shape)) {
      throw new IllegalArgumentException(
          "A tensor of shape " + shape + " has " + size(shape) + " numbers, not " + found + ".");
    }
  }
}
