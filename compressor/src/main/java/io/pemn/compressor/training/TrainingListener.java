package io.pemn.compressor.training;

/** Watches a run. Called on the training thread. */
public interface TrainingListener {
  /** Hears nothing. */
  TrainingListener SILENT =
      new TrainingListener() {
        @Override
        public boolean watchesTraining() {
          return false;
        }
      };

  /**
   * Whether {@link #training} does anything. Where it does not it is called at the end of an epoch
   * alone: what it is told has to be read from the device, which waits for it.
   */
  default boolean watchesTraining() {
    return true;
  }

  /**
   * An epoch is under way; called at most a few times a second, and at its end.
   *
   * @param epoch from 1
   * @param images images of it seen so far
   * @param ofImages images it has
   * @param loss mean training loss so far
   * @param accuracy mean training accuracy so far
   */
  default void training(int epoch, int images, int ofImages, double loss, double accuracy) {}

  /**
   * The test images are being classified.
   *
   * @param epoch after which
   * @param images images done so far
   * @param ofImages how many there are
   */
  default void evaluating(int epoch, int images, int ofImages) {}

  /**
   * The images that were held out are being classified.
   *
   * @param epoch after which
   * @param images images done so far
   * @param ofImages how many there are
   */
  default void validating(int epoch, int images, int ofImages) {}

  /**
   * Something is to be known before the training goes on.
   *
   * @param sentence that says it
   */
  default void noted(String sentence) {}

  /** An epoch is over and saved. */
  default void epochDone(EpochMetrics metrics) {}
}
