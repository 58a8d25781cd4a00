package io.pemn.compressor.training;

/**
 * Magnitude pruning within a dense training, for measurements: after some epochs every weight
 * tensor keeps its greatest absolute weights, and the rest of the training goes on with them alone.
 * A checkpoint does not remember it, but a run that is resumed with the same pruning goes on with
 * the same weights, since the others are 0.
 *
 * @param kept fraction of each layer's weights to keep, greater than 0, at most 1
 * @param afterEpoch how many epochs are dense, at least 0
 */
public record Pruning(double kept, int afterEpoch) {
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
}
