package io.pemn.format.network;

import io.pemn.format.NumberType;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What a network takes, or what it is compared with, for one sample: a tensor without the batch
 * dimension.
 *
 * @param shape dimensions, at most 8, each at least 1; none for a single number a sample
 * @param type type of the numbers
 * @since 0.1
 */
public record InputTensor(List<Integer> shape, NumberType type) {
  /** The most dimensions, that of the batch not counted. */
  public static final int MAX_DIMENSIONS = 8;

  /**
   * Checks and copies the shape.
   *
   * @param shape dimensions, without that of the batch
   * @param type type of the numbers
   * @throws IllegalArgumentException in one sentence, if there are too many dimensions, one is out
   *     of range, or one sample has more than 2147483647 numbers
   */
  public InputTensor {
    shape = List.copyOf(shape);
    Objects.requireNonNull(type, "type");
    checkDimensions(shape.size());
    for (int dimension : shape) {
      Sizes.check("each dimension of a sample", dimension, 1, Integer.MAX_VALUE);
    }
    try {
      elements(shape);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "A sample of shape "
              + text(shape)
              + " would have more than 2147483647 numbers; split it into several inputs.",
          e);
    }
  }

  static void checkDimensions(int dimensions) {
    Sizes.check("the number of dimensions of a sample", dimensions, 0, MAX_DIMENSIONS);
  }

  /** {@return the numbers of one sample, at least 1} */
  public int elements() {
    return elements(shape);
  }

  /** {@return the bytes of one sample, at least 1} */
  public long bytes() {
    return (long) elements() * type.bytes();
  }

  /** Such as {@code FLOAT32 (3, 32, 32)}. */
  @Override
  public String toString() {
    return type + " " + text(shape);
  }

  private static int elements(List<Integer> shape) {
    int elements = 1;
    for (int dimension : shape) {
      elements = Math.multiplyExact(elements, dimension);
    }
    return elements;
  }

  private static String text(List<Integer> shape) {
    return shape.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
  }
}
