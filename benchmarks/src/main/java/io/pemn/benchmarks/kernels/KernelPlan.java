package io.pemn.benchmarks.kernels;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is measured, in which order: that of the tables' rows. */
final class KernelPlan {
  private final Mode mode;
  private final List<Measurement> measurements = new ArrayList<>();

  private KernelPlan(Mode mode) {
    this.mode = mode;
  }

  /**
   * One measurement.
   *
   * @param kernel what is measured
   * @param parameters of its benchmark, by name
   */
  record Measurement(Kernel kernel, Map<String, String> parameters) {
    /** Copies the parameters. */
    Measurement {
      parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }
  }

  /** All measurements; every kernel has its floor among them. */
  static List<Measurement> of(Mode mode) {
    KernelPlan plan = new KernelPlan(mode);
    plan.masks();
    plan.weights();
    plan.prototypes();
    plan.thresholds();
    plan.opening();
    plan.writing();
    return List.copyOf(plan.measurements);
  }

  private boolean isFull() {
    return mode == Mode.FULL;
  }

  /** The parameters are names and values in turn. */
  private void add(Kernel kernel, String... parameters) {
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < parameters.length; i += 2) {
      named.put(parameters[i], parameters[i + 1]);
    }
    measurements.add(new Measurement(kernel, named));
  }

  private void masks() {
    List<String> densities =
        isFull() ? List.of("0.01", "0.05", "0.1", "0.3", "0.5") : List.of("0.3");
    List<String> ways = List.of("ROARING_ZSTD", "BITMAP_ZSTD", "ENTROPY");
    add(Kernel.COPY_MASK, "way", "BITMAP_ZSTD", "density", "0.5", "bits", "RANDOM");
    for (Kernel kernel : List.of(Kernel.ENCODE, Kernel.DECODE)) {
      for (String way : ways) {
        for (String density : densities) {
          add(kernel, "way", way, "density", density, "bits", "RANDOM");
        }
        if (isFull()) {
          add(kernel, "way", way, "density", "0.1", "bits", "STRUCTURED");
        }
      }
    }
  }

  private void weights() {
    String layers = mode == Mode.SMOKE ? "1" : isFull() ? "24" : "4";
    for (String threads : isFull() ? List.of("1", "2") : List.of("1")) {
      add(Kernel.COPY_FLOATS, "layers", layers, "threads", threads);
      add(Kernel.WRITE_FLOATS, "layers", layers, "threads", threads);
      for (String masks :
          isFull()
              ? List.of("KEEP_50", "KEEP_05", "SIGN", "TERNARY_50", "TERNARY_05")
              : List.of("KEEP_50")) {
        rebuild(Kernel.REBUILD, masks, "SHORT", "ROARING", layers, threads);
      }
      if (isFull()) {
        for (String values : List.of("MAX_LAYER", "OWN_NORMAL", "OWN_CONSTANT")) {
          rebuild(Kernel.REBUILD, "KEEP_50", values, "ROARING", layers, threads);
        }
      }
      rebuild(Kernel.REBUILD_AND_CHECK, "KEEP_50", "SHORT", "ROARING", layers, threads);
      for (String encoding :
          isFull() ? List.of("ROARING", "BITMAP", "ENTROPY") : List.of("ROARING")) {
        rebuild(Kernel.DECODE_AND_REBUILD, "KEEP_50", "SHORT", encoding, layers, threads);
      }
    }
  }

  private void rebuild(
      Kernel kernel, String masks, String values, String encoding, String layers, String threads) {
    add(
        kernel,
        "masks",
        masks,
        "values",
        values,
        "encoding",
        encoding,
        "layers",
        layers,
        "threads",
        threads);
  }

  private void prototypes() {
    List<String> lengths =
        mode == Mode.SMOKE
            ? List.of("1000")
            : isFull() ? List.of("1000", "1000000", "10000000") : List.of("1000000");
    for (String length : lengths) {
      add(Kernel.FILL, "length", length, "distribution", "NORMAL");
      for (String distribution : List.of("NORMAL", "SIGNED_CONSTANT")) {
        add(Kernel.GENERATE, "length", length, "distribution", distribution);
      }
      add(Kernel.PERMUTE, "length", length, "distribution", "NORMAL");
    }
  }

  private void thresholds() {
    List<String> sizes =
        mode == Mode.SMOKE
            ? List.of("10000")
            : isFull() ? List.of("1000000", "10000000") : List.of("1000000");
    for (String scores : sizes) {
      add(Kernel.COPY_SCORES, "scores", scores, "mode", "SIGNED");
      for (String compared : isFull() ? List.of("SIGNED", "ABSOLUTE") : List.of("SIGNED")) {
        for (Kernel kernel : List.of(Kernel.SELECT, Kernel.FOLLOW, Kernel.TOP_K, Kernel.SORT)) {
          add(kernel, "scores", scores, "mode", compared);
        }
      }
    }
  }

  /** Perceptrons of 101,920, 1,006,560, 10,093,480 and 49,907,240 weights. */
  private void opening() {
    List<String> widths =
        mode == Mode.SMOKE
            ? List.of("80")
            : isFull() ? List.of("80", "432", "1670", "3910") : List.of("80", "1670");
    for (String width : widths) {
      add(Kernel.READ_HEAD, "layers", "4", "width", width);
      add(Kernel.OPEN, "layers", "4", "width", width);
    }
  }

  private void writing() {
    String layers = mode == Mode.FULL ? "4" : "1";
    for (String encoding :
        isFull() ? List.of("ROARING", "BITMAP", "ENTROPY", "AUTO") : List.of("ROARING")) {
      for (Kernel kernel :
          List.of(
              Kernel.COPY_ARCHIVE,
              Kernel.WRITE_TO_MEMORY,
              Kernel.WRITE_BYTES,
              Kernel.WRITE_TO_FILE)) {
        add(kernel, "layers", layers, "encoding", encoding);
      }
    }
  }
}
