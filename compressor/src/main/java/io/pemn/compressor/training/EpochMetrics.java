package io.pemn.compressor.training;

import io.pemn.format.LayerMask;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * @param validation the same on training images that were held out
 * @param images how many were learned from
 * @param densities fraction of the weights that the masks keep, 0 to 1, by layer in the network's
 *     order
 * @param within what was seen on the way, if that was asked for
 */
public record EpochMetrics(
    int epoch,
    long steps,
    double learningRate,
    double trainLoss,
    double trainAccuracy,
    long maskFlips,
    double seconds,
    Optional<Evaluation> test,
    Optional<Evaluation> validation,
    int images,
    Map<String, Double> densities,
    List<StepMetrics> within) {

  /** JSON has null where nothing was measured, and less than this in older checkpoints. */
  public EpochMetrics {
    test = test == null ? Optional.empty() : test;
    validation = validation == null ? Optional.empty() : validation;
    densities =
        densities == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(densities));
    within = within == null ? List.of() : List.copyOf(within);
  }

  /** An epoch of which only this is known. */
  public EpochMetrics(
      int epoch,
      long steps,
      double learningRate,
      double trainLoss,
      double trainAccuracy,
      long maskFlips,
      double seconds,
      Optional<Evaluation> test) {
    this(
        epoch,
        steps,
        learningRate,
        trainLoss,
        trainAccuracy,
        maskFlips,
        seconds,
        test,
        Optional.empty(),
        0,
        Map.of(),
        List.of());
  }

  /** Images learned from in a second, evaluation excluded; 0 if that is not known. */
  public double imagesPerSecond() {
    return seconds > 0 ? images / seconds : 0;
  }

  /** The same epoch, with what its masks say. */
  EpochMetrics withMasks(long flips, Map<String, LayerMask> masks) {
    Map<String, Double> kept = new LinkedHashMap<>();
    masks.forEach((name, mask) -> kept.put(name, (double) mask.kept().kept() / mask.size()));
    return new EpochMetrics(
        epoch,
        steps,
        learningRate,
        trainLoss,
        trainAccuracy,
        flips,
        seconds,
        test,
        validation,
        images,
        kept,
        within);
  }
}
