package io.pemn.benchmarks.scale;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The tables of scale.md: medians of the rounds. */
final class ScaleTables {
  private static final double MEGABYTE = 1e6;

  /** Of fewer weights, what two processes differ by is more than their bytes. */
  private static final long LEAST_FOR_MULTIPLES = 5_000_000;

  private final List<ScaleRow> rows;

  /**
   * Of measurements.
   *
   * @param rows with those of {@link ScaledNetwork#BASE}
   */
  ScaleTables(List<ScaleRow> rows) {
    this.rows = List.copyOf(rows);
  }

  /**
   * All tables.
   *
   * @param machine what they were measured on
   */
  String toMarkdown(List<String> machine) {
    List<String> lines = new ArrayList<>();
    lines.add("# All tables of scale");
    lines.add("");
    lines.add("This page is what [benchmarks/scale.sh](../benchmarks/scale.sh) writes;");
    lines.add("[performance.md](performance.md#scale) says what was found.");
    lines.add("");
    machine.forEach(line -> lines.add("- " + line));
    lines.add("");
    lines.add(
        "Batches of "
            + ScaleRun.BATCH
            + " images of 1 x 16 x 16. A weight's time is the step's over all weights; `masks` is"
            + " the masked step less the dense one.");
    lines.add("");
    lines.add(
        "| weights | dense step | masked step | a weight | masks, a weight | ratio | pack | a weight"
            + " | unpack, safetensors | verify | inspect |");
    lines.add("|" + "---|".repeat(11));
    for (ScaledNetwork network : measured()) {
      double dense = median(network, Step.BENCH_TRAIN, ScaleRow::denseMs).orElse(Double.NaN);
      double masked = median(network, Step.BENCH_TRAIN, ScaleRow::maskedMs).orElse(Double.NaN);
      double pack = seconds(network, Step.PACK);
      lines.add(
          String.format(
              Locale.ROOT,
              "| %,d | %.2f ms | %.2f ms | %.2f ns | %.2f ns | %.3f | %.2f s | %.0f ns | %.2f s |"
                  + " %.2f s | %.2f s |",
              network.weights(),
              dense,
              masked,
              masked * 1e6 / network.weights(),
              (masked - dense) * 1e6 / network.weights(),
              masked / dense,
              pack,
              (pack - seconds(ScaledNetwork.BASE, Step.PACK)) * 1e9 / network.weights(),
              seconds(network, Step.UNPACK_SAFETENSORS),
              seconds(network, Step.VERIFY),
              seconds(network, Step.INSPECT)));
    }
    lines.add("");
    lines.add(
        "Seconds are of whole processes, from the shell; a packed weight's time is without the "
            + String.format(Locale.ROOT, "%.2f s", seconds(ScaledNetwork.BASE, Step.PACK))
            + " that the network of "
            + String.format(Locale.ROOT, "%,d", ScaledNetwork.BASE.weights())
            + " weights takes.");
    lines.add("");
    lines.add(
        "The most memory that was resident (VmHWM), in brackets as a multiple of 4 bytes a weight"
            + " once the first row is taken off, and from training the activations, too: "
            + ScaleRun.BATCH
            + " times what an image more in the batch adds. What smaller networks take is within what two"
            + " processes of the same network differ by.");
    lines.add("");
    lines.add(
        "| weights | fp32 | training | of it activations | pack | unpack, safetensors | unpack, npy |"
            + " unpack, TorchScript | verify | inspect |");
    lines.add("|" + "---|".repeat(10));
    lines.add(memory(ScaledNetwork.BASE));
    measured().forEach(network -> lines.add(memory(network)));
    lines.add("");
    return String.join("\n", lines);
  }

  private List<ScaledNetwork> measured() {
    return Arrays.stream(ScaledNetwork.values())
        .filter(network -> network != ScaledNetwork.BASE)
        .filter(network -> rows.stream().anyMatch(row -> row.network() == network))
        .toList();
  }

  private String memory(ScaledNetwork network) {
    List<String> cells = new ArrayList<>();
    cells.add(String.format(Locale.ROOT, "%,d", network.weights()));
    cells.add(String.format(Locale.ROOT, "%.1f MB", 4 * network.weights() / MEGABYTE));
    double training = training(network);
    cells.add(cell(network, peak(network), peak(ScaledNetwork.BASE), training));
    cells.add(String.format(Locale.ROOT, "%.0f MB", activations(network) / MEGABYTE));
    for (Step step :
        List.of(
            Step.PACK,
            Step.UNPACK_SAFETENSORS,
            Step.UNPACK_NPY,
            Step.UNPACK_TORCHSCRIPT,
            Step.VERIFY,
            Step.INSPECT)) {
      Optional<Double> own = median(network, step, ScaleRow::peakBytes);
      Optional<Double> base = median(ScaledNetwork.BASE, step, ScaleRow::peakBytes);
      cells.add(
          own.isEmpty() || base.isEmpty()
              ? "-"
              : cell(network, own.get(), base.get(), multiple(network, own.get() - base.get())));
    }
    return "| " + String.join(" | ", cells) + " |";
  }

  private static String cell(ScaledNetwork network, double own, double base, double multiple) {
    return network == ScaledNetwork.BASE
        ? String.format(Locale.ROOT, "%,.0f MB", base / MEGABYTE)
        : network.weights() < LEAST_FOR_MULTIPLES
            ? String.format(Locale.ROOT, "%,.0f MB", own / MEGABYTE)
            : String.format(Locale.ROOT, "%,.0f MB (%.2f)", own / MEGABYTE, multiple);
  }

  /** What training takes besides the base and the activations, over 4 bytes a weight. */
  double training(ScaledNetwork network) {
    double base = peak(ScaledNetwork.BASE) - activations(ScaledNetwork.BASE);
    return multiple(network, peak(network) - activations(network) - base);
  }

  /** What the activations of a batch take, from the difference that a larger batch makes. */
  double activations(ScaledNetwork network) {
    double larger =
        median(network, Step.COMPRESS, ScaleRun.LARGER_BATCH, ScaleRow::peakBytes)
            .orElse(Double.NaN);
    double images = ScaleRun.LARGER_BATCH - ScaleRun.BATCH;
    return Math.max(0, (larger - peak(network)) / images * ScaleRun.BATCH);
  }

  private double peak(ScaledNetwork network) {
    return median(network, Step.COMPRESS, ScaleRun.BATCH, ScaleRow::peakBytes).orElse(Double.NaN);
  }

  private static double multiple(ScaledNetwork network, double bytes) {
    return bytes / (Float.BYTES * network.weights());
  }

  private double seconds(ScaledNetwork network, Step step) {
    return median(network, step, ScaleRow::seconds).orElse(Double.NaN);
  }

  private Optional<Double> median(
      ScaledNetwork network, Step step, ToDoubleFunction<ScaleRow> number) {
    return median(network, step, -1, number);
  }

  private Optional<Double> median(
      ScaledNetwork network, Step step, int batch, ToDoubleFunction<ScaleRow> number) {
    double[] sorted =
        rows.stream()
            .filter(row -> row.network() == network && row.step() == step)
            .filter(row -> batch < 0 || row.batch() == batch)
            .mapToDouble(number)
            .sorted()
            .toArray();
    int middle = sorted.length / 2;
    if (sorted.length == 0) {
      return Optional.empty();
    }
    return Optional.of(
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
  }
}
