package io.pemn.compressor.rate;

import ai.djl.Device;
import io.pemn.compressor.data.DataSources;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.rate.RateMethod.Dense;
import io.pemn.compressor.rate.RateMethod.Masks;
import io.pemn.compressor.rate.RateMethod.Pruned;
import io.pemn.compressor.rate.RateMethod.Stored;
import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.TrainingListener;
import io.pemn.packager.baseline.WeightFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Networks and methods whose measurement takes a moment. */
final class TinyRate {
  static final Dataset IMAGES = images();

  static final RateNetwork MLP =
      new RateNetwork(
          "tiny-mlp",
          Map.of(
              "arch", "mlp",
              "hidden", "32,16",
              "train-images", "200",
              "epochs", "3",
              "batch-size", "32",
              "augmentation", "none"));

  static final RateNetwork CONVMIXER =
      new RateNetwork(
          "tiny-convmixer",
          Map.of(
              "arch", "convmixer",
              "dim", "8",
              "depth", "1",
              "kernel", "3",
              "patch", "4",
              "train-images", "200",
              "epochs", "2",
              "batch-size", "32",
              "augmentation", "shift-and-flip"));

  static final Map<String, String> PAPER =
      RateMethods.recipe(Recipe.PAPER, MaskType.BINARY, Optional.empty());

  private static final List<String> ALL = List.of("*");

  static final List<RateMethod> METHODS =
      List.of(
          new RateMethod("paper", "paper", ALL, new Masks(PAPER, Stored.ARCHIVE)),
          new RateMethod("paper-raw", "paper", ALL, new Masks(PAPER, Stored.RAW_BITS)),
          new RateMethod(
              "pemn-ternary",
              "pemn",
              ALL,
              new Masks(
                  RateMethods.recipe(Recipe.PEMN, MaskType.TERNARY, Optional.of("0.3")),
                  Stored.ARCHIVE)),
          dense("dense-fp32", WeightFormat.FLOAT32),
          dense("dense-fp16", WeightFormat.FLOAT16),
          dense("dense-int8", WeightFormat.INT8),
          dense("dense-int4", WeightFormat.INT4),
          new RateMethod(
              "dense-hidden-4",
              "smaller dense",
              List.of("*-mlp"),
              new Dense(WeightFormat.FLOAT16, Map.of("hidden", "4"))),
          new RateMethod("pruned-0.2", "pruned", ALL, new Pruned(0.2, WeightFormat.CSR)));

  private TinyRate() {}

  private static RateMethod dense(String name, WeightFormat format) {
    return new RateMethod(name, "dense", ALL, new Dense(format, Map.of()));
  }

  static RateBenchmark benchmark(Path folder) {
    return new RateBenchmark(IMAGES, Device.cpu(), folder.resolve("work"), "test");
  }

  /** Measures all that a table lacks. */
  static void measure(
      RateBenchmark benchmark, List<RateNetwork> networks, List<Long> seeds, RateCsv csv)
      throws IOException {
    for (RateBenchmark.Job job : benchmark.jobs(networks, METHODS, seeds, csv)) {
      csv.add(benchmark.measure(job, TrainingListener.SILENT));
    }
  }

  private static Dataset images() {
    try {
      Dataset all = DataSources.load("bundled", Path.of(System.getProperty("pemn.home")));
      return new Dataset(
          all.name(), all.train(), all.test().subset(300, 1), all.labels(), all.normalization());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
