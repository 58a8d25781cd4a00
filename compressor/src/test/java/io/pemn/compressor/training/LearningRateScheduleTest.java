package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LearningRateScheduleTest {
  private final LearningRateSchedule schedule = new LearningRateSchedule(0.05, 1000);

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 0.000125",
    "200, 0.025",
    "400, 0.05",
    "600, 0.02625",
    "800, 0.0025",
    "900, 0.00125",
    "1000, 0",
    "1001, 0",
    "2000, 0"
  })
  void theRateIsPiecewiseLinearBetweenTheAuthorsKnots(int step, float rate) {
    assertEquals(rate, schedule.getNewValue(step), 1e-8f);
  }

  @Test
  void theRateRisesToItsPeakAndFallsFromThere() {
    for (int step = 1; step <= 1000; step++) {
      float before = schedule.getNewValue(step - 1);
      float now = schedule.getNewValue(step);
      assertTrue(step <= 400 ? now > before : now < before, "at step " + step);
    }
  }

  @Test
  void aTrainingOfOneStepEndsAtOnce() {
    assertEquals(0, new LearningRateSchedule(1, 1).getNewValue(1));
  }
}
