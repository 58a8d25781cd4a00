package io.pemn.format;

import io.pemn.format.CounterGenerator.Stream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The fixed random vector from which every masked layer is filled (section 3 of the paper), as the
 * seed that regenerates it: the same values on every JVM, operating system and language, because
 * all arithmetic is on integers up to one exact conversion to float32.
 *
 * <p>A vector of more than {@value #MAX_SPREAD} values is drawn value by value. A shorter one is
 * <em>spread</em>: its magnitudes are the quantiles (j + 1) / (length + 1) of a sample, its signs
 * alternate from one magnitude to the next, and the values stand in a seeded order. Independent
 * draws would do well only on average; five of them are too often all of one sign, or two of them
 * next to zero, and the network then cannot learn.
 *
 * <p>To the bit: the sample is the first {@code 64 * (length + 1) - 1} draws; magnitude j, from 0,
 * is the one with {@code 64 * (j + 1) - 1} before it in ascending order. Value i has the magnitude
 * whose number is element i of 0..length-1 sorted by their words of the order stream, unsigned; it
 * is negative where that number plus the lowest bit of word {@code length} of that stream is odd.
 *
 * @param seed any 64 bits
 * @param distribution how the values are distributed
 * @param length number of values, from 1 to {@value #MAX_LENGTH}
 * @since 0.1
 */
public record Prototype(long seed, Distribution distribution, int length) {
  /** The greatest length whose values are spread. */
  static final int MAX_SPREAD = 1024;

  /** The greatest length. */
  public static final int MAX_LENGTH = 1 << 30;

  private static final int DRAWS_PER_VALUE = 64;

  /**
   * Checks the length.
   *
   * @param seed any 64 bits
   * @param distribution how the values are distributed
   * @param length number of values
   * @throws IllegalArgumentException if the length is out of range
   */
  public Prototype {
    if (length < 1 || length > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "A prototype has between 1 and " + MAX_LENGTH + " values, not " + length + ".");
    }
  }

  /** {@return all values, in order} */
  public float[] values() {
    float[] values = new float[length];
    copyTo(0, values, 0, length);
    return values;
  }

  /**
   * Writes a stretch of the values.
   *
   * @param from index of the first value to write
   * @param target where they go
   * @param targetOffset index in {@code target} of the first
   * @param count how many; {@code from + count} is at most {@link #length()}
   */
  void copyTo(int from, float[] target, int targetOffset, int count) {
    java.util.Objects.checkFromIndexSize(from, count, length);
    java.util.Objects.checkFromIndexSize(targetOffset, count, target.length);
    if (length <= MAX_SPREAD) {
      System.arraycopy(spreadValues(), from, target, targetOffset, count);
      return;
    }
    long key = Distribution.valuesKey(seed);
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = distribution.value(key, (long) from + i);
    }
  }

  /** One value of a prototype of more than {@value #MAX_SPREAD}. */
  float value(int index) {
    return distribution.value(Distribution.valuesKey(seed), index);
  }

  private float[] spreadValues() {
    long valuesKey = Distribution.valuesKey(seed);
    int[] magnitudes =
        IntStream.range(0, DRAWS_PER_VALUE * (length + 1) - 1)
            .map(i -> distribution.magnitude(valuesKey, i))
            .sorted()
            .toArray();

    long orderKey = CounterGenerator.key(seed, Stream.ORDER);
    long firstSign = CounterGenerator.word(orderKey, length) & 1;
    int[] order =
        IntStream.range(0, length)
            .boxed()
            .sorted(
                Comparator.comparing(
                    i -> CounterGenerator.word(orderKey, i), Long::compareUnsigned))
            .mapToInt(Integer::intValue)
            .toArray();

    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      int rank = order[i];
      float magnitude = distribution.fromMagnitude(magnitudes[DRAWS_PER_VALUE * (rank + 1) - 1]);
      values[i] = ((rank + firstSign) & 1) == 0 ? magnitude : -magnitude;
    }
    return values;
  }

  /**
   * The fixed permutation of 0..n-1 through which layers read the repeated prototype under shuffled
   * padding: Fisher and Yates from the last element down, partner {@code (high 32 bits of word i) *
   * (i + 1) / 2^32}.
   *
   * @param seed the prototype's seed
   * @param n number of elements
   * @return element i is the position that is read instead of position i
   */
  public static int[] permutation(long seed, int n) {
    int[] permutation = new int[n];
    Arrays.setAll(permutation, i -> i);
    long key = CounterGenerator.key(seed, Stream.SHUFFLE);
    for (int i = n - 1; i > 0; i--) {
      int partner = (int) ((CounterGenerator.word(key, i) >>> 32) * (i + 1L) >>> 32);
      int swapped = permutation[i];
      permutation[i] = permutation[partner];
      permutation[partner] = swapped;
    }
    return permutation;
  }
}
