package io.pemn.compressor.training;

import java.util.Optional;

/**
 * What was seen in one epoch.
 *
 * @param epoch from 1
 * @param steps steps made since the beginning of the training
 * @param learningRate of the epoch's last step
 * @param trainLoss mean cross-entropy over the epoch's batches, as they were trained on
 * @param trainAccuracy fraction of its images that were classified rightly, likewise
 * @param maskFlips positions whose mask bit changed since the end of the epoch before
 * @param seconds that the epoch took, evaluation excluded
 * @param test what was measured on the test images after it, if anything was
 */
public record EpochMetrics(
    int epoch,
    long steps,
    double learningRate,
    double trainLoss,
    double trainAccuracy,
    long maskFlips,
    double seconds,
    Optional<Evaluation> test) {

  /** JSON has null where nothing was measured. */
  public EpochMetrics {
    test = test == null ? Optional.empty() : test;
  }

  EpochMetrics withMaskFlips(long flips) {
    return new EpochMetrics(
        epoch, steps, learningRate, trainLoss, trainAccuracy, flips, seconds, test);
  }
}
