package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class BFloat16Test {
  @Test
  void everyNumberComesBackFromItsFloat() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertEquals((short) bits, BFloat16.fromFloat(BFloat16.toFloat((short) bits)));
    }
  }

  @Test
  void tiesGoToTheEvenNumber() {
    assertBits(0x3F80, 1f + 0x1p-8f);
    assertBits(0x3F82, 1f + 3 * 0x1p-8f);
    assertBits(0x3F81, Math.nextUp(1f + 0x1p-8f));
    assertBits(0xBF80, -1f - 0x1p-8f);
    assertBits(0x0000, Float.MIN_VALUE);
    assertBits(0x0001, Float.intBitsToFloat(0x0000_8001));
  }

  @Test
  void theGreatestFloatsBecomeInfinite() {
    assertBits(0x7F7F, Float.intBitsToFloat(0x7F7F_7FFF));
    assertBits(0x7F80, Float.intBitsToFloat(0x7F7F_8000));
    assertBits(0xFF80, -Float.MAX_VALUE);
    assertBits(0x7F80, Float.POSITIVE_INFINITY);
  }

  @Test
  void aNanStaysOne() {
    assertBits(0x7FC0, Float.NaN);
    assertBits(0x7FC0, Float.intBitsToFloat(0x7F80_0001));
    assertBits(0xFFFF, Float.intBitsToFloat(0xFFFF_FFFF));
  }

  private static void assertBits(int expected, float value) {
    assertEquals((short) expected, BFloat16.fromFloat(value), () -> "of " + value);
  }
}
