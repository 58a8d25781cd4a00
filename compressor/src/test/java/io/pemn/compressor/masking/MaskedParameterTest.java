package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.pemn.format.Distribution;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.Padding;
import io.pemn.format.Prototype;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Steps a masked layer beside a reference in plain Java. */
class MaskedParameterTest {
  private static final int SIZE = 240;
  private static final Shape SHAPE = new Shape(6, 5, 4, 2);
  private static final float RATE = 0.05f;
  private static final float DECAY = 0.1f;

  @BeforeEach
  void gradientsAreOffOutsideTheSteps() {
    Engine.getEngine("PyTorch"); // Loads the natives.
    JniUtils.setGradMode(false);
  }

  @ParameterizedTest
  @EnumSource(ScoreMode.class)
  void aLayerStepsItsScoresAsEdgePopupDefinesIt(ScoreMode mode) {
    Random random = new Random(7);
    float[] prototype = gaussians(random, SIZE);
    float[] initial = gaussians(random, SIZE);
    Reference reference = new Reference(prototype, initial, 0.3, mode);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weights = manager.ones(SHAPE);
      MaskedLayers masked =
          layers(
              weights,
              prototype,
              initial,
              new MaskRule(MaskType.BINARY, Selection.TOP_K, LayerBudget.Kind.UNIFORM, 0.3, mode));
      MaskedParameter layer = masked.byName().get("layer");
      weights.setRequiresGradient(true);
      try (ResumableAdamW inner = adamW()) {
        Optimizer optimizer = new EdgePopupOptimizer(inner, inner, Map.of("id", layer));
        assertWeightsAre(reference.effectiveWeights(), weights);
        LayerMask before = layer.mask();
        for (int step = 1; step <= 12; step++) {
          float[] gradient = gaussians(random, SIZE);
          step(optimizer, weights, gradient);
          masked.select();
          reference.step(gradient);
          assertArrayEquals(reference.scores(), layer.scores().toFloatArray(), 2e-6f);
          assertArrayEquals(reference.kept(), layer.mask().kept().toBytes());
          assertWeightsAre(reference.effectiveWeights(), weights);
        }
        assertTrue(layer.mask().differences(before) > 0, "the steps must have moved the mask");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ScoreMode.class)
  void theWeightsOwnGradientIsClearedByAStep(ScoreMode mode) {
    float[] values = gaussians(new Random(3), SIZE);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weights = manager.zeros(SHAPE);
      MaskedParameter layer = layer(weights, values, values, MaskType.BINARY, 0.5, mode);
      weights.setRequiresGradient(true);
      try (ResumableAdamW inner = adamW()) {
        Optimizer optimizer = new EdgePopupOptimizer(inner, inner, Map.of("id", layer));
        step(optimizer, weights, values);
        try (NDArray gradient = weights.getGradient()) {
          assertArrayEquals(new float[SIZE], gradient.toFloatArray());
        }
      }
    }
  }

