package io.pemn.loader;

/**
 * What a reader is willing to hold in memory for one archive, whatever the archive says. The
 * storages of a TorchScript module may together take 8 bytes a weight and those of the remainder.
 *
 * @param fileBytes greatest size of the file
 * @param weights greatest number of masked weights, all layers together
 * @param layers greatest number of masked layers, and of remainder tensors
 * @param remainderBytes greatest decompressed size of the remainder, and greatest size of its
 *     numbers, those of constant tensors written out and coded ones as float32
 * @param moduleBytes greatest decompressed size of a TorchScript module without its numbers
 * @since 0.1
 */
public record Limits(
    long fileBytes, long weights, int layers, long remainderBytes, long moduleBytes) {
  /**
   * 1 GiB of file, 1,000 million weights, 100,000 layers, 1 GiB of remainder, 256 MiB of module.
   */
  public static final Limits DEFAULT =
      new Limits(1L << 30, 1_000_000_000L, 100_000, 1L << 30, 1L << 28);
}
