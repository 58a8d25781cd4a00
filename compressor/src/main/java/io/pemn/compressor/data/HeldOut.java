package io.pemn.compressor.data;

import io.pemn.compressor.data.SeededRandom.Purpose;

/**
 * Decides, where a data set has no test part of its own, which samples are kept for testing: about
 * one in five, by a hash of the sample's key alone, so that samples added later move none of those
 * before.
 */
final class HeldOut {
  private static final int ONE_IN = 5;

  /** Fixed forever: another seed would test networks on samples they were trained on. */
  private static final long SEED = 0;

  private HeldOut() {}

  /**
   * Returns which of some samples are for testing. Of two or more, at least one is and at least one
   * is not; a single one is not.
   *
   * @param keys a number for each sample that never changes
   */
  static boolean[] of(long[] keys) {
    boolean[] heldOut = new boolean[keys.length];
    int count = 0;
    for (int i = 0; i < keys.length; i++) {
      heldOut[i] = SeededRandom.of(Purpose.HELD_OUT, SEED, keys[i]).below(ONE_IN) == 0;
      count += heldOut[i] ? 1 : 0;
    }
    if (count == 0 && keys.length > 1) {
      heldOut[keys.length - 1] = true;
    } else if (count == keys.length && keys.length > 0) {
      heldOut[0] = false;
    }
    return heldOut;
  }
}
