package io.pemn.benchmarks.training;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * What was measured, as tables: medians of the rounds, and of ratios the median of those that the
 * rounds have, so that what happens to a round happens to both sides.
 */
final class StepTables {
  private static final String COMMENT = "#";

  /** How a process describes itself, as JSON. */
  private static final String PROCESS = ": {";

  /**
   * A row.
   *
   * @param network whose steps
   * @param threads of the engine
   * @param program who made them
   * @param denseMs median time of a dense step
   * @param maskedMs median time of a masked step
   * @param ratio of masked to dense
   * @param imagesPerSecond that masked steps learn from
   * @param pemnToThis pemn's masked step to this program's
   * @param pemnDenseToThis pemn's dense step to this program's
   */
  record Line(
      TrainedNetwork network,
      int threads,
      StepProgram program,
      double denseMs,
      double maskedMs,
      double ratio,
      double imagesPerSecond,
      double pemnToThis,
      double pemnDenseToThis) {}

  /** Prints the page of a {@code training.csv}. */
  public static void main(String[] arguments) throws IOException {
    System.out.print(of(Files.readAllLines(Path.of(arguments[0]))).markdown());
  }

  private final List<String> comments;
  private final List<Line> lines;

  private StepTables(List<String> comments, List<Line> lines) {
    this.comments = comments;
    this.lines = lines;
  }

  /** The tables of a CSV file's lines. */
  static StepTables of(List<String> csv) {
    List<String> comments =
        csv.stream()
            .filter(line -> line.startsWith(COMMENT))
            .map(line -> line.substring(COMMENT.length()).trim())
            .toList();
    List<StepRow> rows =
        csv.stream()
            .filter(line -> !line.startsWith(COMMENT) && !line.equals(StepRow.HEADER))
            .map(StepRow::parse)
            .toList();
    List<Line> lines = new ArrayList<>();
    for (TrainedNetwork network : TrainedNetwork.values()) {
      rows.stream()
          .filter(row -> row.network() == network)
          .mapToInt(StepRow::threads)
          .distinct()
          .forEach(
              threads -> {
                for (StepProgram program : StepProgram.values()) {
                  double[] dense = times(rows, network, threads, program, StepKind.DENSE);
                  double[] masked = times(rows, network, threads, program, StepKind.MASKED);
                  if (dense.length > 0 && masked.length > 0) {
                    lines.add(line(rows, network, threads, program, dense, masked));
                  }
                }
              });
    }
    return new StepTables(comments, lines);
  }

  private static Line line(
      List<StepRow> rows,
      TrainedNetwork network,
      int threads,
      StepProgram program,
      double[] dense,
      double[] masked) {
    double maskedMs = median(masked);
    return new Line(
        network,
        threads,
        program,
        median(dense),
        maskedMs,
        ratio(masked, dense),
        1000 * network.batchSize() / maskedMs,
        ratio(times(rows, network, threads, StepProgram.PEMN, StepKind.MASKED), masked),
        ratio(times(rows, network, threads, StepProgram.PEMN, StepKind.DENSE), dense));
  }

  /** In the order of the rounds. */
  private static double[] times(
      List<StepRow> rows, TrainedNetwork network, int threads, StepProgram program, StepKind kind) {
    return rows.stream()
        .filter(row -> row.network() == network && row.threads() == threads)
        .filter(row -> row.program() == program && row.kind() == kind)
        .mapToDouble(StepRow::milliseconds)
        .toArray();
  }

  private static double ratio(double[] above, double[] below) {
    double[] ratios = new double[Math.min(above.length, below.length)];
    Arrays.setAll(ratios, i -> above[i] / below[i]);
    return median(ratios);
  }

  /** The median of at least one value. */
  static double median(double[] values) {
    double[] sorted = DoubleStream.of(values).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The rows. */
  List<Line> lines() {
    return List.copyOf(lines);
  }

  /** A page: the table and what it was measured on. */
  String markdown() {
    StringBuilder text =
        new StringBuilder(
            """
            # All training steps

            This page is what [benchmarks/training.sh](../benchmarks/training.sh) writes;
            [performance.md](performance.md#training-steps) says what was found. Milliseconds are medians of
            the rounds, ratios medians of the ratios that the rounds have.

            """);
    comments.stream()
        .filter(comment -> !comment.contains(PROCESS))
        .forEach(comment -> text.append("- ").append(comment).append('\n'));
    // Every process says what it is, which is in the CSV; one stands for all.
    comments.stream()
        .filter(comment -> comment.contains(PROCESS))
        .findFirst()
        .ifPresent(comment -> text.append("- the first of PyTorch's processes: ").append(comment));
    text.append("\n\n");
    text.append(
        "| network, batch | threads | program | dense, ms | masked, ms | masked to dense"
            + " | masked, images/s | pemn's dense to this | pemn's masked to this |\n");
    text.append("|---|---|---|---|---|---|---|---|---|\n");
    for (Line line : lines) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s, %d | %d | %s | %.2f | %.2f | %.3f | %,.0f | %s | %s |%n",
              line.network().label(),
              line.network().batchSize(),
              line.threads(),
              line.program(),
              line.denseMs(),
              line.maskedMs(),
              line.ratio(),
              line.imagesPerSecond(),
              comparison(line, line.pemnDenseToThis()),
              comparison(line, line.pemnToThis())));
    }
    return text.toString();
  }

  private static String comparison(Line line, double ratio) {
    return line.program() == StepProgram.PEMN ? "" : String.format(Locale.ROOT, "%.2f", ratio);
  }

  /** The same as JSON, with the keys of {@code pemn bench train --json}. */
  String json() {
    JsonArray machine = new JsonArray();
    comments.forEach(machine::add);
    JsonArray results = new JsonArray();
    for (Line line : lines) {
      JsonObject result = new JsonObject();
      result.addProperty("network", line.network().label());
      result.addProperty("batch_size", line.network().batchSize());
      result.addProperty("threads", line.threads());
      result.addProperty("program", line.program().key());
      result.addProperty("dense_ms", line.denseMs());
      result.addProperty("masked_ms", line.maskedMs());
      result.addProperty("ratio", line.ratio());
      result.addProperty("images_per_second", line.imagesPerSecond());
      result.addProperty("pemn_dense_to_this", line.pemnDenseToThis());
      result.addProperty("pemn_masked_to_this", line.pemnToThis());
      results.add(result);
    }
    JsonObject all = new JsonObject();
    all.add("machine", machine);
    all.add("results", results);
    return new GsonBuilder().setPrettyPrinting().create().toJson(all) + "\n";
  }
}
