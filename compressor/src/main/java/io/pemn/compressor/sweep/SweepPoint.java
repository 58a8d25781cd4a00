package io.pemn.compressor.sweep;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A point of the grid over its seeds.
 *
 * @param data name of the data set
 * @param arch family of the network
 * @param network the network in words
 * @param dim its width, if its family has that option
 * @param depth its depth, if its family has that option
 * @param epochs of the training
 * @param trainImages images an epoch
 * @param strategy what was trained
 * @param ratio of a random-vector prototype
 * @param kept fraction that pruning left
 * @param seeds how many were measured
 * @param mean test accuracy, 0 to 1
 * @param least of the seeds
 * @param greatest of the seeds
 * @param deviation sample standard deviation over the seeds, 0 if there is one
 * @param uniqueValues of the prototype
 * @param uniqueRatio those over the weights of the largest layer
 * @param fileBytes mean of the whole files
 * @param paperBytes mean of the bytes as the paper counts them
 * @param fp32Bytes all parameters as float32
 * @param compression fp32 bytes over file bytes
 * @param seconds mean of the trainings
 * @param settings digest of the rows
 */
public record SweepPoint(
    String data,
    String arch,
    String network,
    Optional<Integer> dim,
    Optional<Integer> depth,
    int epochs,
    int trainImages,
    SweepStrategy strategy,
    Optional<Double> ratio,
    Optional<Double> kept,
    int seeds,
    double mean,
    double least,
    double greatest,
    double deviation,
    long uniqueValues,
    double uniqueRatio,
    double fileBytes,
    double paperBytes,
    long fp32Bytes,
    double compression,
    double seconds,
    String settings) {

  /**
   * The points of a table: network by network as they first appear, each in the order of the
   * strategies, the longest prototype and the largest fraction first.
   */
  public static List<SweepPoint> of(List<SweepRow> rows) {
    Map<String, List<SweepRow>> settings = new LinkedHashMap<>();
    rows.forEach(
        row -> settings.computeIfAbsent(row.settings(), key -> new ArrayList<>()).add(row));
    List<SweepPoint> points = new ArrayList<>();
    settings.values().forEach(own -> points.add(point(own)));
    List<String> panels = points.stream().map(SweepPoint::panel).distinct().toList();
    points.sort(
        (a, b) -> {
          int order = Integer.compare(panels.indexOf(a.panel()), panels.indexOf(b.panel()));
          order = order != 0 ? order : a.strategy().compareTo(b.strategy());
          order = order != 0 ? order : Double.compare(b.uniqueRatio(), a.uniqueRatio());
          return order != 0 ? order : Double.compare(b.kept().orElse(0.0), a.kept().orElse(0.0));
        });
    return List.copyOf(points);
  }

  private static SweepPoint point(List<SweepRow> rows) {
    SweepRow first = rows.get(0);
    double mean = mean(rows, SweepRow::accuracy);
    double squares = rows.stream().mapToDouble(row -> Math.pow(row.accuracy() - mean, 2)).sum();
    return new SweepPoint(
        first.data(),
        first.arch(),
        first.network(),
        first.dim(),
        first.depth(),
        first.epochs(),
        first.trainImages(),
        first.strategy(),
        first.ratio(),
        first.kept(),
        rows.size(),
        mean,
        rows.stream().mapToDouble(SweepRow::accuracy).min().orElseThrow(),
        rows.stream().mapToDouble(SweepRow::accuracy).max().orElseThrow(),
        rows.size() == 1 ? 0 : Math.sqrt(squares / (rows.size() - 1)),
        first.uniqueValues(),
        first.uniqueRatio(),
        mean(rows, SweepRow::fileBytes),
        mean(rows, SweepRow::paperBytes),
        first.fp32Bytes(),
        first.fp32Bytes() / mean(rows, SweepRow::fileBytes),
        mean(rows, SweepRow::seconds),
        first.settings());
  }

  private static double mean(List<SweepRow> rows, ToDoubleFunction<SweepRow> value) {
    return rows.stream().mapToDouble(value).average().orElseThrow();
  }

  /** What the points of one panel of a figure have in common. */
  public String panel() {
    return String.format(
        Locale.ROOT, "%s on %s, %,d images, %d epochs", network, data, trainImages, epochs);
  }

  /** The strategy with its ratio or the fraction that it keeps. */
  public String label() {
    return strategy + ratio.or(() -> kept).map(number -> " " + SweepRun.plain(number)).orElse("");
  }

  /** The points as Markdown, a table a panel. */
  public static String markdown(List<SweepPoint> points) {
    StringBuilder text = new StringBuilder();
    String panel = null;
    for (SweepPoint point : points) {
      if (!point.panel().equals(panel)) {
        text.append(panel == null ? "" : "\n");
        panel = point.panel();
        text.append("**").append(panel).append("**\n\n");
        text.append(
            "| strategy | unique values | unique-value ratio | test accuracy, % | deviation | least"
                + " to greatest | seeds | file, bytes | fp32 over file | as the paper counts |\n");
        text.append("|---|---|---|---|---|---|---|---|---|---|\n");
      }
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %,d | %.3g | %.2f | %s | %.2f to %.2f | %d | %,.0f | %.1f | %,.0f |\n",
              point.label(),
              point.uniqueValues(),
              point.uniqueRatio(),
              100 * point.mean(),
              point.seeds() == 1 ? "" : String.format(Locale.ROOT, "%.2f", 100 * point.deviation()),
              100 * point.least(),
              100 * point.greatest(),
              point.seeds(),
              point.fileBytes(),
              point.compression(),
              point.paperBytes()));
    }
    return text.toString();
  }
}
