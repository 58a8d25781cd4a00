package io.pemn.format.mask;

/**
 * Between which lengths a code is, found without coding. A code is as long as the information of
 * its bits, but for what {@link RangeEncoder} rounds: of an interval at least 2^31 wide it gives a
 * one up to 2^16 times its probability less than its share, and that to the zero.
 */
final class CostBounds {
  /** Bounds are counted in these parts of a bit. */
  private static final double UNIT = 1 << 20;

  /** What of an interval may be lost by rounding. */
  private static final double LOST = 1.0 / (1 << 15);

  /** What the meter's own logarithm may be wrong by, in bits. */
  private static final double ROUNDING = 1e-3;

  /** The least length of a one, and {@code 1 << 16} later of a zero, by a one's probability. */
  private static final int[] LEAST = new int[1 << 17];

  /** How much longer it can be. */
  private static final int[] SLACK = new int[1 << 17];

  static {
    for (int probability = 1; probability < 1 << 16; probability++) {
      double one = probability / 65536.0;
      double zero = 1 - one;
      set(probability, bits(one), bits(one * (1 - LOST)));
      set(1 << 16 | probability, bits(zero + one * LOST), bits(zero));
    }
  }

  private long least;
  private long slack;

  private static double bits(double share) {
    return -StrictMath.log(share) / StrictMath.log(2);
  }

  /** Rounds away from what is between the bounds. */
  private static void set(int index, double from, double to) {
    LEAST[index] = (int) Math.max(0, Math.floor(from * UNIT) - 1);
    SLACK[index] = (int) Math.ceil(to * UNIT) + 1 - LEAST[index];
  }

  /**
   * Adds bits.
   *
   * @param errors each bit, in 65536ths, less the probability that it is a one
   * @param count how many
   */
  void add(int[] errors, int count) {
    long least = 0;
    long slack = 0;
    for (int i = 0; i < count; i++) {
      int index = (1 << 16) - errors[i];
      least += LEAST[index];
      slack += SLACK[index];
    }
    add(least, slack);
  }

  private void add(long least, long slack) {
    this.least += least;
    this.slack += slack;
  }

  /** Adds so many ones and zeros of the same probability. */
  void add(int ones, int zeros, int probability) {
    add(
        (long) ones * LEAST[probability] + (long) zeros * LEAST[1 << 16 | probability],
        (long) ones * SLACK[probability] + (long) zeros * SLACK[1 << 16 | probability]);
  }

  /** Adds bits that are as likely 0 as 1. */
  void addEven(int bits) {
    int one = 1 << 15;
    int zero = 1 << 16 | one;
    int least = Math.min(LEAST[one], LEAST[zero]);
    int most = Math.max(LEAST[one] + SLACK[one], LEAST[zero] + SLACK[zero]);
    add((long) bits * least, (long) bits * (most - least));
  }

  /** No more bits than {@link CostMeter} counts of the same. */
  double least() {
    return least / UNIT - ROUNDING;
  }

  /** No fewer bits than {@link CostMeter} counts of the same. */
  double most() {
    return (least + slack) / UNIT + ROUNDING;
  }
}
