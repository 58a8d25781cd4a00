package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Finds the score that separates what a mask keeps from what it does not, in time proportional to
 * the number of scores.
 *
 * <p>On the CPU it is a radix selection over the bits of the scores, read where the engine keeps
 * them: three passes of 11, 11 and 10 bits, each counting only what the passes before left open.
 * Elsewhere it is the engine's own partition, which on a CPU takes four times as long. Both give
 * the same number.
 */
final class KthLargest {
  private static final int[] SHIFTS = {21, 10, 0};
  private static final int[] BITS = {11, 11, 10};

  private KthLargest() {}

  /**
   * The k-th largest score.
   *
   * @param scores any shape, float32, contiguous; none of them NaN
   * @param k from 1 to the number of scores
   * @param mode whether signed or absolute scores are compared
   */
  static float of(NDArray scores, int k, ScoreMode mode) {
    if (scores.getDevice().isGpu()) {
      try (NDArray found = onDevice(List.of(scores), k, mode)) {
        return found.getFloat();
      }
    }
    return select(new IntBuffer[] {EngineMemory.bits(scores)}, k, mode.bits());
  }

  /**
   * The k-th largest of the scores of several layers, as the engine finds it, without waiting for
   * their device.
   *
   * @param scores any shapes, float32, on one device; none of them NaN
   * @param k from 1 to the number of all scores
   * @param mode whether signed or absolute scores are compared
   * @return of no dimensions, owned by the manager of the first scores
   */
  static NDArray onDevice(List<NDArray> scores, int k, ScoreMode mode) {
    NDManager owner = scores.get(0).getManager();
    try (NDManager scratch = owner.newSubManager()) {
      NDList parts = new NDList();
      for (NDArray layer : scores) {
        parts.add(layer.flatten());
      }
      parts.attach(scratch);
      NDArray flat = NDArrays.concat(parts);
      flat.attach(scratch);
      NDArray strength = mode == ScoreMode.ABSOLUTE ? flat.abs() : flat;
      NDList greatest = strength.topK(k, 0, true, false);
      greatest.attach(scratch);
      NDArray bound = greatest.get(0).min();
      bound.attach(owner);
      return bound;
    }
  }

  /**
   * Selects among float32 bit patterns.
   *
   * @param parts each from position to limit
   * @param k from 1 to the number of all
   * @param mask applied to every pattern first: all ones, or all but the sign
   */
  static float select(IntBuffer[] parts, long k, int mask) {
    long[] counts = new long[1 << BITS[0]];
    int prefix = 0;
    int known = 0;
    long remaining = k;
    for (int pass = 0; pass < SHIFTS.length; pass++) {
      int shift = SHIFTS[pass];
      int digits = (1 << BITS[pass]) - 1;
      Arrays.fill(counts, 0);
      for (IntBuffer bits : parts) {
        int end = bits.limit();
        for (int i = bits.position(); i < end; i++) {
          int key = key(bits.get(i) & mask);
          if ((key & known) == prefix) {
            counts[key >>> shift & digits]++;
          }
        }
      }
      int digit = digits;
      while (counts[digit] < remaining) {
        remaining -= counts[digit--];
      }
      prefix |= digit << shift;
      known |= digits << shift;
    }
    return Float.intBitsToFloat(bits(prefix));
  }

  /** Maps the bits of floats to integers that, taken as unsigned, have the floats' order. */
  private static int key(int bits) {
    return bits ^ (bits >> 31 | Integer.MIN_VALUE);
  }

  private static int bits(int key) {
    return key ^ (~key >> 31 | Integer.MIN_VALUE);
  }
}
