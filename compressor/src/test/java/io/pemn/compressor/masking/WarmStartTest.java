package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class WarmStartTest {
  private static final int SIZE = 600;
  private static final double DEVIATION = 0.07;

  @ParameterizedTest
  @CsvSource({"BINARY, 0.5", "BINARY, 0.2", "SIGN, 1", "TERNARY, 0.3", "TERNARY, 1"})
  void noOtherScaleBringsTheMaskedWeightsCloserToTheTrainedOnes(MaskType type, double density) {
    float[] weights = gaussians(1, SIZE, 0.05);
    float[] prototype = gaussians(2, SIZE, 1);
    WarmStart start = of(weights, prototype, type, density, DEVIATION);

    double best = Double.POSITIVE_INFINITY;
    double bestFactor = 0;
    for (double factor = 0.5; factor <= 1.5; factor += 0.001) {
      float scale = (float) (start.scale() * factor);
      double distance =
          distance(weights, effective(prototype, scale, start.scores().toArray(), type, density));
      if (distance < best) {
        best = distance;
        bestFactor = factor;
      }
    }
    assertEquals(1, bestFactor, 0.0015);
  }

  @Test
  void noSignMaskWithAnyScaleComesCloser() {
    float[] weights = gaussians(3, 10, 0.1);
    float[] prototype = gaussians(4, 10, 1);
    WarmStart start = of(weights, prototype, MaskType.SIGN, 1, DEVIATION);
    double found =
        distance(
            weights,
            effective(prototype, start.scale(), start.scores().toArray(), MaskType.SIGN, 1));

    for (int mask = 0; mask < 1 << 10; mask++) {
      float[] masked = new float[10];
      for (int i = 0; i < 10; i++) {
        masked[i] = (mask >> i & 1) == 1 ? -prototype[i] : prototype[i];
      }
      assertTrue(found <= closest(weights, masked) + 1e-7, "mask " + mask);
    }
  }

  @Test
  void noTernaryMaskOverEqualMagnitudesComesCloser() {
    float[] weights = gaussians(5, 9, 0.1);
    float[] prototype = new float[9];
    for (int i = 0; i < 9; i++) {
      prototype[i] = i % 2 == 0 ? 1 : -1;
    }
    int kept = MaskedParameter.numberKept(9, 0.4);
    WarmStart start = of(weights, prototype, MaskType.TERNARY, 0.4, DEVIATION);
    double found =
        distance(
            weights,
            effective(prototype, start.scale(), start.scores().toArray(), MaskType.TERNARY, 0.4));

    for (int mask = 0; mask < 19683; mask++) {
      float[] masked = new float[9];
      int left = mask;
      int chosen = 0;
      for (int i = 0; i < 9; i++) {
        masked[i] = (left % 3 - 1) * prototype[i];
        chosen += left % 3 == 1 ? 0 : 1;
        left /= 3;
      }
      if (chosen == kept) {
        assertTrue(found <= closest(weights, masked) + 1e-7, "mask " + mask);
      }
    }
  }

  @Test
  void theScaleOfSignMasksOverEqualMagnitudesIsTheMeanMagnitude() {
    float[] weights = {0.5f, -0.25f, 0.75f, -1f};
    float[] prototype = {1, 1, -1, -1};

    WarmStart start = of(weights, prototype, MaskType.SIGN, 1, DEVIATION);

    assertEquals(0.625f, start.scale());
    assertArrayEquals(
        weights,
        scaledBack(effective(prototype, 1, start.scores().toArray(), MaskType.SIGN, 1), weights),
        "every weight has its trained sign");
  }

  @ParameterizedTest
  @EnumSource(MaskType.class)
  void theScoresHaveTheDeviationThatWasAskedFor(MaskType type) {
    float[] weights = gaussians(6, SIZE, 0.03);
    for (int i = 0; i < SIZE; i++) {
      weights[i] += 0.01f;
    }
    float[] scores =
        of(weights, constant(SIZE), type, type.usualDensity(), DEVIATION).scores().toArray();

    double sum = 0;
    double squares = 0;
    for (float score : scores) {
      sum += score;
      squares += (double) score * score;
    }
    double mean = sum / SIZE;
    // The sign of a score means something to sign and ternary masks, so theirs are not centred.
    double spread = type == MaskType.BINARY ? squares / SIZE - mean * mean : squares / SIZE;
    assertEquals(DEVIATION, Math.sqrt(spread), 1e-6);
    if (type == MaskType.BINARY) {
      assertEquals(0, mean, 1e-8);
    }
  }

  @ParameterizedTest
  @EnumSource(MaskType.class)
  void weightsThatAreAllZeroStillGiveSomethingToLearnFrom(MaskType type) {
    WarmStart start =
        of(new float[SIZE], gaussians(7, SIZE, 1), type, type.usualDensity(), DEVIATION);

    assertTrue(start.scale() > 0 && Float.isFinite(start.scale()), "scale " + start.scale());
    assertArrayEquals(new float[SIZE], start.scores().toArray());
  }

  @ParameterizedTest
  @EnumSource(MaskType.class)
  void aLayerBeginsCloserToTheTrainedWeightsThanWithoutThem(MaskType type) {
    Engine.getEngine("PyTorch"); // Loads the natives.
    JniUtils.setGradMode(false);
    ParameterShape layer = new ParameterShape("layer", List.of(20, 30), Role.WEIGHT);
    float[] weights = gaussians(8, SIZE, 0.1);
    float[] prototype = constant(SIZE);
    double density = type.usualDensity();
    WarmStart warm = of(weights, prototype, type, density, DEVIATION);

    float[] begun = begin(prototype, warm.scale(), warm.scores().toArray(), type, density);
    float[] cold =
        begin(
            prototype,
            LayerScale.of(layer, density, StreamedValues.of(prototype)),
            gaussians(9, SIZE, DEVIATION),
            type,
            density);

    assertArrayEquals(
        effective(prototype, warm.scale(), warm.scores().toArray(), type, density), begun);
    assertTrue(distance(weights, begun) < 0.5 * distance(weights, cold));
    if (type != MaskType.BINARY) {
      assertTrue(distance(weights, begun) < distance(weights, new float[SIZE]));
    }
  }

  private static WarmStart of(
      float[] weights, float[] prototype, MaskType type, double density, double deviation) {
    return WarmStart.of(
        StreamedValues.of(weights), StreamedValues.of(prototype), type, density, deviation);
  }

  /** What the network gets in the end. */
  private static float[] begin(
      float[] prototype, float scale, float[] scores, MaskType type, double density) {
    float[] scaled = prototype.clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= scale;
    }
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weights = manager.zeros(new Shape(20, 30));
      MaskedLayers layers =
          new MaskedLayers(
              new MaskRule(
                  type, Selection.TOP_K, LayerBudget.Kind.UNIFORM, density, ScoreMode.SIGNED));
      layers.add("layer", weights, StreamedValues.of(scaled), StreamedValues.of(scores), density);
      layers.select();
      return weights.toFloatArray();
    }
  }

  /** The same in plain Java. */
  private static float[] effective(
      float[] prototype, float scale, float[] scores, MaskType type, double density) {
    double[] strength = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      strength[i] = type == MaskType.TERNARY ? Math.abs(scores[i]) : scores[i];
    }
    double[] sorted = strength.clone();
    java.util.Arrays.sort(sorted);
    double threshold =
        type == MaskType.SIGN
            ? Double.NEGATIVE_INFINITY
            : sorted[sorted.length - MaskedParameter.numberKept(sorted.length, density)];
    float[] effective = new float[scores.length];
    for (int i = 0; i < effective.length; i++) {
      float value = prototype[i] * scale;
      boolean negated = type != MaskType.BINARY && scores[i] < 0;
      effective[i] = strength[i] >= threshold ? negated ? -value : value : 0;
    }
    return effective;
  }

  /** The least distance over all scales. */
  private static double closest(float[] weights, float[] masked) {
    double products = 0;
    double squares = 0;
    for (int i = 0; i < weights.length; i++) {
      products += weights[i] * masked[i];
      squares += masked[i] * masked[i];
    }
    float[] scaled = masked.clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= (float) (products / squares);
    }
    return distance(weights, scaled);
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (double) (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }

  /** Signs with the magnitudes of others. */
  private static float[] scaledBack(float[] signs, float[] magnitudes) {
    float[] values = new float[signs.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.signum(signs[i]) * Math.abs(magnitudes[i]);
    }
    return values;
  }

  private static float[] constant(int n) {
    Random random = new Random(10);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextBoolean() ? 1 : -1;
    }
    return values;
  }

  private static float[] gaussians(long seed, int n, double deviation) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }
}
