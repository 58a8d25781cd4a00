package io.pemn.compressor.training;

import ai.djl.training.tracker.Tracker;

/**
 * The authors' learning rate: piecewise linear in the steps, 0 at the start, {@code peak} at 2/5,
 * {@code peak / 20} at 4/5, and 0 after the last step.
 *
 * @param peak the greatest rate
 * @param totalSteps number of steps of the whole training
 */
record LearningRateSchedule(double peak, long totalSteps) implements Tracker {
  private static final double RISEN = 2 / 5.0;
  private static final double FALLEN = 4 / 5.0;
  private static final double FLOOR = 1 / 20.0;

  /** The rate of step {@code step}, counted from 1. */
  @Override
  public float getNewValue(int step) {
    double done = Math.min(1, (double) step / totalSteps);
    double rate;
    if (done < RISEN) {
      rate = done / RISEN;
    } else if (done < FALLEN) {
      rate = 1 + (FLOOR - 1) * (done - RISEN) / (FALLEN - RISEN);
    } else {
      rate = FLOOR * (1 - done) / (1 - FALLEN);
    }
    return (float) (peak * rate);
  }
}
