package io.pemn.format.mask;

/** Takes bits, each with its probability. */
interface BitSink {
  /**
   * Takes one bit.
   *
   * @param bit 0 or 1
   * @param probability that it is 1, in 65536ths, from 1 to 65535
   */
  void put(int bit, int probability);

  /** Takes the lowest bits of a number, highest first, each as likely 0 as 1. */
  default void putEven(int number, int bits) {
    for (int i = bits - 1; i >= 0; i--) {
      put(number >>> i & 1, 1 << 15);
    }
  }
}
