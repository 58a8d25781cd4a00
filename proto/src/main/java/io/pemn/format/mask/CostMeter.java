package io.pemn.format.mask;

/** Says how long a code would be. */
final class CostMeter implements BitSink {
  private long range = 1L << 32;
  private long words;

  @Override
  public void put(int bit, int probability) {
    if (range < 1L << 31) {
      range <<= 32;
      words++;
    }
    long ones = (range >>> 16) * probability;
    range = bit == 0 ? range - ones : ones;
  }

  /** Bits so far. */
  double bits() {
    return 32.0 * (words + 1) - StrictMath.log((double) range) / StrictMath.log(2);
  }
}
