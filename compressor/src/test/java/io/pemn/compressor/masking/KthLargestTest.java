package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KthLargestTest {
  @Test
  void everyRankOfSmallListsIsWhatSortingFinds() {
    SplittableRandom random = new SplittableRandom(1);
    for (int size : new int[] {1, 2, 3, 10, 100}) {
      float[] scores = scores(size, random);
      for (int k = 1; k <= size; k++) {
        assertEquals(sorted(scores, false)[size - k], select(scores, k, -1), "rank " + k);
        assertEquals(
            sorted(scores, true)[size - k], select(scores, k, 0x7FFFFFFF), "absolute rank " + k);
      }
    }
  }

  @Test
  void tiesZerosDenormalsAndInfinitiesHaveTheirPlace() {
    float[] scores = {
      0f,
      0f,
      -1f,
      1f,
      1f,
      Float.MIN_VALUE,
      -Float.MIN_VALUE,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.MAX_VALUE,
      1.0000001f,
      1f
    };
    float[] sorted = sorted(scores, false);
    for (int k = 1; k <= scores.length; k++) {
      assertEquals(sorted[scores.length - k], select(scores, k, -1), "rank " + k);
    }
  }

  @Test
  void anArrayOfTheEngineIsReadWhereItIs() {
    SplittableRandom random = new SplittableRandom(2);
    float[] scores = scores(20_000, random);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = manager.create(scores).reshape(100, 200);
      for (int k : new int[] {1, 7_000, 10_000, 20_000}) {
        assertEquals(
            sorted(scores, false)[scores.length - k], KthLargest.of(array, k, ScoreMode.SIGNED));
        assertEquals(
            sorted(scores, true)[scores.length - k], KthLargest.of(array, k, ScoreMode.ABSOLUTE));
      }
    }
  }

  private static float[] scores(int size, SplittableRandom random) {
    float[] scores = new float[size];
    for (int i = 0; i < size; i++) {
      scores[i] = (float) ((2 * random.nextDouble() - 1) * Math.pow(10, random.nextInt(-6, 3)));
    }
    return scores;
  }

  private static float[] sorted(float[] scores, boolean absolute) {
    float[] sorted = scores.clone();
    for (int i = 0; absolute && i < sorted.length; i++) {
      sorted[i] = Math.abs(sorted[i]);
    }
    Arrays.sort(sorted);
    return sorted;
  }

  private static float select(float[] scores, int k, int mask) {
    int[] bits =
        IntStream.range(0, scores.length).map(i -> Float.floatToRawIntBits(scores[i])).toArray();
    return KthLargest.select(new IntBuffer[] {IntBuffer.wrap(bits)}, k, mask);
  }
}
