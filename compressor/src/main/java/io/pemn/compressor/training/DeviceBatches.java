package io.pemn.compressor.training;

/**
 * The batches of a training or a measurement, epoch after epoch, on their way to a device. What an
 * epoch gives depends on its number and on what the batches were made with, not on how they come
 * there.
 */
sealed interface DeviceBatches permits PreparedBatches, ResidentBatches {
  /** How many batches an epoch has, at least 1. */
  int batchesPerEpoch();

  /**
   * Begins an epoch.
   *
   * @param number from 0
   * @return its batches, to be closed
   */
  Epoch epoch(int number);

  /** The batches of an epoch in their order. One thread uses it, one batch at a time. */
  interface Epoch extends AutoCloseable {
    /** Whether there is another one. */
    boolean hasNext();

    /** The next one, to be closed before the one after it is taken. */
    DeviceBatch next();

    @Override
    void close();
  }
}
