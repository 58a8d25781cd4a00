package io.pemn.format;

import io.pemn.format.CounterGenerator.Stream;

/**
 * How the values of a prototype are distributed; all have mean 0 and a mean square near 1.
 *
 * @since 0.1
 */
public enum Distribution {
  /**
   * Standard normal: the sum of twelve 16-bit uniform integers, centred and divided by 2^16
   * (Irwin-Hall of order 12). Mean and variance are the normal's to 2^-32, the distribution
   * function to 0.0023, and no value lies beyond 6. The sum is an integer below 2^19, so the one
   * conversion to float32 is exact.
   */
  NORMAL {
    @Override
    float value(long key, long index) {
      return centredSum(key, index) * 0x1p-16f;
    }

    @Override
    int magnitude(long key, long index) {
      return Math.abs(centredSum(key, index));
    }

    @Override
    float fromMagnitude(int magnitude) {
      return magnitude * 0x1p-16f;
    }

    private int centredSum(long key, long index) {
      int sum = -6 * 0xFFFF;
      for (long counter = 3 * index; counter < 3 * index + 3; counter++) {
        long word = CounterGenerator.word(key, counter);
        sum +=
            (int) (word & 0xFFFF)
                + (int) (word >>> 16 & 0xFFFF)
                + (int) (word >>> 32 & 0xFFFF)
                + (int) (word >>> 48);
      }
      return sum;
    }
  },

  /**
   * +1 or -1 with equal probability: the top bit of a word is the sign (Ramanujan et al., "What's
   * hidden in a randomly weighted neural network?", CVPR 2020, section 3).
   */
  SIGNED_CONSTANT {
    @Override
    float value(long key, long index) {
      return CounterGenerator.word(key, index) < 0 ? -1f : 1f;
    }

    @Override
    int magnitude(long key, long index) {
      return 1;
    }

    @Override
    float fromMagnitude(int magnitude) {
      return magnitude;
    }
  };

  /** Value {@code index} of a long prototype. */
  abstract float value(long key, long index);

  /** The size of draw {@code index}, as the integer that it is before conversion. */
  abstract int magnitude(long key, long index);

  abstract float fromMagnitude(int magnitude);

  /** The name on the command line and in messages, such as {@code signed-constant}. */
  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  static long valuesKey(long seed) {
    return CounterGenerator.key(seed, Stream.VALUES);
  }
}
