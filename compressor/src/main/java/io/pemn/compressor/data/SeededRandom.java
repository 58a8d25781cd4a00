package io.pemn.compressor.data;

import java.util.SplittableRandom;

/**
 * Draws that depend on a purpose, a seed and coordinates (an epoch, a position in it) only, so that
 * no draw depends on how many were made before it elsewhere.
 *
 * <p>Bounded draws are computed here from {@link SplittableRandom#nextLong}: how the library itself
 * bounds a draw has changed between Java releases.
 */
public final class SeededRandom {
  /** What the draws decide; draws for different purposes are independent. */
  public enum Purpose {
    /** Which images a subset has. */
    SUBSET,
    /** The order of an epoch's images. */
    ORDER,
    /** How training images are changed. */
    AUGMENTATION,
    /** Initial scores of masks. */
    SCORES,
    /** Which samples of a set without a test part are kept for testing. */
    HELD_OUT,
    /** What the engine draws during an epoch, such as dropout. */
    ENGINE,
    /** Which weights random pruning keeps. */
    PRUNING
  }

  private final SplittableRandom random;

  private SeededRandom(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /**
   * The draws of a purpose.
   *
   * @param purpose what they decide
   * @param seed the training's seed
   * @param coordinates where in it: an epoch, a position, a layer
   */
  public static SeededRandom of(Purpose purpose, long seed, long... coordinates) {
    long state = mixed(seed) + purpose.ordinal() + 1;
    for (long coordinate : coordinates) {
      state = mixed(state) + coordinate;
    }
    return new SeededRandom(mixed(state));
  }

  /** Returns 0..bound-1; the bias is below bound / 2^32. */
  public int below(int bound) {
    return (int) (((random.nextLong() >>> 32) * bound) >>> 32);
  }

  /** Returns true with probability 1/2. */
  public boolean coin() {
    return random.nextLong() < 0;
  }

  /** Returns a number from 0 to below 1, a multiple of 2^-24. */
  public float uniform() {
    return (random.nextLong() >>> 40) * 0x1p-24f;
  }

  /** Returns any int. */
  public int bits() {
    return (int) (random.nextLong() >>> 32);
  }

  /** Returns 0..length-1 in a random order (Fisher-Yates). */
  public int[] permutation(int length) {
    int[] order = new int[length];
    for (int i = 0; i < length; i++) {
      int j = below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), on the next state. */
  private static long mixed(long state) {
    long z = state + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
