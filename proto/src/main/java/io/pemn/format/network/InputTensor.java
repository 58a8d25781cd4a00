package io.pemn.format.network;

import io.pemn.format.NumberType;
import java.util.List;

/**
 * One argument of a network, for a single sample.
 *
 * @param shape its dimensions without the first, which counts the samples: at most 8 of at least 1
 * @param type its number type
 */
public record InputTensor(List<Integer> shape, NumberType type) {
  private static final int MAX_DIMENSIONS = 8;

  /**
   * Copies the shape and checks it.
   *
   * @throws IllegalArgumentException in one sentence, if it is out of range
   */
  public InputTensor {
    shape = List.copyOf(shape);
    if (shape.size() > MAX_DIMENSIONS) {
      throw new IllegalArgumentException(
          "A sample has "
              + shape.size()
              + " dimensions, but at most "
              + MAX_DIMENSIONS
              + " are possible; give smaller tensors.");
    }
    long elements = 1;
    for (int dimension : shape) {
      Sizes.check("each dimension of a sample", dimension, 1, Integer.MAX_VALUE);
      elements *= dimension;
      if (elements > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "A sample of shape "
                + shape
                + " has more than the 2147483647 numbers that are possible; give smaller tensors.");
      }
    }
  }

  /** Numbers in one sample. */
  public int elements() {
    return shape.stream().reduce(1, (a, b) -> a * b);
  }

  /** Bytes of one sample. */
  public long bytes() {
    return (long) elements() * type.bytes();
  }
}
