package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;

/**
 * The weights of a dense layer after magnitude pruning: those of the least absolute values are 0,
 * and stay so.
 */
public final class PrunedWeights {
  private final NDArray weights;
  private final NDArray pattern;

  /**
   * Prunes a layer.
   *
   * @param weights the network's own array; those not kept are set to 0
   * @param kept fraction of them to keep, greater than 0, at most 1; one weight at least is kept
   */
  public PrunedWeights(NDArray weights, double kept) {
    this.weights = weights;
    int keep = MaskedParameter.numberKept(Math.toIntExact(weights.size()), kept);
    float threshold = KthLargest.of(weights, keep, ScoreMode.ABSOLUTE);
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray strength = weights.abs();
      strength.attach(scratch);
      NDArray selected = strength.gte(threshold);
      selected.attach(scratch);
      this.pattern = selected.toType(DataType.FLOAT32, true);
      pattern.attach(weights.getManager());
    }
    apply();
  }

  /** Sets what was pruned to 0 again, after a step. */
  public void apply() {
    weights.muli(pattern);
  }
}
