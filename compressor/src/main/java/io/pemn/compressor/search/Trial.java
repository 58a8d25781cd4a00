package io.pemn.compressor.search;

import io.pemn.compressor.training.Evaluation;
import io.pemn.format.proto.Measure;
import java.util.Comparator;
import java.util.Optional;

/**
 * What was trained in a search.
 *
 * @param candidate the masks
 * @param stage what for
 * @param epochs how long
 * @param predictedBytes of the archive, before the training
 * @param bytes of the archive, after it
 * @param validation on the samples that are kept to choose by; empty if they were learned from
 * @param folder of its run, in the run directory
 */
public record Trial(
    Candidate candidate,
    Stage stage,
    int epochs,
    long predictedBytes,
    long bytes,
    Optional<Evaluation> validation,
    String folder) {
  /** What a training is for. */
  public enum Stage {
    /** To choose by. */
    SHORT,
    /** To ship. */
    FULL
  }

  /** The better first; of equals the smaller. */
  static final Comparator<Trial> BETTER =
      Comparator.comparingDouble((Trial trial) -> -trial.accuracy())
          .thenComparingDouble(trial -> trial.measured().loss())
          .thenComparingLong(Trial::predictedBytes)
          .thenComparing(trial -> trial.candidate().type());

  Evaluation measured() {
    return validation.orElseThrow();
  }

  /** Fraction of the samples that are right; 0 if nothing is classified. */
  double accuracy() {
    return counts(measured()) ? measured().accuracy() : 0;
  }

  /** The standard deviation that the accuracy has because the samples are as few as they are. */
  public Optional<Double> standardError() {
    return validation
        .filter(Trial::counts)
        .map(v -> Math.sqrt(v.accuracy() * (1 - v.accuracy()) / v.images()));
  }

  /** Whether an accuracy is measured. */
  static boolean counts(Evaluation evaluation) {
    return evaluation.measure() == Measure.ACCURACY || evaluation.measure() == Measure.AGREEMENT;
  }
}
