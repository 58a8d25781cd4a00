package io.pemn.loader;

import java.util.List;

/**
 * A tensor that is stored as it is: a bias, or a scale, shift or running statistic of a
 * normalisation layer.
 *
 * @param name such as {@code stem.norm.running_mean}
 * @param shape its dimensions, row-major
 * @param values as many as the shape says; not copied: treat them as read-only
 */
public record RemainderTensor(String name, List<Integer> shape, float[] values) {
  /** Copies the shape. */
  public RemainderTensor {
    shape = List.copyOf(shape);
  }
}
