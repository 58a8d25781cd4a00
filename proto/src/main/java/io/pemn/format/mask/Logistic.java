package io.pemn.format.mask;

/**
 * The logistic function in whole numbers: probabilities are 65536ths from 1 to 65535, logits are
 * 65536ths.
 */
final class Logistic {
  /** The greatest logit that counts start from. */
  static final int LIMIT = 11 << 16;

  /** One entry of the table is this many bits of a logit. */
  static final int SHIFT = 10;

  /** The table's entry of logit 0. */
  static final int MIDDLE = 36 << 16 >> SHIFT;

  /** 2^32 times e^(-1/64), to the nearest whole number. */
  private static final long STEP = 4_228_380_000L;

  private static final char[] PROBABILITIES = new char[2 * MIDDLE + 1];

  static {
    long odds = 1 << 30;
    for (int i = 0; i <= MIDDLE; i++) {
      int probability = Math.max(1, (int) ((odds << 16) / ((1 << 30) + odds)));
      PROBABILITIES[MIDDLE - i] = (char) probability;
      PROBABILITIES[MIDDLE + i] = (char) (65536 - probability);
      odds = odds * STEP >>> 32;
    }
  }

  private Logistic() {}

  /**
   * The probability of every logit that is a multiple of 1/64, that of 0 being number {@link
   * #MIDDLE}. Not to be changed.
   */
  static char[] probabilities() {
    return PROBABILITIES;
  }

  /** The greatest multiple of 1/64 up to 11 whose probability is at most the one given, or -11. */
  static int logit(int probability) {
    int logit = LIMIT;
    while (logit > -LIMIT && PROBABILITIES[MIDDLE + (logit >> SHIFT)] > probability) {
      logit -= 1 << SHIFT;
    }
    return logit;
  }

  /** Of so many positions, so many ones: a probability from 1 to 65535. */
  static int probability(int ones, int positions) {
    return (int) Math.min(65535, Math.max(1, ((long) ones << 16) / positions));
  }
}
