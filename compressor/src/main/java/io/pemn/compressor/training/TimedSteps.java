package io.pemn.compressor.training;

import ai.djl.Device;
import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.augment.AugmentationPipeline;
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
  private final Optional<SampleStore> own;
  private final Learner learner;
  private final DeviceBatches batches;
  private final SampleSet samples;
  private final int batchSize;
  private final boolean unchanged;
  private final int cycle;
  private int taken;
  private DeviceBatches.Epoch epoch;

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
    this(options, dataSet, module, device, Optional.empty(), cycle, steps);
  }

  /**
   * Begins a training that shares its samples with others.
   *
   * @param shared keeps them on the device, and is closed after this; empty for one of its own
   */
  TimedSteps(
      TrainingOptions options,
      Dataset dataSet,
      Optional<ModuleSource> module,
      Device device,
      Optional<SampleStore> shared,
      int cycle,
      long steps)
      throws IOException {
    this.samples = dataSet.train();
    this.batchSize = Math.min(options.batchSize(), samples.size());
    this.cycle = cycle;
    this.unchanged = !options.augmentation().changesImages();
    Batches prepared =
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
    this.own = shared.isPresent() ? Optional.empty() : Optional.of(SampleStore.on(device));
    this.batches =
        shared
            .or(() -> own)
            .orElseThrow()
            .batches(
                prepared,
                options.normalization(),
                TrainingBatches.augmenter(
                    options.augmentation(), options.normalization(), options.seed()));
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
      if (epoch == null || taken == cycle || !epoch.hasNext()) {
        closeEpoch();
        epoch = batches.epoch(1);
        taken = 0;
      }
      taken++;
      try (DeviceBatch batch = epoch.next()) {
        if (batch.size() == batchSize) {
          long start = System.nanoTime();
          learner.step(batch, samples, unchanged);
          learner.seen();
          return System.nanoTime() - start;
        }
      }
    }
  }

  private void closeEpoch() {
    if (epoch != null) {
      epoch.close();
      epoch = null;
    }
  }

  @Override
  public void close() {
    closeEpoch();
    own.ifPresent(SampleStore::close);
    learner.close();
  }
}