  @Test
  void anotherParameterIsSteppedByTheInnerOptimizerAlone() {
    float[] values = gaussians(new Random(5), SIZE);
    float[] gradient = gaussians(new Random(6), SIZE);
    double[] expected = doubles(values);
    new PlainAdamW(SIZE).step(expected, doubles(gradient));
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weights = manager.create(values).reshape(SHAPE);
      weights.setRequiresGradient(true);
      try (ResumableAdamW inner = adamW()) {
        step(new EdgePopupOptimizer(inner, inner, Map.of()), weights, gradient);
        assertArrayEquals(floats(expected), weights.toFloatArray(), 2e-6f);
      }
    }
  }

  @Test
  void aWeightThatIsNotKeptIsPositiveZeroEvenWhereThePrototypeIsNegative() {
    float[] prototype = {-1, -2, -3, -4};
    float[] scores = {4, -3, 2, 1};
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weights = manager.ones(new Shape(2, 2));
      layer(weights, prototype, scores, MaskType.BINARY, 0.5, ScoreMode.SIGNED);
      assertWeightsAre(new float[] {-1, 0, -3, 0}, weights);
      layer(weights, prototype, scores, MaskType.BINARY, 0.5, ScoreMode.ABSOLUTE);
      assertWeightsAre(new float[] {-1, -2, 0, 0}, weights);
    }
  }

  @Test
  void densityOneKeepsEveryWeight() {
    float[] prototype = gaussians(new Random(2), SIZE);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weights = manager.zeros(SHAPE);
      MaskedParameter layer =
          layer(weights, prototype, new float[SIZE], MaskType.BINARY, 1, ScoreMode.SIGNED);
      assertEquals(SIZE, layer.mask().kept().kept());
      assertWeightsAre(prototype, weights);
      assertEquals("layer", layer.name());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "10, 0.5, 5",
    "11, 0.5, 6",
    "9, 0.5, 5",
    "4096, 0.1, 410",
    "1000, 0.001, 1",
    "1000, 0.0004, 1",
    "3, 0.0001, 1",
    "1, 0.5, 1",
    "7, 1, 7"
  })
  void asManyWeightsAreKeptAsTheAuthorsCodeKeeps(int n, double density, int kept) {
    assertEquals(kept, MaskedParameter.numberKept(n, density));
    // Their code: j = int((1 - k) * n), then all but the first j of the ascending scores.
    assertEquals(Math.max(1, n - (int) ((1 - density) * n)), kept);
    float[] scores = gaussians(new Random(n), n);
    try (NDManager manager = NDManager.newBaseManager()) {
      MaskedParameter layer =
          layer(
              manager.zeros(new Shape(n)),
              scores,
              scores,
              MaskType.BINARY,
              density,
              ScoreMode.SIGNED);
      assertEquals(kept, layer.mask().kept().kept());
    }
  }

  @Test
  void theTwoScoreModesChooseDifferently() {
    float[] scores = gaussians(new Random(1), SIZE);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weights = manager.zeros(SHAPE);
      LayerMask signed =
          layer(weights, scores, scores, MaskType.BINARY, 0.5, ScoreMode.SIGNED).mask();
      LayerMask absolute =
          layer(weights, scores, scores, MaskType.BINARY, 0.5, ScoreMode.ABSOLUTE).mask();
      assertNotEquals(signed, absolute);
      for (int i = 0; i < SIZE; i++) {
        assertFalse(
            signed.kept().keeps(i) && scores[i] < -1, "a signed mask keeps the greatest scores");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(MaskType.class)
  void whatTheNetworkHoldsIsBitForBitWhatAnArchiveRebuildsFromTheMask(MaskType type) {
    double density = type.usualDensity();
    float scale = 0.037f;
    int offset = 17;
    for (Distribution distribution : Distribution.values()) {
      Padding padding = Padding.of(new Prototype(5, distribution, 41), 0);
      float[] prototype = new float[SIZE];
      padding.fill(offset, prototype);
      for (int i = 0; i < SIZE; i++) {
        prototype[i] *= scale;
      }
      float[] scores = gaussians(new Random(11), SIZE);
      scores[3] = 0f;
      scores[4] = -0f;
      scores[5] = Float.MIN_VALUE;
      scores[6] = -Float.MIN_VALUE;
      try (NDManager manager = NDManager.newBaseManager()) {
        NDArray weights = manager.zeros(SHAPE);
        MaskedLayers masked =
            layers(
                weights,
                prototype,
                scores,
                new MaskRule(
                    type, Selection.TOP_K, LayerBudget.Kind.UNIFORM, density, ScoreMode.SIGNED));
        MaskedParameter layer = masked.byName().get("layer");
        weights.setRequiresGradient(true);
        try (ResumableAdamW inner = adamW()) {
          Optimizer optimizer = new EdgePopupOptimizer(inner, inner, Map.of("id", layer));
          LayerMask first = layer.mask();
          for (int step = 0; step < 6; step++) {
            float[] rebuilt = new float[SIZE];
            padding.rebuild(offset, scale, layer.mask(), 0, rebuilt);
            assertWeightsAre(rebuilt, weights);
            step(optimizer, weights, gaussians(new Random(step), SIZE));
            masked.select();
          }
          assertTrue(layer.mask().differences(first) > 0, "the steps must have moved the mask");
        }
      }
    }
  }

  @Test
  void aSignMaskNegatesWhereTheScoreIsBelowZeroAndKeepsEveryWeight() {
    float[] prototype = {1, -2, 3, -4};
    float[] scores = {1, -1, -1, 0};
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weights = manager.zeros(new Shape(2, 2));
      LayerMask mask = layer(weights, prototype, scores, MaskType.SIGN, 1, ScoreMode.SIGNED).mask();
      assertWeightsAre(new float[] {1, 2, -3, -4}, weights);
      assertEquals(new LayerMask.Sign(Mask.ofBytes(new byte[] {0, 1, 1, 0})), mask);
    }
  }

  @ParameterizedTest
  @EnumSource(ScoreMode.class)
  void aTernaryMaskKeepsTheGreatestAbsoluteScoresWithTheirSigns(ScoreMode mode) {
    float[] prototype = {1, -2, 3, -4, 5, -6};
    float[] scores = {0.1f, -3, 2, 4, -0.2f, 0.3f};
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weights = manager.zeros(new Shape(2, 3));
      LayerMask mask = layer(weights, prototype, scores, MaskType.TERNARY, 0.5, mode).mask();
      assertWeightsAre(new float[] {0, 2, 3, -4, 0, 0}, weights);
      assertEquals(
          new LayerMask.Ternary(
              Mask.ofBytes(new byte[] {0, 1, 1, 1, 0, 0}),
              Mask.ofBytes(new byte[] {0, 1, 0, 0, 0, 0})),
          mask);
    }
  }

  private static MaskedParameter layer(
      NDArray weights,
      float[] prototype,
      float[] scores,
      MaskType type,
      double density,
      ScoreMode mode) {
    return layers(
            weights,
            prototype,
            scores,
            new MaskRule(type, Selection.TOP_K, LayerBudget.Kind.UNIFORM, density, mode))
        .byName()
        .get("layer");
  }

  private static MaskedLayers layers(
      NDArray weights, float[] prototype, float[] scores, MaskRule rule) {
    MaskedLayers layers = new MaskedLayers(rule);
    layers.add(
        "layer", weights, StreamedValues.of(prototype), StreamedValues.of(scores), rule.density());
    layers.select();
    return layers;
  }

  /** A backward pass whose dL/dW is exactly the given gradient, and the update that follows. */
  private static void step(Optimizer optimizer, NDArray weights, float[] gradient) {
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray coefficients = scratch.create(gradient).reshape(weights.getShape());
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        collector.backward(coefficients.mul(weights).sum());
      }
      try (NDArray found = weights.getGradient()) {
        optimizer.update("id", weights, found);
      }
    }
  }

  private static void assertWeightsAre(float[] expected, NDArray weights) {
    float[] found = weights.toFloatArray();
    for (int i = 0; i < expected.length; i++) {
      int position = i;
      assertEquals(
          Float.floatToRawIntBits(expected[i]),
          Float.floatToRawIntBits(found[i]),
          () -> "weight " + position + ": " + expected[position] + " and " + found[position]);
    }
  }

  private static ResumableAdamW adamW() {
    return new ResumableAdamW(Tracker.fixed(RATE), DECAY, 0);
  }

  private static float[] gaussians(Random random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /**
   * AdamW as torch.optim.AdamW documents it, in double precision, but for epsilon: DJL adds it to
   * the second moment's root before the bias correction (Kingma and Ba's "epsilon hat").
   */
  private static final class PlainAdamW {
    private final double[] mean;
    private final double[] variance;
    private int steps;

    PlainAdamW(int size) {
      mean = new double[size];
      variance = new double[size];
    }

    void step(double[] values, double[] gradient) {
      steps++;
      for (int i = 0; i < values.length; i++) {
        values[i] -= RATE * DECAY * values[i];
        mean[i] = 0.9 * mean[i] + 0.1 * gradient[i];
        variance[i] = 0.999 * variance[i] + 0.001 * gradient[i] * gradient[i];
        double unbiasedMean = mean[i] / (1 - Math.pow(0.9, steps));
        double unbiasedVariance = variance[i] / (1 - Math.pow(0.999, steps));
        values[i] -=
            RATE
                * unbiasedMean
                / (Math.sqrt(unbiasedVariance) + 1e-8 / Math.sqrt(1 - Math.pow(0.999, steps)));
      }
    }
  }

  /** Edge-popup by sorting. */
  private static final class Reference {
    private final float[] prototype;
    private final double[] scores;
    private final double density;
    private final ScoreMode mode;
    private final PlainAdamW adamW = new PlainAdamW(SIZE);

    Reference(float[] prototype, float[] scores, double density, ScoreMode mode) {
      this.prototype = prototype;
      this.scores = doubles(scores);
      this.density = density;
      this.mode = mode;
    }

    void step(float[] gradient) {
      double[] ofScores = new double[SIZE];
      for (int i = 0; i < SIZE; i++) {
        double sign = mode == ScoreMode.ABSOLUTE ? Math.signum(scores[i]) : 1;
        ofScores[i] = (double) gradient[i] * prototype[i] * sign;
      }
      adamW.step(scores, ofScores);
    }

    byte[] kept() {
      int dropped = (int) ((1 - density) * SIZE);
      Comparator<Integer> byStrength =
          Comparator.comparingDouble(
              i -> mode == ScoreMode.ABSOLUTE ? Math.abs(scores[i]) : scores[i]);
      byte[] kept = new byte[SIZE];
      IntStream.range(0, SIZE).boxed().sorted(byStrength).skip(dropped).forEach(i -> kept[i] = 1);
      return kept;
    }

    float[] effectiveWeights() {
      byte[] kept = kept();
      float[] weights = new float[SIZE];
      for (int i = 0; i < SIZE; i++) {
        weights[i] = kept[i] == 1 ? prototype[i] : 0f;
      }
      return weights;
    }

    float[] scores() {
      return floats(Arrays.copyOf(scores, SIZE));
    }
  }
}
