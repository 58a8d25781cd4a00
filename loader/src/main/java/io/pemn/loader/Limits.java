package io.pemn.loader;

/**
 * What a reader is willing to hold in memory for one archive, whatever the archive says.
 *
 * @param fileBytes greatest size of the file
 * @param weights greatest number of masked weights, all layers together
 * @param layers greatest number of masked layers
 * @param remainderBytes greatest decompressed size of the remainder
 */
public record Limits(long fileBytes, long weights, int layers, long remainderBytes) {
  /** 1 GiB of file, 1,000 million weights, 100,000 layers, 1 GiB of remainder. */
  public static final Limits DEFAULT = new Limits(1L << 30, 1_000_000_000L, 100_000, 1L << 30);
}
