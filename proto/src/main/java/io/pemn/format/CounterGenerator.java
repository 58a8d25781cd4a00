package io.pemn.format;

/**
 * The counter-based generator from which every random bit of the format comes: word {@code i} of a
 * stream is a pure function of the stream's key and {@code i}, in 64-bit integer arithmetic alone.
 *
 * <p>It is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014, with Stafford's mix 13) read at any counter: {@code word(key, i) = mix(key + (i + 1)
 * * 0x9E3779B97F4A7C15)}, all modulo 2^64.
 */
final class CounterGenerator {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  /** Streams of one seed; a stream's key is {@code word(seed, stream)}. */
  enum Stream {
    VALUES,
    ORDER,
    SHUFFLE
  }

  private CounterGenerator() {}

  static long key(long seed, Stream stream) {
    return word(seed, stream.ordinal());
  }

  static long word(long key, long counter) {
    long z = key + (counter + 1) * GAMMA;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
