package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrototypeTest {
  @ParameterizedTest
  @EnumSource(Distribution.class)
  void aSpreadPrototypeHasAsManyPositiveAsNegativeValues(Distribution distribution) {
    for (int length : new int[] {2, 3, 4, 5, 6, 7, 41}) {
      for (int seed = 0; seed < 1000; seed++) {
        int negative = 0;
        for (float value : new Prototype(seed, distribution, length).values()) {
          negative += value < 0 ? 1 : 0;
        }
        assertTrue(Math.abs(length - 2 * negative) <= 1, "seed " + seed + ", length " + length);
      }
    }
  }

  @Test
  void noValueOfAVeryShortPrototypeIsNextToZero() {
    for (int length = 2; length <= 7; length++) {
      for (int seed = 0; seed < 1000; seed++) {
        for (float value : new Prototype(seed, Distribution.NORMAL, length).values()) {
          assertTrue(Math.abs(value) >= 0.05f, "seed " + seed + ", length " + length);
        }
      }
    }
  }

  @Test
  void theFirstValueOfASpreadPrototypeHasEitherSignAndAnyRank() {
    int negative = 0;
    int smallest = 0;
    for (int seed = 0; seed < 1000; seed++) {
      float[] values = new Prototype(seed, Distribution.NORMAL, 5).values();
      negative += values[0] < 0 ? 1 : 0;
      boolean first = true;
      for (float value : values) {
        first &= Math.abs(values[0]) <= Math.abs(value);
      }
      smallest += first ? 1 : 0;
    }
    assertEquals(500, negative, 100);
    assertEquals(200, smallest, 80);
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void aLongPrototypeHasMeanZeroAndMeanSquareOne(Distribution distribution) {
    double sum = 0;
    double squares = 0;
    int length = 200_000;
    for (float value : new Prototype(7, distribution, length).values()) {
      sum += value;
      squares += value * (double) value;
    }
    // Five standard errors of either.
    assertEquals(0, sum / length, 5 / Math.sqrt(length));
    assertEquals(1, squares / length, 5 * Math.sqrt(2.0 / length));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 1024, 1025, 5000})
  void everyStretchIsASliceOfTheValues(int length) {
    for (Distribution distribution : Distribution.values()) {
      Prototype prototype = new Prototype(-3, distribution, length);
      float[] values = prototype.values();
      for (int from : new int[] {0, 1, length / 2, length - 1, length}) {
        if (from > length) {
          continue;
        }
        int count = Math.min(600, length - from);
        float[] target = new float[count + 3];
        prototype.copyTo(from, target, 2, count);
        assertArrayEquals(
            Arrays.copyOfRange(values, from, from + count),
            Arrays.copyOfRange(target, 2, 2 + count));
        assertEquals(0f, target[1]);
        assertEquals(0f, target[count + 2]);
      }
    }
  }

  @Test
  void aStretchBeyondTheValuesOrTheTargetIsRefused() {
    Prototype prototype = new Prototype(1, Distribution.NORMAL, 10);
    assertThrows(IndexOutOfBoundsException.class, () -> prototype.copyTo(5, new float[20], 0, 6));
    assertThrows(IndexOutOfBoundsException.class, () -> prototype.copyTo(0, new float[20], 18, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> prototype.copyTo(-1, new float[20], 0, 3));
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, Prototype.MAX_LENGTH + 1})
  void anImpossibleLengthIsRefused(int length) {
    assertThrows(
        IllegalArgumentException.class, () -> new Prototype(0, Distribution.NORMAL, length));
  }

  @Test
  void differentSeedsGiveDifferentValues() {
    for (int length : new int[] {5, 5000}) {
      assertFalse(
          Arrays.equals(
              new Prototype(1, Distribution.NORMAL, length).values(),
              new Prototype(2, Distribution.NORMAL, length).values()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 1000, 100_000})
  void aPermutationHoldsEveryElementOnce(int n) {
    int[] sorted = Prototype.permutation(99, n);
    Arrays.sort(sorted);
    assertArrayEquals(IntStream.range(0, n).toArray(), sorted);
  }

  @Test
  void everyPermutationOfThreeElementsIsAboutAsLikely() {
    int[] counts = new int[27];
    for (int seed = 0; seed < 6000; seed++) {
      int[] p = Prototype.permutation(seed, 3);
      counts[9 * p[0] + 3 * p[1] + p[2]]++;
    }
    assertEquals(6, Arrays.stream(counts).filter(count -> count > 0).count());
    Arrays.stream(counts).filter(count -> count > 0).forEach(c -> assertEquals(1000, c, 150));
  }
}
