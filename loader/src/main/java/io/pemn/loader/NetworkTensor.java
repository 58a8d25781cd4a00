package io.pemn.loader;

import io.pemn.format.NumberType;
import java.util.List;

/**
 * A tensor of the network that an archive holds, masked or not.
 *
 * @param name after PyTorch's conventions, such as {@code blocks.0.pointwise.conv.weight}
 * @param shape its dimensions, row-major; none for a single number
 * @param type of its numbers in the network; an archive may store them in fewer bytes
 * @since 0.1
 */
public record NetworkTensor(String name, List<Integer> shape, NumberType type) {
  /**
   * Copies the shape.
   *
   * @param name of the tensor
   * @param shape its dimensions
   * @param type of its numbers in the network
   */
  public NetworkTensor {
    shape = List.copyOf(shape);
  }
}
