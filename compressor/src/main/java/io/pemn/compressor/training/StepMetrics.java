package io.pemn.compressor.training;

/**
 * What was seen in some steps within an epoch.
 *
 * @param steps steps made since the beginning of the training
 * @param learningRate of the last of them
 * @param trainLoss mean over these steps' batches, as they were trained on
 * @param trainAccuracy fraction of their images that were classified rightly, likewise
 * @param images how many were learned from
 * @param seconds that they took
 */
public record StepMetrics(
    long steps,
    double learningRate,
    double trainLoss,
    double trainAccuracy,
    int images,
    double seconds) {

  /** Images learned from in a second; 0 if it took no time. */
  public double imagesPerSecond() {
    return seconds > 0 ? images / seconds : 0;
  }
}
