package io.pemn.format;

/**
 * The upper half of an IEEE 754 binary32: 1 bit of sign, 8 of exponent, 7 of fraction.
 *
 * @since 0.1
 */
public final class BFloat16 {
  private static final int QUIET = 0x0040;

  private BFloat16() {}

  /**
   * The number with these bits, exactly; a NaN keeps its sign and fraction.
   *
   * @param bits any 16 bits
   * @return the number
   */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /**
   * The bits of the nearest number, of two equally near ones that with an even fraction; infinity
   * beyond the greatest. A NaN stays a NaN of the same sign.
   *
   * @param value any float
   * @return 16 bits
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      int upper = bits >>> 16;
      return (short) ((upper & 0x007F) == 0 ? upper | QUIET : upper);
    }
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }
}
