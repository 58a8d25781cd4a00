package io.pemn.compressor.training;

import ai.djl.Device;
import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.augment.AugmentationPipeline;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.network.ModuleSource;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Times dense and masked steps of the same network on the same batches, one after the other, so
 * that whatever else the machine does meets both alike.
 */
public final class StepBenchmark {
  private static final int CYCLE = 8;

  private StepBenchmark() {}

  /**
   * What was measured.
   *
   * @param steps number of steps of each kind
   * @param batchSize images a step
   * @param denseMs median time of a dense step
   * @param maskedMs median time of a masked step
   * @param ratio median of the masked over dense times of neighbouring steps
   * @param imagesPerSecond that masked steps learn from
   */
  public record Result(
      int steps,
      int batchSize,
      double denseMs,
      double maskedMs,
      double ratio,
      double imagesPerSecond) {}

  /**
   * Runs the benchmark.
   *
   * @param options of the masked training; the dense one has no masks, and learns from labels alone
   *     where there are any
   * @param dataSet samples to step on
   * @param module the TorchScript module that the options are for, if they are for one; without
   *     augmentation its outputs as a teacher are known when the timed steps begin, as they are
   *     from the second epoch of a training on
   * @param device where
   * @param warmUp steps of each kind that are not timed
   * @param steps steps of each kind that are, at least 1
   * @throws IOException in one sentence, if the network does not train on the data
   */
  public static Result run(
      TrainingOptions options,
      Dataset dataSet,
      Optional<ModuleSource> module,
      Device device,
      int warmUp,
      int steps)
      throws IOException {
    if (steps < 1 || warmUp < 0) {
      throw new IllegalArgumentException(
          "The benchmark needs at least 1 timed step and no negative warm-up, not "
              + steps
              + " and "
              + warmUp
              + ".");
    }
    Map<String, String> masked = new LinkedHashMap<>(options.toMap());
    if (!options.masked()) {
      throw new IllegalArgumentException(
          "The benchmark compares masked with dense steps; leave out --mask dense.");
    }
    Map<String, String> dense = new LinkedHashMap<>(masked);
    dense.put("mask", "dense");
    dense.put("warm-start", "off");
    if (options.objective().isAnsweredBy(dataSet.train())) {
      dense.put("distill", "0");
    }
    TrainingOptions denseOptions = TrainingOptions.of(dense);
    SampleSet images = dataSet.train();
    // What the preparing thread does to bytes is no part of a step.
    Batches batches =
        TrainingBatches.of(
            options.augmentation() instanceof AugmentationPipeline
                ? options.augmentation()
                : AugmentationChoice.OfBytes.NONE,
            images,
            options.normalization(),
            options.batchSize(),
            options.seed());
    boolean unchanged = !options.augmentation().changesImages();
    double[] denseNanos = new double[steps];
    double[] maskedNanos = new double[steps];
    double[] ratios = new double[steps];
    int done = -warmUp;
    try (SampleStore store = SampleStore.on(device);
        Learner denseLearner = learner(denseOptions, dataSet, module, device, warmUp + steps);
        Learner maskedLearner = learner(options, dataSet, module, device, warmUp + steps)) {
      DeviceBatches arriving =
          store.batches(
              batches,
              options.normalization(),
              TrainingBatches.augmenter(
                  options.augmentation(), options.normalization(), options.seed()));
      while (done < steps) {
        // The same few batches again and again.
        try (DeviceBatches.Epoch stream = arriving.epoch(1)) {
          for (int i = 0; i < CYCLE && stream.hasNext() && done < steps; i++) {
            try (DeviceBatch batch = stream.next()) {
              if (batch.size() < options.batchSize() && images.size() >= options.batchSize()) {
                continue;
              }
              boolean denseFirst = (done & 1) == 0;
              double first =
                  time(denseFirst ? denseLearner : maskedLearner, batch, images, unchanged);
              double second =
                  time(denseFirst ? maskedLearner : denseLearner, batch, images, unchanged);
              if (done >= 0) {
                denseNanos[done] = denseFirst ? first : second;
                maskedNanos[done] = denseFirst ? second : first;
                ratios[done] = maskedNanos[done] / denseNanos[done];
              }
              done++;
            }
          }
        }
      }
    }
    double maskedMs = median(maskedNanos) / 1e6;
    int size = Math.min(options.batchSize(), images.size());
    return new Result(
        steps, size, median(denseNanos) / 1e6, maskedMs, median(ratios), 1000 * size / maskedMs);
  }

  private static Learner learner(
      TrainingOptions options,
      Dataset dataSet,
      Optional<ModuleSource> module,
      Device device,
      long steps)
      throws IOException {
    RunDescription run =
        module.isPresent()
            ? TrainingRun.describe(options, dataSet, module.get(), device)
            : RunDescription.of(options, dataSet);
    return TrainingRun.learner(options, run, module, device, List.of(), steps, Optional.empty());
  }

  /** One step; reading the loss waits for a device that works on its own. */
  private static double time(
      Learner learner, DeviceBatch batch, SampleSet images, boolean unchanged) throws IOException {
    long start = System.nanoTime();
    learner.step(batch, images, unchanged);
    learner.seen();
    return System.nanoTime() - start;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
