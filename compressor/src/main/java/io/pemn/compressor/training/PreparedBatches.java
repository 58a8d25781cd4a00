package io.pemn.compressor.training;

import ai.djl.ndarray.NDManager;
import io.pemn.compressor.augment.ImageAugmenter;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.SampleSet;
import io.pemn.format.NumberType;
import java.util.Optional;

/**
 * Batches that a thread prepares ahead in the host's memory. On a CPU the arrays are that memory;
 * to a GPU they are copied, for which the host waits.
 */
final class PreparedBatches implements DeviceBatches {
  private final Batches batches;
  private final Optional<ImageAugmenter> augmenter;

  /**
   * Prepares nothing yet.
   *
   * @param augmenter what makes input of raw batches
   */
  PreparedBatches(Batches batches, Optional<ImageAugmenter> augmenter) {
    this.batches = batches;
    this.augmenter = augmenter;
  }

  @Override
  public int batchesPerEpoch() {
    return batches.batchesPerEpoch();
  }

  @Override
  public Epoch epoch(int number) {
    BatchStream stream = batches.epoch(number);
    return new Epoch() {
      @Override
      public boolean hasNext() {
        return stream.hasNext();
      }

      @Override
      public DeviceBatch next() {
        return new Prepared(stream.next(), batches.samples(), augmenter);
      }

      @Override
      public void close() {
        stream.close();
      }
    };
  }

  /**
   * A batch of the stream; closed with this.
   *
   * @param set that it is of
   * @param augmenter what makes input of it, if it is raw
   */
  record Prepared(Batch batch, SampleSet set, Optional<ImageAugmenter> augmenter)
      implements DeviceBatch {
    @Override
    public int size() {
      return batch.size();
    }

    @Override
    public BatchArrays arrays(NumberType floats, NDManager scratch) {
      return BatchArrays.of(batch, set, floats, augmenter, scratch);
    }

    @Override
    public void close() {
      batch.close();
    }
  }
}
