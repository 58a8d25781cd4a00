package io.pemn.format.network;

import java.util.List;

/**
 * A parameter of a network: its name after PyTorch's conventions, its shape and what it is for.
 *
 * @param name such as {@code blocks.0.pointwise.conv.weight}
 * @param shape convolutions: outputs, inputs per group, kernel height, kernel width; linear layers:
 *     outputs, inputs; positions: tokens, dim; all others: one dimension
 * @param role what it is for
 * @since 0.1
 */
public record ParameterShape(String name, List<Integer> shape, Role role) {

  /**
   * What a parameter is for.
   *
   * @since 0.1
   */
  public enum Role {
    /** Weight of a convolution or linear layer: what masks can replace. */
    WEIGHT,
    /** Trained as it is: biases, and the scales and shifts of normalisation layers, tokens. */
    LEARNED,
    /** Gathered during training, without a gradient: running means and variances. */
    STATISTIC
  }

  /**
   * Copies the shape.
   *
   * @param name after PyTorch's conventions
   * @param shape its dimensions
   * @param role what it is for
   */
  public ParameterShape {
    shape = List.copyOf(shape);
  }

  /**
   * Counts the values.
   *
   * @return the product of the dimensions
   * @throws ArithmeticException if it is more than 2147483647
   */
  public int size() {
    int size = 1;
    for (int dimension : shape) {
      size = Math.multiplyExact(size, dimension);
    }
    return size;
  }
}
