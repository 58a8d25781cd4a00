package io.pemn.compressor.training;

import ai.djl.Device;
import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.augment.AugmentationPipeline;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.network.ModuleSource;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A training that makes one step at a time and says how long it took, as often as it is asked to.
 * Used by one thread, on which gradients are switched off until it is closed.
 */
public final class TimedSteps implements AutoCloseable {
  private final Learner learner;
  private final Batches batches;
  private final SampleSet samples;
  private final int batchSize;
  private final boolean unchanged;
  private final int cycle;
  private int taken;
  private BatchStream stream;

  /**
   * Begins a training.
   *
   * @param options of the training; augmentation that changes bytes is left out, since the thread
   *     that prepares batches does it
   * @param dataSet samples to step on
   * @param module the TorchScript module that the options are for, if they are for one
   * @param device where
   * @param cycle how many batches come again and again, at most an epoch's
   * @param steps how many the training has, which says how its learning rate changes
   * @throws IOException in one sentence, if the network does not train on the data
   */
  public TimedSteps(
      TrainingOptions options,
      Dataset dataSet,
      Optional<ModuleSource> module,
      Device device,
      int cycle,
      long steps)
      throws IOException {
    this.samples = dataSet.train();
    this.batchSize = Math.min(options.batchSize(), samples.size());
    this.cycle = cycle;
    this.unchanged = !options.augmentation().changesImages();
    this.batches =
        TrainingBatches.of(
            options.augmentation() instanceof AugmentationPipeline
                ? options.augmentation()
                : AugmentationChoice.OfBytes.NONE,
            samples,
            options.normalization(),
            options.batchSize(),
            options.seed());
    RunDescription run =
        module.isPresent()
            ? TrainingRun.describe(options, dataSet, module.get(), device)
            : RunDescription.of(options, dataSet);
    this.learner =
        TrainingRun.learner(options, run, module, device, List.of(), steps, Optional.empty());
  }

  /** Samples a step. */
  public int batchSize() {
    return batchSize;
  }

  /**
   * Makes a step on the next whole batch.
   *
   * @return how long it took, in nanoseconds; reading the loss, which waits for a device that works
   *     on its own, is a part of it
   * @throws IOException in one sentence, if the network does not run, or its loss is not finite
   */
  public long step() throws IOException {
    while (true) {
      if (stream == null || taken == cycle || !stream.hasNext()) {
        closeStream();
        stream = batches.epoch(1);
        taken = 0;
      }
      taken++;
      try (Batch batch = stream.next()) {
        if (batch.size() == batchSize) {
          long start = System.nanoTime();
          learner.step(batch, samples, unchanged);
          learner.seen();
          return System.nanoTime() - start;
        }
      }
    }
  }

  private void closeStream() {
    if (stream != null) {
      stream.close();
      stream = null;
    }
  }

  @Override
  public void close() {
    closeStream();
    learner.close();
  }
}
