package io.pemn.compressor.training;

import ai.djl.Device;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.network.ModuleSource;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Times dense and masked steps of the same network on the same batches, one after the other, so
 * that whatever else the machine does meets both alike.
 */
public final class StepBenchmark {
  /** Few enough that all of them were met, and asked the teacher about, in the warm-up. */
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
    TrainingOptions denseOptions = dense(options, dataSet);
    double[] denseNanos = new double[steps];
    double[] maskedNanos = new double[steps];
    double[] ratios = new double[steps];
    try (SampleStore store = SampleStore.on(device);
        TimedSteps dense = steps(denseOptions, dataSet, module, device, store, warmUp + steps);
        TimedSteps masked = steps(options, dataSet, module, device, store, warmUp + steps)) {
      for (int done = -warmUp; done < steps; done++) {
        boolean denseFirst = (done & 1) == 0;
        double first = (denseFirst ? dense : masked).step();
        double second = (denseFirst ? masked : dense).step();
        if (done >= 0) {
          denseNanos[done] = denseFirst ? first : second;
          maskedNanos[done] = denseFirst ? second : first;
          ratios[done] = maskedNanos[done] / denseNanos[done];
        }
      }
      double maskedMs = median(maskedNanos) / 1e6;
      int size = masked.batchSize();
      return new Result(
          steps, size, median(denseNanos) / 1e6, maskedMs, median(ratios), 1000 * size / maskedMs);
    }
  }

  /**
   * The training of the weights themselves that a training of masks is compared with.
   *
   * @param options of the training of masks
   * @param dataSet what both learn from; the dense one from labels alone, where there are any
   */
  public static TrainingOptions dense(TrainingOptions options, Dataset dataSet) {
    if (!options.masked()) {
      throw new IllegalArgumentException(
          "The benchmark compares masked with dense steps; leave out --mask dense.");
    }
    Map<String, String> dense = new LinkedHashMap<>(options.toMap());
    dense.put("mask", "dense");
    dense.put("warm-start", "off");
    if (options.objective().isAnsweredBy(dataSet.train())) {
      dense.put("distill", "0");
    }
    return TrainingOptions.of(dense);
  }

  private static TimedSteps steps(
      TrainingOptions options,
      Dataset dataSet,
      Optional<ModuleSource> module,
      Device device,
      SampleStore store,
      long steps)
      throws IOException {
    return new TimedSteps(options, dataSet, module, device, Optional.of(store), CYCLE, steps);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
