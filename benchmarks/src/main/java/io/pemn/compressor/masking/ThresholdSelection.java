package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;

/** Opens the selection of thresholds, which is training's own business, to its benchmark. */
public final class ThresholdSelection {
  private ThresholdSelection() {}

  /**
   * The k-th largest score, selected from scratch.
   *
   * @param scores float32, contiguous
   * @param k from 1 to their number
   */
  public static float kthLargest(NDArray scores, int k, ScoreMode mode) {
    return KthLargest.of(scores, k, mode);
  }
}
