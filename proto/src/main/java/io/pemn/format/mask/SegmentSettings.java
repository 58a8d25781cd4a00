package io.pemn.format.mask;

/**
 * How a segment's model learns, as its encoder has chosen and its code says.
 *
 * @param rows how far rows differ: 0 (not at all) to 3
 * @param columns the same of columns
 * @param distance how far before a bit stands the one that, beside the bit right before, says
 *     something about it: 1 to the row's length - 1, or 0 if neither does
 */
record SegmentSettings(int rows, int columns, int distance) {
  /** Bits of {@code rows} and of {@code columns}. */
  static final int STRENGTH_BITS = 2;

  private static final int[] PRECISIONS = {0, 32 << 16, 4 << 16, 1 << 16};

  long rowPrecision() {
    return PRECISIONS[rows];
  }

  long columnPrecision() {
    return PRECISIONS[columns];
  }

  /** How many bits numbers from 0 to a greatest one take; 0 if that is 0. */
  static int bits(int greatest) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(greatest);
  }
}
