package io.pemn.compressor.sweep;

import io.pemn.compressor.data.DataSources;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.training.Recipe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sweeps over a network that trains in a moment. */
final class TinySweep {
  static final Dataset IMAGES = images();

  private TinySweep() {}

  /** Options of dense trainings; {@code overrides} come in pairs. */
  static Map<String, String> dense(String... overrides) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("arch", "convmixer");
    options.put("dim", "8");
    options.put("depth", "1");
    options.put("kernel", "3");
    options.put("patch", "4");
    options.put("hidden", "8");
    options.put("activation", "gelu");
    options.put("mask", "dense");
    options.put("epochs", "2");
    options.put("batch-size", "32");
    options.put("lr", "0.01");
    options.put("weight-decay", "0.005");
    options.put("seed", "1");
    options.put("augmentation", "none");
    options.put("train-images", "200");
    options.put("normalize", IMAGES.normalization().toString());
    options.put("remainder", "fp32");
    for (int i = 0; i < overrides.length; i += 2) {
      options.put(overrides[i], overrides[i + 1]);
    }
    return options;
  }

  /** Options of masks likewise. */
  static Map<String, String> masks(String... overrides) {
    Map<String, String> options = dense();
    options.putAll(Recipe.PAPER.options(MaskType.BINARY, false));
    options.put("mask", "binary");
    options.put("lr", "0.05");
    options.put("remainder-lr", "0.05");
    options.put("ratio", "0.1");
    options.put("padding", "copy");
    options.put("one-layer-scope", "all");
    options.put("store-prototype", "seed");
    for (int i = 0; i < overrides.length; i += 2) {
      options.put(overrides[i], overrides[i + 1]);
    }
    return options;
  }

  /** The grid of these strategies with one ratio, one kept fraction and one seed. */
  static SweepGrid grid(SweepStrategy... strategies) {
    List<SweepStrategy> all = List.of(strategies);
    return new SweepGrid(
        all,
        all.contains(SweepStrategy.RANDOM_VECTOR) ? List.of(0.1) : List.of(),
        all.stream().anyMatch(SweepStrategy::pruned) ? List.of(0.2) : List.of(),
        List.of(1L),
        List.of(),
        List.of());
  }

  /** The runs of a grid. */
  static List<SweepRun> runs(SweepStrategy... strategies) {
    return grid(strategies).runs(dense(), masks(), IMAGES).runs();
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
