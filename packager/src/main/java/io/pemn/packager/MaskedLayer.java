package io.pemn.packager;

import io.pemn.format.Mask;
import java.util.List;

/**
 * A layer whose weights are a prototype seen through a mask.
 *
 * @param name such as {@code blocks.0.pointwise.conv.weight}
 * @param shape its dimensions, row-major
 * @param offset where it starts in the repeated prototype
 * @param scale what a kept prototype value is multiplied with; finite
 * @param mask the kept positions, as many as the shape says
 */
public record MaskedLayer(String name, List<Integer> shape, long offset, float scale, Mask mask) {
  /** Copies the shape. */
  public MaskedLayer {
    shape = List.copyOf(shape);
  }
}
