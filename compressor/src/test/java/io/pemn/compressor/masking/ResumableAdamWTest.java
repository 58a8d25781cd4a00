package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.tracker.Tracker;
import io.pemn.compressor.masking.ResumableAdamW.Moments;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResumableAdamWTest {
  private static final int STEPS = 9;
  private static final int SIZE = 50;
  private static final List<String> IDS = List.of("first", "second");

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8})
  void anOptimizerThatIsSetToSavedMomentsGoesOnExactlyAsTheOther(int interruption) {
    Engine.getEngine("PyTorch"); // Loads the natives.
    JniUtils.setGradMode(false);
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> undisturbed = parameters(manager);
      Map<String, Moments> undisturbedMoments;
      try (ResumableAdamW optimizer = optimizer(0)) {
        run(optimizer, undisturbed, 0, STEPS);
        undisturbedMoments = moments(optimizer);
      }

      Map<String, NDArray> resumed = parameters(manager);
      Map<String, Moments> saved;
      try (ResumableAdamW optimizer = optimizer(0)) {
        run(optimizer, resumed, 0, interruption);
        saved = moments(optimizer);
      }
      try (ResumableAdamW optimizer = optimizer(interruption)) {
        saved.forEach((id, moments) -> optimizer.resume(id, resumed.get(id), moments));
        run(optimizer, resumed, interruption, STEPS);
        for (String id : IDS) {
          assertArrayEquals(undisturbed.get(id).toFloatArray(), resumed.get(id).toFloatArray(), id);
          Moments moments = optimizer.moments(id).orElseThrow();
          assertArrayEquals(undisturbedMoments.get(id).mean().toArray(), moments.mean().toArray());
          assertArrayEquals(
              undisturbedMoments.get(id).variance().toArray(), moments.variance().toArray());
        }
      }
    }
  }

  @Test
  void withoutTheMomentsTheResultWouldBeAnother() {
    Engine.getEngine("PyTorch"); // Loads the natives.
    JniUtils.setGradMode(false);
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> undisturbed = parameters(manager);
      Map<String, NDArray> forgetful = parameters(manager);
      try (ResumableAdamW optimizer = optimizer(0)) {
        run(optimizer, undisturbed, 0, STEPS);
      }
      try (ResumableAdamW optimizer = optimizer(0)) {
        run(optimizer, forgetful, 0, 4);
      }
      try (ResumableAdamW optimizer = optimizer(4)) {
        run(optimizer, forgetful, 4, STEPS);
      }
      assertFalse(
          java.util.Arrays.equals(
              undisturbed.get("first").toFloatArray(), forgetful.get("first").toFloatArray()));
    }
  }

  @Test
  void theMomentsAreTheMeanAndTheMeanSquareOfTheGradients() {
    Engine.getEngine("PyTorch"); // Loads the natives.
    JniUtils.setGradMode(false);
    try (NDManager manager = NDManager.newBaseManager();
        ResumableAdamW optimizer = optimizer(0)) {
      assertEquals(Optional.empty(), optimizer.moments("first"));
      NDArray weights = manager.create(new float[] {1, 2});
      weights.setRequiresGradient(true);
      optimizer.update("first", weights, manager.create(new float[] {3, -4}));
      Moments moments = optimizer.moments("first").orElseThrow();
      assertArrayEquals(new float[] {0.3f, -0.4f}, moments.mean().toArray(), 1e-6f);
      assertArrayEquals(new float[] {0.009f, 0.016f}, moments.variance().toArray(), 1e-6f);
      assertEquals(Optional.empty(), optimizer.moments("second"));
    }
  }

  private static ResumableAdamW optimizer(int updates) {
    return new ResumableAdamW((Tracker) update -> 0.01f * update, 0.1f, updates);
  }

  private static Map<String, NDArray> parameters(NDManager manager) {
    Map<String, NDArray> parameters = new HashMap<>();
    for (String id : IDS) {
      NDArray array = manager.create(gaussians(id.hashCode()));
      array.setRequiresGradient(true);
      parameters.put(id, array);
    }
    return parameters;
  }

  private static Map<String, Moments> moments(ResumableAdamW optimizer) {
    Map<String, Moments> copies = new HashMap<>();
    for (String id : IDS) {
      Moments moments = optimizer.moments(id).orElseThrow();
      copies.put(
          id,
          new Moments(
              StreamedValues.of(moments.mean().toArray()),
              StreamedValues.of(moments.variance().toArray())));
    }
    return copies;
  }

  private static void run(
      ResumableAdamW optimizer, Map<String, NDArray> parameters, int from, int to) {
    for (int step = from; step < to; step++) {
      for (String id : IDS) {
        NDArray weights = parameters.get(id);
        try (NDArray gradient = weights.getManager().create(gaussians(31 * step + id.hashCode()))) {
          optimizer.update(id, weights, gradient);
        }
      }
    }
  }

  private static float[] gaussians(long seed) {
    Random random = new Random(seed);
    float[] values = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
