package io.pemn.compressor.masking;

import java.nio.IntBuffer;

/**
 * What a mask says of scores, over the bits of float32 numbers in the engine's memory. There are no
 * branches in the loops: half of all scores would take the wrong one.
 */
final class SelectionLoop {
  private static final int SIGN = Integer.MIN_VALUE;
  private static final int MAGNITUDE = Integer.MAX_VALUE;

  private final MaskType type;
  private final int strength;

  /** Of the scores of a rule. */
  SelectionLoop(MaskRule rule) {
    this.type = rule.type();
    this.strength = rule.strength().bits();
  }

  /**
   * Writes the effective weights: prototype values, negated ones and positive zeros.
   *
   * @param scores none of them NaN
   * @param prototype as many
   * @param weights as many; overwritten
   * @param bound the strength from which on weights are kept; means nothing to a sign mask
   */
  void write(IntBuffer scores, LayerValues prototype, IntBuffer weights, float bound) {
    int least = leastKey(bound);
    EngineMemory.run(
        scores.limit(),
        (begin, end) -> {
          int most = Math.min(EngineMemory.CHUNK, end - begin);
          int[] score = new int[most];
          int[] value = new int[most];
          for (int from = begin; from < end; from += most) {
            int count = Math.min(most, end - from);
            scores.get(from, score, 0, count);
            prototype.read(from, value, count);
            if (type != MaskType.BINARY) {
              for (int i = 0; i < count; i++) {
                value[i] ^= negative(score[i]) & SIGN;
              }
            }
            if (type != MaskType.SIGN) {
              for (int i = 0; i < count; i++) {
                value[i] &= ~below(key(score[i]), least);
              }
            }
            weights.put(from, value, 0, count);
          }
        });
  }

  /**
   * Which weights are kept, a bit a weight, 64 in a long, the first in its lowest bit.
   *
   * @param scores none of them NaN
   * @param bound the strength from which on weights are kept
   */
  long[] kept(IntBuffer scores, float bound) {
    int least = leastKey(bound);
    return words(scores, score -> ~below(key(score), least));
  }

  /** Which scores are below 0, in the same way. */
  static long[] negative(IntBuffer scores) {
    return words(scores, SelectionLoop::negative);
  }

  /** Says of a score's bits yes, all bits set, or no, none. */
  @FunctionalInterface
  private interface Question {
    int of(int score);
  }

  private static long[] words(IntBuffer scores, Question question) {
    int size = scores.limit();
    long[] words = new long[(size + Long.SIZE - 1) / Long.SIZE];
    for (int i = 0; i < size; i++) {
      words[i >>> 6] |= (question.of(scores.get(i)) & 1L) << i;
    }
    return words;
  }

  /** An integer that has the order of the strengths of scores. */
  private int key(int score) {
    int compared = score & strength;
    return compared ^ (compared >> 31 & MAGNITUDE);
  }

  /**
   * The key from which on scores are kept: both zeros are as strong, and nothing absolute is below.
   */
  private int leastKey(float bound) {
    float least = strength == MAGNITUDE ? Math.max(0, bound) : bound == 0 ? -0f : bound;
    return key(Float.floatToRawIntBits(least));
  }

  /** All bits set if one integer is below another, also where their difference overflows. */
  private static int below(int key, int least) {
    return (key & ~least | ~(key ^ least) & key - least) >> 31;
  }

  /** All bits set if a score is below 0, which negative zero is not. */
  private static int negative(int score) {
    return (score & -(score & MAGNITUDE)) >> 31;
  }
}
