package io.pemn.format.network;

import java.util.List;

/**
 * A parameter of a network: its name after PyTorch's conventions, its shape and what it is for.
 *
 * @param name such as {@code blocks.0.pointwise.conv.weight}
 * @param shape convolutions: outputs, inputs per group, kernel height, kernel width; linear layers:
 *     outputs, inputs; positions: tokens, dim; all others: one dimension
 * @param role what it is for
 */
public record ParameterShape(String name, List<Integer> shape, Role role) {

  /** What a parameter is for. */
  public enum Role {
    /** Weight of a convolution or linear layer: what masks can replace. */
    WEIGHT,
    /** Trained as it is: biases, and the scales and shifts of normalisation layers, tokens. */
    LEARNED,
    /** Gathered during training, without a gradient: running means and variances. */
    STATISTIC
  }

  /** Copies the shape. */
  public ParameterShape {
    shape = List.copyOf(shape);
  }

  /** Number of values. */
  public int size() {
    int size = 1;
    for (int dimension : shape) {
      size = Math.multiplyExact(size, dimension);
    }
    return size;
  }
}
