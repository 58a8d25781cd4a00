package io.pemn.packager;

import io.pemn.format.LayerMask;
import java.util.List;

/**
 * A layer whose weights are a prototype seen through a mask.
 *
 * @param name such as {@code blocks.0.pointwise.conv.weight}
 * @param shape its dimensions, row-major
 * @param offset where it starts in the repeated prototype
 * @param scale what a kept prototype value is multiplied with; finite
 * @param mask what each weight is, for as many weights as the shape says
 */
public record MaskedLayer(
    String name, List<Integer> shape, long offset, float scale, LayerMask mask) {
  /**
   * Copies the shape and checks that the parts belong together.
   *
   * @throws IllegalArgumentException in one sentence, if they do not
   */
  public MaskedLayer {
    shape = List.copyOf(shape);
    long size = 1;
    for (int dimension : shape) {
      size = Math.multiplyExact(size, dimension);
    }
    if (size != mask.size() || offset < 0 || !Float.isFinite(scale)) {
      throw new IllegalArgumentException(
          "The layer "
              + name
              + " of shape "
              + shape
              + " has a mask of "
              + mask.size()
              + " positions, offset "
              + offset
              + " and scale "
              + scale
              + "; it needs as many positions as weights, no negative offset and a finite scale.");
    }
  }
}
