package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every bound must be the one that a selection among all scores finds. */
class BoundSearchTest {
  private static final int STEPS = 60;
  private static final int[] LAYERS = {70_000, 1, 5_000, 131_072};
  private static final int SIZE = Arrays.stream(LAYERS).sum();

  @ParameterizedTest
  @CsvSource({"ABSOLUTE,0.5", "ABSOLUTE,0.05", "SIGNED,0.5", "SIGNED,0.9", "SIGNED,0.00001"})
  void scoresThatChangeLittleAreMostlyFoundNearTheLastBound(ScoreMode mode, double density) {
    BoundSearch search = new BoundSearch(mode);
    follow(search, mode, density, score -> score);
    assertTrue(
        search.windows() > STEPS / 2,
        () -> "only " + search.windows() + " of " + STEPS + " were found near the last bound");
  }

  @ParameterizedTest
  @EnumSource(ScoreMode.class)
  void scoresThatAreMostlyEqualHaveTheirBoundToo(ScoreMode mode) {
    for (double density : new double[] {1e-5, 0.3, 0.5, 1}) {
      follow(new BoundSearch(mode), mode, density, score -> Math.abs(score) < 0.8 ? 0 : score);
    }
  }

  @ParameterizedTest
  @EnumSource(ScoreMode.class)
  void allScoresMayBeEqual(ScoreMode mode) {
    follow(new BoundSearch(mode), mode, 0.5, score -> -0.25);
  }

  @ParameterizedTest
  @EnumSource(ScoreMode.class)
  void scoresMayJump(ScoreMode mode) {
    SplittableRandom random = new SplittableRandom(3);
    BoundSearch search = new BoundSearch(mode);
    for (int step = 0; step < 20; step++) {
      double scale = Math.pow(10, random.nextInt(-37, 37));
      float[] scores = new float[SIZE];
      for (int i = 0; i < SIZE; i++) {
        scores[i] = (float) (scale * (2 * random.nextDouble() - 1));
      }
      assertBound(search, mode, scores, SIZE / 2);
    }
  }

  private static void follow(
      BoundSearch search, ScoreMode mode, double density, DoubleUnaryOperator shape) {
    SplittableRandom random = new SplittableRandom(4);
    float[] walked = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      walked[i] = (float) (2 * random.nextDouble() - 1);
    }
    float[] scores = new float[SIZE];
    for (int step = 0; step < STEPS; step++) {
      for (int i = 0; i < SIZE; i++) {
        // As AdamW does: all by about as much, and a little towards zero.
        walked[i] = (float) (walked[i] * 0.999 + 1e-3 * (2 * random.nextDouble() - 1));
        scores[i] = (float) shape.applyAsDouble(walked[i]);
      }
      assertBound(search, mode, scores, Math.max(1, (int) (density * SIZE)));
    }
  }

  private static void assertBound(BoundSearch search, ScoreMode mode, float[] scores, int k) {
    IntBuffer[] layers = new IntBuffer[LAYERS.length];
    int from = 0;
    for (int layer = 0; layer < LAYERS.length; layer++) {
      layers[layer] = bits(Arrays.copyOfRange(scores, from, from + LAYERS[layer]));
      from += LAYERS[layer];
    }
    assertEquals(
        KthLargest.select(new IntBuffer[] {bits(scores)}, k, mode.bits()),
        search.kthLargest(layers, k));
  }

  private static IntBuffer bits(float[] scores) {
    FloatBuffer floats = FloatBuffer.wrap(scores);
    int[] bits = new int[scores.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(floats.get(i));
    }
    return IntBuffer.wrap(bits);
  }
}
