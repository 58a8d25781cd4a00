package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.SampleSet;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GradientClipTest {
  private static final SampleSet TRAIN = TinyTraining.IMAGES.train().subset(64, 1);

  @Test
  void gradientsWhoseCommonNormIsTooGreatAreScaledDownTogether() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray first = manager.create(new float[][] {{2, -4}, {5, 6}});
      NDArray second = manager.create(new float[] {0});
      NDArray third = manager.create(new float[] {0, 8, -10, 2, 0});

      // 4 + 16 + 25 + 36 + 64 + 100 + 4 = 249, whose root is 15.7797338.
      clip(manager, 1.57797338, first, second, third);

      assertArrayEquals(new float[] {.2f, -.4f, .5f, .6f}, first.toFloatArray(), 1e-6f);
      assertArrayEquals(new float[] {0}, second.toFloatArray());
      assertArrayEquals(new float[] {0, .8f, -1, .2f, 0}, third.toFloatArray(), 1e-6f);
    }
  }

  @Test
  void gradientsWhoseNormIsSmallEnoughStayAsTheyAre() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray first = manager.create(new float[] {3});
      NDArray second = manager.create(new float[] {4});
      clip(manager, 5.01, first, second);
      assertEquals(3, first.getFloat());
      assertEquals(4, second.getFloat());

      NDArray none = manager.create(new float[] {0, 0});
      clip(manager, 1, none);
      assertArrayEquals(new float[2], none.toFloatArray());
    }
  }

  private static void clip(NDManager manager, double greatest, NDArray... gradients) {
    try (NDManager scratch = manager.newSubManager()) {
      new GradientClip(greatest, manager).apply(List.of(gradients), scratch);
    }
  }

  /** After one step AdamW's first moments are a tenth of the gradients that it was given. */
  @ParameterizedTest
  @CsvSource({"binary, absolute", "binary, signed", "ternary, signed", "dense, signed"})
  void aTrainingClipsTheGradientsOfScoresAndOfEverythingElseByOneNorm(String mask, String scores)
      throws IOException {
    Map<String, float[]> free =
        meansOfOneStep(TinyTraining.convMixer("mask", mask, "scores", scores));
    double norm = 0;
    for (float[] means : free.values()) {
      for (float value : means) {
        norm += 100.0 * value * value;
      }
    }
    norm = Math.sqrt(norm);
    double greatest = 0.25 * norm;

    Map<String, float[]> clipped =
        meansOfOneStep(
            TinyTraining.convMixer(
                "mask", mask, "scores", scores, "clip-norm", String.valueOf(greatest)));

    assertEquals(free.keySet(), clipped.keySet());
    for (String name : free.keySet()) {
      float[] expected = free.get(name).clone();
      double greatestValue = 0;
      for (int i = 0; i < expected.length; i++) {
        expected[i] *= 0.25f;
        greatestValue = Math.max(greatestValue, Math.abs(expected[i]));
      }
      assertArrayEquals(expected, clipped.get(name), (float) (1e-5 * greatestValue + 1e-9), name);
    }
    assertTrue(norm > 0);
  }

  private static Map<String, float[]> meansOfOneStep(TrainingOptions options) throws IOException {
    RunDescription run = RunDescription.of(options, TinyTraining.IMAGES);
    Batches batches = new Batches(TRAIN, options.normalization(), Augmentation.NONE, 64, true, 1);
    try (Learner learner = TinyTraining.learner(run, 10);
        BatchStream stream = batches.epoch(1);
        Batch batch = stream.next()) {
      learner.step(batch, TRAIN, false);
      Map<String, float[]> means = new HashMap<>();
      learner
          .checkpoint(run, List.of(), learner.masks())
          .moments()
          .forEach((name, moments) -> means.put(name, moments.mean().toArray()));
      return means;
    }
  }
}
