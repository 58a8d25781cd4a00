package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.optimizer.AdamW;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.pemn.compressor.masking.AdamWLoop.Chain;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdamWLoopTest {
  private static final int SEVERAL_PIECES = 2 * EngineMemory.PIECE + EngineMemory.CHUNK + 5;
  private static final float RATE = 0.05f;
  private static final float DECAY = 0.1f;

  @BeforeEach
  void gradientsAreOffOutsideTheSteps() {
    Engine.getEngine("PyTorch"); // Loads the natives.
    JniUtils.setGradMode(false);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        1,
        EngineMemory.CHUNK - 1,
        EngineMemory.CHUNK,
        EngineMemory.CHUNK + 1,
        SEVERAL_PIECES
      })
  void everyElementIsSteppedByItselfToTheBit(int size) {
    float[] values = floats(1, size);
    float[] gradients = floats(2, size);
    float[] means = floats(3, size);
    float[] variances = floats(4, size);
    for (int i = 0; i < size; i++) {
      variances[i] = Math.abs(variances[i]);
    }
    AdamWLoop loop = new AdamWLoop(RATE, 0.02f, DECAY);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray parameter = manager.create(values);
      NDArray mean = manager.create(means);
      NDArray variance = manager.create(variances);
      loop.step(parameter, manager.create(gradients), mean, variance, () -> Chain.NONE);
      float[] found = parameter.toFloatArray();
      for (int i = 0; i < size; i++) {
        float g = gradients[i];
        means[i] = Math.fma(g, 1 - 0.9f, means[i] * 0.9f);
        variances[i] = Math.fma((1 - 0.999f) * g, g, variances[i] * 0.999f);
        float root = (float) Math.sqrt(variances[i]) + 1e-8f;
        float expected = values[i] - values[i] * RATE * DECAY - means[i] * 0.02f / root;
        assertEquals(expected, found[i]);
      }
      assertArrayEquals(means, mean.toFloatArray());
      assertArrayEquals(variances, variance.toFloatArray());
    }
  }

  /** But for the last bit of a square root, and of fused multiply-adds where there are none. */
  @Test
  void manyStepsAreThoseOfDjlsOptimizer() {
    try (NDManager manager = NDManager.newBaseManager();
        ResumableAdamW loop = new ResumableAdamW(Tracker.fixed(RATE), DECAY, 0)) {
      AdamW engine =
          Optimizer.adamW()
              .optLearningRateTracker(Tracker.fixed(RATE))
              .optWeightDecays(DECAY)
              .build();
      NDArray ours = manager.create(floats(1, SEVERAL_PIECES));
      NDArray theirs = ours.duplicate();
      for (int step = 0; step < 30; step++) {
        NDArray gradient = manager.create(floats(100 + step, SEVERAL_PIECES));
        loop.update("id", ours, gradient);
        engine.update("id", theirs, gradient);
      }
      assertArrayEquals(theirs.toFloatArray(), ours.toFloatArray(), 2e-6f);
    }
  }

  @ParameterizedTest
  @EnumSource(ScoreMode.class)
  void scoresAreSteppedByWhatTheEngineMakesOfTheGradient(ScoreMode mode) {
    MaskRule rule =
        new MaskRule(MaskType.BINARY, Selection.TOP_K, LayerBudget.Kind.UNIFORM, 0.5, mode);
    float[] prototype = floats(5, SEVERAL_PIECES);
    float[] scores = floats(6, SEVERAL_PIECES);
    scores[17] = 0;
    scores[18] = -0f;
    try (NDManager manager = NDManager.newBaseManager();
        ResumableAdamW together = new ResumableAdamW(Tracker.fixed(RATE), DECAY, 0);
        ResumableAdamW apart = new ResumableAdamW(Tracker.fixed(RATE), DECAY, 0)) {
      NDArray weights = manager.create(prototype);
      MaskedParameter one =
          new MaskedParameter(
              "one", weights, StreamedValues.of(prototype), StreamedValues.of(scores), rule);
      MaskedParameter other =
          new MaskedParameter(
              "other", weights, StreamedValues.of(prototype), StreamedValues.of(scores), rule);
      for (int step = 0; step < 5; step++) {
        NDArray gradient = manager.create(floats(200 + step, SEVERAL_PIECES));
        together.updateScores("id", one, gradient);
        other.differentiate(gradient);
        apart.update("id", other.scores(), gradient);
        assertArrayEquals(other.scores().toFloatArray(), one.scores().toFloatArray());
      }
    }
  }

  @Test
  void aGradientInAnotherOrderIsReadInThatOfTheParameter() {
    try (NDManager manager = NDManager.newBaseManager();
        ResumableAdamW ordered = new ResumableAdamW(Tracker.fixed(RATE), DECAY, 0);
        ResumableAdamW transposed = new ResumableAdamW(Tracker.fixed(RATE), DECAY, 0)) {
      NDArray gradient = manager.create(floats(7, 60)).reshape(6, 10).transpose();
      NDArray expected = manager.create(floats(8, 60)).reshape(10, 6);
      NDArray found = expected.duplicate();
      ordered.update("id", expected, manager.create(gradient.toFloatArray()).reshape(10, 6));
      int before;
      try (NDManager step = manager.newSubManager()) {
        before = manager.getManagedArrays().size();
        // As a training's step has it: what reading leaves behind ends with the step.
        gradient.attach(step);
        transposed.update("id", found, gradient);
      }
      assertArrayEquals(expected.toFloatArray(), found.toFloatArray());
      assertEquals(before - 1, manager.getManagedArrays().size(), "only the gradient has gone");
    }
  }

  private static float[] floats(long seed, int size) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] floats = new float[size];
    for (int i = 0; i < size; i++) {
      floats[i] = (float) (2 * random.nextDouble() - 1);
    }
    return floats;
  }
}
