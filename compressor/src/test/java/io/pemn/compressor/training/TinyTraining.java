package io.pemn.compressor.training;

import ai.djl.Device;
import io.pemn.compressor.data.DataSources;
import io.pemn.compressor.data.Dataset;
import io.pemn.packager.ArchiveWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Trainings of real images that take a moment. */
final class TinyTraining {
  private static final int TEST_IMAGES = 300;

  /** The bundled images, with fewer to test with. */
  static final Dataset IMAGES = images();

  /** Options that are only there when they are on. */
  private static final Set<String> OFF = Set.of("clip-norm", "validation");

  private static final RunDirectory NO_RUN = new RunDirectory(Path.of("nowhere"));

  private TinyTraining() {}

  /**
   * A ConvMixer of dim 8 and depth 1, two epochs of 200 images; {@code overrides} come in pairs.
   */
  static TrainingOptions convMixer(String... overrides) {
    return TrainingOptions.of(map(overrides));
  }

  /** An MLP of one hidden layer of 16, otherwise as {@link #convMixer}. */
  static TrainingOptions mlp(String... overrides) {
    Map<String, String> map = map(overrides);
    map.put("arch", "mlp");
    return TrainingOptions.of(map);
  }

  static Map<String, String> map(String... overrides) {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("arch", "convmixer");
    map.put("dim", "8");
    map.put("depth", "1");
    map.put("kernel", "3");
    map.put("patch", "4");
    map.put("hidden", "16");
    map.put("activation", "gelu");
    map.put("mask", "binary");
    map.put("strategy", "random-vector");
    map.put("ratio", "0.1");
    map.put("padding", "copy");
    map.put("one-layer-scope", "all");
    map.put("prototype", "signed-constant");
    map.put("store-prototype", "seed");
    map.put("density", "0.5");
    map.put("select", "top-k");
    map.put("budget", "uniform");
    map.put("scores", "signed");
    map.put("epochs", "2");
    map.put("batch-size", "32");
    map.put("lr", "0.05");
    map.put("remainder-lr", "0.05");
    map.put("weight-decay", "0.005");
    map.put("seed", "1");
    map.put("augmentation", "shift-and-flip");
    map.put("train-images", "200");
    map.put("normalize", IMAGES.normalization().toString());
    map.put("remainder", "fp16");
    for (int i = 0; i < overrides.length; i += 2) {
      if (map.put(overrides[i], overrides[i + 1]) == null && !OFF.contains(overrides[i])) {
        throw new IllegalArgumentException("no option " + overrides[i]);
      }
    }
    return map;
  }

  static TrainingRun run(TrainingOptions options, Path directory) {
    return run(options, directory, TrainingListener.SILENT);
  }

  static TrainingRun run(TrainingOptions options, Path directory, TrainingListener listener) {
    return run(options, directory, listener, 1);
  }

  static TrainingRun run(
      TrainingOptions options, Path directory, TrainingListener listener, int evaluateEvery) {
    return new TrainingRun(
        options, IMAGES, new RunDirectory(directory), Device.cpu(), evaluateEvery, listener);
  }

  /** A learner of a built-in network. */
  static Learner learner(RunDescription run, long totalSteps) throws IOException {
    return learner(run, totalSteps, Optional.empty());
  }

  static Learner learner(RunDescription run, long totalSteps, Optional<Checkpoint> checkpoint)
      throws IOException {
    return TrainingRun.learner(
        run.trainingOptions(),
        run,
        Optional.empty(),
        Device.cpu(),
        List.of(),
        totalSteps,
        checkpoint);
  }

  /** The archive of a built-in network's checkpoint, for which no run directory is needed. */
  static byte[] archive(Checkpoint checkpoint) throws IOException {
    return ArchiveWriter.toBytes(CheckpointPacker.pack(checkpoint, NO_RUN, "test"));
  }

  private static Dataset images() {
    try {
      Dataset all = DataSources.load("bundled", Path.of(System.getProperty("pemn.home")));
      return new Dataset(
          all.name(),
          all.train(),
          all.test().subset(TEST_IMAGES, 1),
          all.labels(),
          all.normalization());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
