package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaddingTest {
  private static final int[] LAYER_SIZES = {0, 1, 2, 63, 64, 65, 200, 500};

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 64, 100})
  void valuesRepeatWithoutEndFromEveryOffset(int length) {
    Prototype prototype = new Prototype(3, Distribution.NORMAL, length);
    float[] values = prototype.values();
    for (Padding padding : new Padding[] {Padding.of(prototype, 0), Padding.of(values, 3, 0)}) {
      for (int size : LAYER_SIZES) {
        for (int offset = 0; offset <= 2 * length + 1; offset++) {
          float[] expected = new float[size];
          for (int i = 0; i < size; i++) {
            expected[i] = values[(offset + i) % length];
          }
          float[] filled = new float[size];
          padding.fill(offset, filled);
          assertSameBits(expected, filled);
        }
      }
    }
  }

  @Test
  void anOffsetFarBeyondTheValuesIsReadModuloTheirNumber() {
    float[] filled = new float[4];
    Padding.of(new float[] {1, 2, 3}, 0, 0).fill((1L << 62) - (1L << 62) % 3 + 2, filled);
    assertSameBits(new float[] {3, 1, 2, 3}, filled);
  }

  @Test
  void aLongPrototypeIsReadByStretchAsIfItWereKept() {
    int length = (1 << 20) + 77;
    Prototype prototype = new Prototype(5, Distribution.NORMAL, length);
    Padding generated = Padding.of(prototype, 0);
    Padding kept = Padding.of(prototype.values(), 5, 0);
    for (long offset : new long[] {0, 1, 1 << 19, length - 1, length - 100, 3L * length + 9}) {
      for (int size : new int[] {1, 1000, length + 1000}) {
        float[] expected = new float[size];
        float[] filled = new float[size];
        kept.fill(offset, expected);
        generated.fill(offset, filled);
        assertSameBits(expected, filled);
      }
    }
  }

  @Test
  void aStretchOfALongPrototypeBeginsAnewAtItsEndAndLeavesWhatStandsBehindIt() {
    int length = (1 << 20) + 77;
    Prototype prototype = new Prototype(5, Distribution.NORMAL, length);
    Padding generated = Padding.of(prototype, 0);
    Padding kept = Padding.of(prototype.values(), 5, 0);
    for (int count : new int[] {1, 10, 64, 75, 128}) {
      for (int size : new int[] {64 + count, 200}) {
        LayerMask mask = new LayerMask.Keep(Mask.all(size));
        for (long offset : new long[] {0, length - 10, length - 64, length - 65, length - 1}) {
          float[] expected = new float[count + 2];
          float[] rebuilt = new float[count + 2];
          kept.rebuild(offset, 3, mask, 64, expected, 1, count);
          generated.rebuild(offset, 3, mask, 64, rebuilt, 1, count);
          assertSameBits(expected, rebuilt);
          assertEquals(0, rebuilt[0]);
          assertEquals(0, rebuilt[count + 1]);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 64, 100})
  void shuffledPaddingReadsTheRepeatedValuesThroughOnePermutation(int length) {
    Prototype prototype = new Prototype(11, Distribution.NORMAL, length);
    float[] values = prototype.values();
    int shuffledLength = 300;
    int[] permutation = Prototype.permutation(11, shuffledLength);
    for (Padding padding :
        new Padding[] {
          Padding.of(prototype, shuffledLength), Padding.of(values, 11, shuffledLength)
        }) {
      for (int size : new int[] {1, 64, 250}) {
        for (int offset : new int[] {0, 1, 50}) {
          float[] expected = new float[size];
          for (int i = 0; i < size; i++) {
            expected[i] = values[permutation[offset + i] % length];
          }
          float[] filled = new float[size];
          padding.fill(offset, filled);
          assertSameBits(expected, filled);
        }
      }
      assertThrows(IndexOutOfBoundsException.class, () -> padding.fill(51, new float[250]));
    }
  }

  @Test
  void keptWeightsAreValueTimesScaleAndAllOthersPositiveZero() {
    Random random = new Random(1);
    for (int shuffledLength : new int[] {0, 1000}) {
      Padding padding = Padding.of(new Prototype(2, Distribution.NORMAL, 41), shuffledLength);
      for (int size : new int[] {1, 63, 64, 65, 128, 500, 990}) {
        for (float scale : new float[] {0.1f, -0.37f, 0f, 1e-42f, 3e38f}) {
          float[] values = new float[size];
          padding.fill(10, values);
          byte[] kept = new byte[size];
          random.nextBytes(kept);
          float[] expected = new float[size];
          for (int i = 0; i < size; i++) {
            kept[i] &= 1;
            expected[i] = kept[i] != 0 ? values[i] * scale : +0.0f;
          }
          LayerMask mask = new LayerMask.Keep(Mask.ofBytes(kept));
          float[] rebuilt = new float[size];
          padding.rebuild(10, scale, mask, 0, rebuilt);
          assertSameBits(expected, rebuilt);

          for (int from = 0; from < size; from += 64) {
            float[] stretch = new float[Math.min(size - from, 130)];
            padding.rebuild(10, scale, mask, from, stretch);
            assertSameBits(Arrays.copyOfRange(expected, from, from + stretch.length), stretch);
          }
        }
      }
    }
  }

  @Test
  void everyKindOfMaskGivesValueTimesScaleWithItsSignInvertedOrPositiveZero() {
    Random random = new Random(2);
    for (int shuffledLength : new int[] {0, 1000}) {
      Padding padding = Padding.of(new Prototype(2, Distribution.NORMAL, 41), shuffledLength);
      for (int size : new int[] {0, 1, 63, 64, 65, 128, 500, 990}) {
        for (float scale : new float[] {0.1f, -0.37f, 0f, -0f, 1e-42f, 3e38f}) {
          for (int keptOfTen : new int[] {0, 3, 10}) {
            Mask kept = random(random, size, keptOfTen);
            Mask any = random(random, size, 5);
            Mask signs = any.gather(kept).scatter(kept);
            assertRebuilds(padding, scale, new LayerMask.Ternary(kept, signs));
            assertRebuilds(padding, scale, new LayerMask.Sign(any));
            assertRebuilds(padding, scale, new LayerMask.Keep(kept));
          }
        }
      }
    }
  }

  @Test
  void theKeptValuesOfALongPrototypeAreThoseThatAllOfThemWouldBe() {
    Random random = new Random(3);
    int length = (1 << 20) + 77;
    Prototype prototype = new Prototype(5, Distribution.NORMAL, length);
    Padding generated = Padding.of(prototype, 0);
    int size = 9001;
    Mask kept = random(random, size, 4);
    Mask signs = random(random, size, 5);
    LayerMask[] masks = {
      new LayerMask.Keep(kept),
      new LayerMask.Sign(signs),
      new LayerMask.Ternary(kept, signs.gather(kept).scatter(kept))
    };
    for (Padding other :
        new Padding[] {
          Padding.of(prototype.values(), 5, 0), Padding.of(prototype, 0, 2L * length)
        }) {
      for (long offset : new long[] {0, length - 4500, 7L * length - 1}) {
        for (LayerMask mask : masks) {
          float[] expected = new float[size];
          other.rebuild(offset, 0.3f, mask, 0, expected);
          float[] rebuilt = new float[size];
          Arrays.fill(rebuilt, Float.NaN);
          generated.rebuild(offset, 0.3f, mask, 0, rebuilt, 0, 64);
          generated.rebuild(offset, 0.3f, mask, 64, rebuilt, 64, 5000);
          generated.rebuild(offset, 0.3f, mask, 5056, rebuilt, 5056, size - 5056);
          assertSameBits(expected, rebuilt);
        }
      }
    }
  }

  @Test
  void aStretchLeavesTheRestOfItsArrayAlone() {
    LayerMask mask = new LayerMask.Keep(Mask.all(200));
    float[] rebuilt = new float[10];
    Padding.of(new float[] {1, 2, 3}, 0, 0).rebuild(1, 2, mask, 64, rebuilt, 4, 3);
    assertSameBits(new float[] {0, 0, 0, 0, 6, 2, 4, 0, 0, 0}, rebuilt);
  }

  @Test
  void aNegatedZeroIsNegativeAndAnInfiniteProductKeepsItsSign() {
    float[] rebuilt = new float[4];
    Padding padding = Padding.of(new float[] {0, -0f, 2, -2}, 0, 0);
    LayerMask negating = new LayerMask.Sign(Mask.all(4));
    padding.rebuild(0, Float.MAX_VALUE, negating, 0, rebuilt);
    assertSameBits(new float[] {-0f, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}, rebuilt);
  }

  /** The whole layer, and stretches of it, against one weight at a time. */
  private static void assertRebuilds(Padding padding, float scale, LayerMask mask) {
    int size = mask.size();
    float[] expected = new float[size];
    padding.fill(10, expected);
    for (int i = 0; i < size; i++) {
      float weight = expected[i] * scale;
      if (!mask.kept().keeps(i)) {
        expected[i] = +0.0f;
      } else {
        expected[i] = mask.negated().keeps(i) ? -weight : weight;
      }
    }
    float[] rebuilt = new float[size];
    padding.rebuild(10, scale, mask, 0, rebuilt);
    assertSameBits(expected, rebuilt);
    for (int from = 0; from < size; from += 64) {
      for (int length : new int[] {1, 64, 130}) {
        float[] stretch = new float[Math.min(size - from, length)];
        padding.rebuild(10, scale, mask, from, stretch);
        assertSameBits(Arrays.copyOfRange(expected, from, from + stretch.length), stretch);
      }
    }
  }

  private static Mask random(Random random, int size, int ofTen) {
    byte[] kept = new byte[size];
    for (int i = 0; i < size; i++) {
      kept[i] = (byte) (random.nextInt(10) < ofTen ? 1 : 0);
    }
    return Mask.ofBytes(kept);
  }

  @Test
  void aNegativeValueThatIsNotKeptGivesPositiveZero() {
    float[] rebuilt = new float[100];
    Padding.of(new float[] {-1}, 0, 0)
        .rebuild(0, 2, new LayerMask.Keep(Mask.none(100)), 0, rebuilt);
    for (float weight : rebuilt) {
      assertEquals(0, Float.floatToRawIntBits(weight));
    }
  }

  @Test
  void stretchesMustStartAtAWordOfTheMaskAndEndWithinIt() {
    Padding padding = Padding.of(new float[] {1}, 0, 0);
    LayerMask mask = new LayerMask.Keep(Mask.none(100));
    assertThrows(
        IllegalArgumentException.class, () -> padding.rebuild(0, 1, mask, 1, new float[5]));
    assertThrows(
        IndexOutOfBoundsException.class, () -> padding.rebuild(0, 1, mask, 64, new float[37]));
    assertThrows(
        IndexOutOfBoundsException.class, () -> padding.rebuild(0, 1, mask, 0, new float[9], 5, 5));
  }

  @Test
  void explicitValuesAreCopiedAndMustNotBeEmpty() {
    float[] values = {1, 2};
    Padding padding = Padding.of(values, 0, 0);
    values[0] = 9;
    float[] filled = new float[3];
    padding.fill(0, filled);
    assertSameBits(new float[] {1, 2, 1}, filled);
    assertThrows(IllegalArgumentException.class, () -> Padding.of(new float[0], 0, 0));
  }

  @Test
  void aNegativeOffsetIsRefused() {
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Padding.of(new float[] {1}, 0, 0).fill(-1, new float[1]));
  }

  private static void assertSameBits(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      int index = i;
      assertEquals(
          Float.floatToRawIntBits(expected[i]),
          Float.floatToRawIntBits(actual[i]),
          () -> "weight " + index);
    }
  }
}
