package io.pemn.packager.imports;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scores keep the weights that the authors' code keeps. */
class TopScoresTest {
  /** What Python says of {@code n - int((1 - k) * n)}. */
  @ParameterizedTest
  @CsvSource({
    "0.5, 10, 5",
    "0.5, 25, 13",
    "0.9, 10, 10",
    "0.8, 10, 9",
    "0.7, 10, 7",
    "0.1, 10, 1",
    "0.35, 100, 35",
    "0.3, 400, 120",
    "0.9, 1000, 901",
    "0.05, 23680, 1184",
    "0.001, 999, 1",
    "1, 7, 7"
  })
  void asManyAreKeptAsInPythonsArithmetic(double density, int scores, int kept) {
    float[] values = new float[scores];
    for (int i = 0; i < scores; i++) {
      values[i] = (i * 7919 % scores + 1) * (i % 2 == 0 ? 1 : -1);
    }
    assertEquals(kept, TopScores.of(values, density).mask().kept());
  }

  @Test
  void theGreatestAbsoluteScoresAreKept() {
    TopScores top = TopScores.of(new float[] {-3, 1, 2, -0.5f, 0, 2.5f}, 0.5);
    assertArrayEquals(new byte[] {1, 0, 1, 0, 0, 1}, top.mask().toBytes());
    assertFalse(top.isTied());
  }

  @Test
  void ofEqualScoresTheLaterOnesAreKeptAndItIsSaid() {
    TopScores top = TopScores.of(new float[] {1, -1, 2, 1, 1, 0}, 0.5);
    assertArrayEquals(new byte[] {0, 0, 1, 1, 1, 0}, top.mask().toBytes());
    assertTrue(top.isTied());
    assertArrayEquals(
        new byte[] {0, 0, 1, 1}, TopScores.of(new float[] {-0f, 0, 0, -0f}, 0.5).mask().toBytes());
    assertFalse(TopScores.of(new float[] {1, 1, 2, 2}, 0.5).isTied());
    assertFalse(TopScores.of(new float[] {1, 1}, 1).isTied());
  }

  @Test
  void theyAreThoseThatAStableSortPutsLast() {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      float[] scores = new float[1 + random.nextInt(60)];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = (random.nextInt(21) - 10) / 4f;
      }
      double density = 1 - random.nextDouble();
      int dropped = (int) ((1 - density) * scores.length);
      byte[] expected = new byte[scores.length];
      IntStream.range(0, scores.length)
          .boxed()
          .sorted((a, b) -> Float.compare(Math.abs(scores[a]), Math.abs(scores[b])))
          .skip(dropped)
          .forEach(i -> expected[i] = 1);
      assertArrayEquals(expected, TopScores.of(scores, density).mask().toBytes());
    }
  }
}
