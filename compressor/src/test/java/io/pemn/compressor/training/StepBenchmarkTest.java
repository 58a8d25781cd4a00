package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepBenchmarkTest {
  @Test
  void theFiguresAreConsistent() throws IOException {
    StepBenchmark.Result result =
        StepBenchmark.run(
            TinyTraining.mlp(), TinyTraining.IMAGES, Optional.empty(), Device.cpu(), 2, 8);

    assertEquals(8, result.steps());
    assertEquals(32, result.batchSize());
    assertTrue(result.denseMs() > 0 && Double.isFinite(result.denseMs()), result.toString());
    assertTrue(result.maskedMs() > 0 && Double.isFinite(result.maskedMs()), result.toString());
    assertTrue(result.ratio() > 0 && Double.isFinite(result.ratio()), result.toString());
    assertEquals(1000 * 32 / result.maskedMs(), result.imagesPerSecond(), 1e-6);
  }

  @Test
  void moreStepsThanAnEpochHasBatchesAreMade() throws IOException {
    assertEquals(
        4,
        StepBenchmark.run(
                TinyTraining.mlp("batch-size", "6000"),
                TinyTraining.IMAGES,
                Optional.empty(),
                Device.cpu(),
                0,
                4)
            .steps());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "-1, 5"})
  void figuresOfNoStepsAreRefused(int warmUp, int steps) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    StepBenchmark.run(
                        TinyTraining.mlp(),
                        TinyTraining.IMAGES,
                        Optional.empty(),
                        Device.cpu(),
                        warmUp,
                        steps))
            .getMessage();
    assertTrue(message.contains("at least 1 timed step"), message);
  }

  @Test
  void aDenseTrainingHasNothingToBeComparedWith() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            StepBenchmark.run(
                TinyTraining.mlp("mask", "dense"),
                TinyTraining.IMAGES,
                Optional.empty(),
                Device.cpu(),
                0,
                1));
  }
}
