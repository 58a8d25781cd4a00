package io.pemn.format;

/**
 * IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. Magnitudes reach from 2^-24 to
 * 65504.
 *
 * @since 0.1
 */
public final class Float16 {
  private static final int FLOAT_INFINITY = 0x7F80_0000;
  private static final int INFINITY = 0x7C00;
  private static final int QUIET = 0x0200;
  private static final int FRACTION = 0x03FF;

  /** 65520, half way between the greatest binary16 and the one that would follow it. */
  private static final int OVERFLOW = 0x477F_F000;

  /** 2^-14, the smallest magnitude with a full fraction. */
  private static final int SMALLEST_NORMAL = 0x3880_0000;

  /** 2^-25, half of the smallest magnitude. */
  private static final int UNDERFLOW = 0x3300_0000;

  /** Fraction bits that a float has more. */
  private static final int DROPPED_BITS = 13;

  /** Difference of the exponents' biases, 127 - 15. */
  private static final int BIAS = 112;

  private Float16() {}

  /**
   * The number with these bits, exactly; a NaN keeps its sign and fraction.
   *
   * @param bits any 16 bits
   * @return the number
   */
  public static float toFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >>> 10 & 0x1F;
    int fraction = bits & FRACTION;
    if (exponent == 0) {
      // A multiple of 2^-24.
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(fraction * 0x1p-24f));
    }
    int magnitude =
        exponent == 0x1F
            ? FLOAT_INFINITY | fraction << DROPPED_BITS
            : exponent + BIAS << 23 | fraction << DROPPED_BITS;
    return Float.intBitsToFloat(sign | magnitude);
  }

  /**
   * The bits of the nearest number, of two equally near ones that with an even fraction; infinity
   * from 65520 on. A NaN stays a NaN of the same sign.
   *
   * @param value any float
   * @return 16 bits
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7FFF_FFFF;
    if (magnitude > FLOAT_INFINITY) {
      int fraction = magnitude >>> DROPPED_BITS & FRACTION;
      return (short) (sign | INFINITY | (fraction == 0 ? QUIET : fraction));
    }
    if (magnitude >= OVERFLOW) {
      return (short) (sign | INFINITY);
    }
    if (magnitude >= SMALLEST_NORMAL) {
      int odd = magnitude >>> DROPPED_BITS & 1;
      int rounded = magnitude - (BIAS << 23) + 0x0FFF + odd;
      return (short) (sign | rounded >>> DROPPED_BITS);
    }
    if (magnitude <= UNDERFLOW) {
      return (short) sign;
    }
    int significand = magnitude & 0x007F_FFFF | 0x0080_0000;
    int shift = 126 - (magnitude >>> 23);
    int units = significand >>> shift;
    int rest = significand & (1 << shift) - 1;
    int half = 1 << shift - 1;
    if (rest > half || rest == half && (units & 1) == 1) {
      units++;
    }
    return (short) (sign | units);
  }
}
