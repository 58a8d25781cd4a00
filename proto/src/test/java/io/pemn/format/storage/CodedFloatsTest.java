package io.pemn.format.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.NumberType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Floats in fewer bytes, and what they are afterwards. */
class CodedFloatsTest {
  private static final float[] NORMAL = normal(1000, 1);

  private static float[] normal(int size, float scale) {
    Random random = new Random(4);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian() * scale;
    }
    return values;
  }

  @Test
  void fullFloatsKeepEveryBit() {
    float[] values = {0, -0.0f, 1e-45f, Float.MAX_VALUE, Float.NaN, Float.NEGATIVE_INFINITY};
    CodedFloats coded = CodedFloats.of(values, FloatCoding.FP32);
    assertEquals(NumberType.FLOAT32, coded.type());
    assertArrayEquals(values, coded.values());
    assertEquals(1 / coded.values()[1], Float.NEGATIVE_INFINITY);
  }

  @ParameterizedTest
  @CsvSource({"FP16, FLOAT16, 2, 0.0005", "BF16, BFLOAT16, 2, 0.004", "INT8, INT8, 1, 0.02"})
  void othersAreTheNearestNumbersOfTheirType(
      FloatCoding coding, NumberType type, int width, float error) {
    CodedFloats coded = CodedFloats.of(NORMAL, coding);
    assertEquals(type, coded.type());
    assertEquals(width * NORMAL.length, coded.data().length);
    float[] values = coded.values();
    for (int i = 0; i < values.length; i++) {
      float step = coding == FloatCoding.INT8 ? coded.scale() : Math.abs(NORMAL[i]) * 2 * error;
      assertEquals(NORMAL[i], values[i], step * 0.5001f + 1e-7f);
    }
    // What is coded once does not change any more.
    if (coding != FloatCoding.INT8) {
      assertArrayEquals(values, CodedFloats.of(values, coding).values());
    }
  }

  @ParameterizedTest
  @EnumSource
  void equalNumbersGiveEqualBytes(FloatCoding coding) {
    CodedFloats first = CodedFloats.of(NORMAL, coding);
    CodedFloats second = CodedFloats.of(NORMAL.clone(), coding);
    assertArrayEquals(first.data(), second.data());
    assertEquals(first.scale(), second.scale());
  }

  @Test
  void theGreatestMagnitudeIsThe127thStepOfInt8() {
    float[] values = normal(20, 1);
    values[7] = -5;
    CodedFloats coded = CodedFloats.of(values, FloatCoding.INT8);
    assertEquals(5f / 127, coded.scale());
    assertEquals(-127, coded.data()[7]);
    assertEquals(-127 * coded.scale(), coded.values()[7]);
    for (byte number : coded.data()) {
      assertTrue(number >= -127);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FP16, 65504, FLOAT16",
    "FP16, 65519, FLOAT16",
    "FP16, 65520, BFLOAT16",
    "FP16, -1e38, BFLOAT16",
    "FP16, 3.4e38, FLOAT32",
    "BF16, 3.4e38, FLOAT32",
    "FP16, NaN, FLOAT32",
    "BF16, Infinity, FLOAT32",
    "INT8, NaN, FLOAT32",
    "INT8, -Infinity, FLOAT32",
    "INT8, 5, INT8",
    "INT8, 50, BFLOAT16",
    "INT8, 70000, BFLOAT16",
    "INT8, 3.4e38, FLOAT32"
  })
  void whatATypeCannotHaveFallsBackToTheNextWiderOne(
      FloatCoding coding, float odd, NumberType type) {
    float[] values = normal(20, 1);
    values[3] = odd;
    CodedFloats coded = CodedFloats.of(values, coding);
    assertEquals(type, coded.type());
    assertEquals(Float.isFinite(odd), Float.isFinite(coded.values()[3]));
  }

  @Test
  void int8IsNotTakenWhereItsScaleIsNotWorthIt() {
    assertEquals(NumberType.BFLOAT16, CodedFloats.of(normal(8, 1), FloatCoding.INT8).type());
    assertEquals(NumberType.INT8, CodedFloats.of(normal(9, 1), FloatCoding.INT8).type());
    float[] ones = new float[31];
    Arrays.fill(ones, 1);
    assertEquals(NumberType.BFLOAT16, CodedFloats.of(ones, FloatCoding.INT8).type());
    assertArrayEquals(ones, CodedFloats.of(ones, FloatCoding.INT8).values());
    assertEquals(NumberType.BFLOAT16, CodedFloats.of(new float[30], FloatCoding.INT8).type());
    assertEquals(NumberType.BFLOAT16, CodedFloats.of(new float[0], FloatCoding.INT8).type());
    // Sparse numbers, and such with a few large ones.
    float[] sparse = new float[30];
    for (int place : new int[] {4, 15}) {
      Arrays.fill(sparse, 0);
      sparse[place] = 1;
      assertEquals(NumberType.BFLOAT16, CodedFloats.of(sparse, FloatCoding.INT8).type());
    }
    // A scale that would be 0 has no multiples.
    assertEquals(NumberType.BFLOAT16, CodedFloats.of(normal(30, 1e-45f), FloatCoding.INT8).type());
  }

  @Test
  void integersStandForNoFloats() {
    ByteBuffer byteBuffer = ByteBuffer.allocate(8);
    for (NumberType type : NumberType.values()) {
      boolean floats =
          type == NumberType.FLOAT32 || type == NumberType.FLOAT16 || type == NumberType.BFLOAT16;
      assertEquals(floats, CodedFloats.isFloats(type, 0));
      if (!floats) {
        assertThrows(IllegalArgumentException.class, () -> CodedFloats.decode(type, 0, byteBuffer));
      }
    }
    assertTrue(CodedFloats.isFloats(NumberType.INT8, 1));
  }

  @Test
  void aScaleIsGreaterThanZeroAndHasFiniteMultiples() {
    for (float scale : new float[] {Float.MIN_VALUE, 1, 2.6e36f}) {
      assertTrue(CodedFloats.isScale(scale), scale + "");
    }
    for (float scale : new float[] {0, -0.0f, -1, 2.7e36f, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertFalse(CodedFloats.isScale(scale), scale + "");
    }
  }

  @Test
  void constantsAreSeenByTheirBits() {
    assertTrue(constant(NumberType.FLOAT32, 1, 2, 3, 4, 1, 2, 3, 4));
    assertFalse(constant(NumberType.FLOAT32, 1, 2, 3, 4, 1, 2, 3, 5));
    assertFalse(constant(NumberType.FLOAT32, 1, 2, 3, 4));
    assertFalse(constant(NumberType.FLOAT32));
    assertFalse(constant(NumberType.INT8, 1));
    assertTrue(constant(NumberType.INT8, 7, 7, 7));
    assertTrue(constant(NumberType.INT16, 1, 2, 1, 2));
    // 0 and -0.
    assertFalse(constant(NumberType.FLOAT16, 0, 0, 0, 0x80));
  }

  private static boolean constant(NumberType type, int... bytes) {
    ByteBuffer data = ByteBuffer.allocate(bytes.length + 3).position(2);
    for (int value : bytes) {
      data.put((byte) value);
    }
    return CodedFloats.isConstant(type, data.limit(data.position()).position(2));
  }
}
