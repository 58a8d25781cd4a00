package io.pemn.compressor.training;

import io.pemn.compressor.masking.MaskedParameter;

/**
 * Pruning within a dense training, for measurements: after some epochs every weight tensor keeps
 * some of its weights, and the rest of the training goes on with them alone. A checkpoint does not
 * remember it, but a run that is resumed with the same pruning goes on with the same weights: of
 * magnitudes since the others are 0, of draws since the seed is the same.
 *
 * @param kept fraction of each layer's weights to keep, greater than 0, at most 1
 * @param afterEpoch how many epochs are dense, at least 0
 * @param criterion which are kept
 */
public record Pruning(double kept, int afterEpoch, Criterion criterion) {
  /** Which weights are kept. */
  public enum Criterion {
    /** Those of the greatest absolute values in their layer. */
    MAGNITUDE,
    /** As many of every layer, drawn with the training's seed. */
    RANDOM
  }

  /** Checks the ranges. */
  public Pruning {
    if (!(kept > 0 && kept <= 1) || afterEpoch < 0) {
      throw new IllegalArgumentException(
          "Pruning keeps a fraction greater than 0 and at most 1 after at least 0 epochs, not "
              + kept
              + " after "
              + afterEpoch
              + ".");
    }
  }

  /** Magnitude pruning. */
  public Pruning(double kept, int afterEpoch) {
    this(kept, afterEpoch, Criterion.MAGNITUDE);
  }

  /** How many weights of a layer are kept. */
  public static int numberKept(int size, double kept) {
    return MaskedParameter.numberKept(size, kept);
  }
}
