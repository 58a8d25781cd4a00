package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;

/** Opens the selection of thresholds, which is training's own business, to its benchmark. */
public final class ThresholdSelection {
  private final ScoreMode mode;
  private final BoundSearch search;

  /** Of scores of which nothing is known yet. */
  public ThresholdSelection(ScoreMode mode) {
    this.mode = mode;
    this.search = new BoundSearch(mode);
  }

  /**
   * The k-th largest score, selected from scratch.
   *
   * @param scores float32, contiguous
   * @param k from 1 to their number
   */
  public float kthLargest(NDArray scores, int k) {
    return KthLargest.of(scores, k, mode);
  }

  /**
   * The same, looked for near those of the calls before.
   *
   * @param scores float32, contiguous; as many each time
   * @param k from 1 to their number
   */
  public float kthLargestNearLast(NDArray scores, int k) {
    return search.kthLargest(scores, k).value();
  }
}
