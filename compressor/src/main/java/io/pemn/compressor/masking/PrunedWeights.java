package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.pemn.compressor.data.SeededRandom;

/** The weights of a dense layer after pruning: those that were not kept are 0, and stay so. */
public final class PrunedWeights {
  private final NDArray weights;
  private final NDArray pattern;

  private PrunedWeights(NDArray weights, NDArray pattern) {
    this.weights = weights;
    this.pattern = pattern;
    pattern.attach(weights.getManager());
    apply();
  }

  /**
   * Prunes a layer of its least absolute weights, and of those that are 0 however many they are: of
   * a layer that was pruned before, these are what was pruned.
   *
   * @param weights the network's own array; those not kept are set to 0
   * @param kept fraction of them to keep, greater than 0, at most 1; one weight at least is kept,
   *     unless all are 0
   */
  public static PrunedWeights byMagnitude(NDArray weights, double kept) {
    int keep = MaskedParameter.numberKept(Math.toIntExact(weights.size()), kept);
    float threshold = KthLargest.of(weights, keep, ScoreMode.ABSOLUTE);
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray strength = weights.abs();
      strength.attach(scratch);
      NDArray selected = threshold > 0 ? strength.gte(threshold) : strength.gt(0);
      selected.attach(scratch);
      return new PrunedWeights(weights, selected.toType(DataType.FLOAT32, true));
    }
  }

  /**
   * Prunes a layer of weights that are drawn at random, all alike.
   *
   * @param weights the network's own array; those not kept are set to 0
   * @param kept fraction of them to keep, greater than 0, at most 1; one weight at least is kept
   * @param draws decide which
   */
  public static PrunedWeights atRandom(NDArray weights, double kept, SeededRandom draws) {
    int size = Math.toIntExact(weights.size());
    int keep = MaskedParameter.numberKept(size, kept);
    int[] order = draws.permutation(size);
    float[] pattern = new float[size];
    for (int i = 0; i < keep; i++) {
      pattern[order[i]] = 1;
    }
    return new PrunedWeights(weights, weights.getManager().create(pattern, weights.getShape()));
  }

  /** Sets what was pruned to 0 again, after a step. */
  public void apply() {
    weights.muli(pattern);
  }
}
