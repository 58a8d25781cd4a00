package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class Float16Test {
  @Test
  void everyHalfComesBackFromItsFloat() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertEquals((short) bits, Float16.fromFloat(Float16.toFloat((short) bits)));
    }
  }

  @Test
  void halvesAreTheNumbersOfTheStandard() {
    assertEquals(0f, Float16.toFloat((short) 0));
    assertEquals(-0f, Float16.toFloat((short) 0x8000));
    assertEquals(1f, Float16.toFloat((short) 0x3C00));
    assertEquals(-2f, Float16.toFloat((short) 0xC000));
    assertEquals(65504f, Float16.toFloat((short) 0x7BFF));
    assertEquals(0x1p-14f, Float16.toFloat((short) 0x0400));
    assertEquals(0x1p-24f, Float16.toFloat((short) 0x0001));
    assertEquals(0x1p-14f - 0x1p-24f, Float16.toFloat((short) 0x03FF));
    assertEquals(0.33325195f, Float16.toFloat((short) 0x3555));
    assertEquals(Float.POSITIVE_INFINITY, Float16.toFloat((short) 0x7C00));
    assertEquals(Float.NEGATIVE_INFINITY, Float16.toFloat((short) 0xFC00));
    assertTrue(Float.isNaN(Float16.toFloat((short) 0x7E00)));
  }

  @Test
  void tiesGoToTheEvenHalf() {
    assertHalf(0x3C00, 1f + 0x1p-11f);
    assertHalf(0x3C02, 1f + 3 * 0x1p-11f);
    assertHalf(0x3C01, Math.nextUp(1f + 0x1p-11f));
    assertHalf(0x3C01, Math.nextDown(1f + 3 * 0x1p-11f));
    assertHalf(0x4000, Math.nextDown(2f));
    assertHalf(0xBC00, -1f - 0x1p-11f);
  }

  @Test
  void smallNumbersRoundToMultiplesOfTheSmallestHalf() {
    assertHalf(0x0000, 0x1p-25f);
    assertHalf(0x8000, -0x1p-25f);
    assertHalf(0x0001, Math.nextUp(0x1p-25f));
    assertHalf(0x0001, 0x1p-24f);
    assertHalf(0x0002, 1.5f * 0x1p-24f);
    assertHalf(0x0002, 2.5f * 0x1p-24f);
    assertHalf(0x0003, Math.nextUp(2.5f * 0x1p-24f));
    assertHalf(0x0400, Math.nextDown(0x1p-14f));
    assertHalf(0x0000, Float.MIN_VALUE);
    assertHalf(0x8000, -Float.MIN_NORMAL);
  }

  @Test
  void greatNumbersBecomeInfinite() {
    assertHalf(0x7BFF, 65504f);
    assertHalf(0x7BFF, Math.nextDown(65520f));
    assertHalf(0x7C00, 65520f);
    assertHalf(0xFC00, -65520f);
    assertHalf(0x7C00, Float.MAX_VALUE);
    assertHalf(0x7C00, Float.POSITIVE_INFINITY);
  }

  @Test
  void aNanStaysOne() {
    assertHalf(0x7E00, Float.NaN);
    assertHalf(0x7E00, Float.intBitsToFloat(0x7F80_0001));
    assertHalf(0xFE01, Float.intBitsToFloat(0xFFC0_2000));
  }

  @Test
  void noOtherHalfIsNearer() {
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (!(Math.abs(value) < 65504)) {
        continue;
      }
      short half = Float16.fromFloat(value);
      double error = Math.abs((double) value - Float16.toFloat(half));
      int magnitude = half & 0x7FFF;
      for (int other = Math.max(0, magnitude - 1); other <= magnitude + 1; other++) {
        float neighbour = Float16.toFloat((short) (half & 0x8000 | other));
        assertTrue(error <= Math.abs((double) value - neighbour), () -> "of " + value);
      }
    }
  }

  private static void assertHalf(int expected, float value) {
    assertEquals((short) expected, Float16.fromFloat(value), () -> "of " + value);
  }
}
