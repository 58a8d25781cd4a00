package io.pemn.compressor.rate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Means over seeds. */
public final class RateTable {
  private RateTable() {}

  /**
   * A method on a network, over the seeds that were measured.
   *
   * @param network its name
   * @param group the method's
   * @param method its name
   * @param seeds how many
   * @param mean test accuracy, 0 to 1
   * @param least of the seeds
   * @param greatest of the seeds
   * @param fileBytes mean
   * @param bitsPerWeight mean
   * @param paperBytes mean
   */
  public record Point(
      String network,
      String group,
      String method,
      int seeds,
      double mean,
      double least,
      double greatest,
      double fileBytes,
      double bitsPerWeight,
      double paperBytes) {
    private static Point of(List<RateRow> rows) {
      RateRow first = rows.get(0);
      return new Point(
          first.network(),
          first.group(),
          first.method(),
          rows.size(),
          rows.stream().mapToDouble(RateRow::accuracy).average().orElseThrow(),
          rows.stream().mapToDouble(RateRow::accuracy).min().orElseThrow(),
          rows.stream().mapToDouble(RateRow::accuracy).max().orElseThrow(),
          rows.stream().mapToLong(RateRow::fileBytes).average().orElseThrow(),
          rows.stream().mapToDouble(RateRow::bitsPerWeight).average().orElseThrow(),
          rows.stream().mapToLong(RateRow::paperBytes).average().orElseThrow());
    }
  }

  /**
   * The points of a table, network by network and group by group, each in the order of {@link
   * RateMethods}, what it does not know at the end; in a group the largest file comes first.
   */
  public static List<Point> points(List<RateRow> rows) {
    Map<List<String>, List<RateRow>> methods = new LinkedHashMap<>();
    for (RateRow row : rows) {
      methods
          .computeIfAbsent(List.of(row.network(), row.method()), key -> new ArrayList<>())
          .add(row);
    }
    List<String> networks = RateMethods.NETWORKS.stream().map(RateNetwork::name).toList();
    List<String> groups = RateMethods.METHODS.stream().map(RateMethod::group).distinct().toList();
    List<Point> points = new ArrayList<>();
    methods.values().forEach(own -> points.add(Point.of(own)));
    points.sort(
        (a, b) -> {
          int order = Integer.compare(place(networks, a.network()), place(networks, b.network()));
          order = order != 0 ? order : a.network().compareTo(b.network());
          order =
              order != 0
                  ? order
                  : Integer.compare(place(groups, a.group()), place(groups, b.group()));
          order = order != 0 ? order : a.group().compareTo(b.group());
          return order != 0 ? order : Double.compare(b.fileBytes(), a.fileBytes());
        });
    return List.copyOf(points);
  }

  private static int place(List<String> known, String name) {
    int place = known.indexOf(name);
    return place < 0 ? known.size() : place;
  }

  /** The table as Markdown, one a network. */
  public static String markdown(List<RateRow> rows) {
    StringBuilder text = new StringBuilder();
    String network = null;
    for (Point point : points(rows)) {
      if (!point.network().equals(network)) {
        RateRow any =
            rows.stream()
                .filter(row -> row.network().equals(point.network()))
                .max((a, b) -> Long.compare(a.parameters(), b.parameters()))
                .orElseThrow();
        text.append(network == null ? "" : "\n");
        network = point.network();
        text.append(
            String.format(
                Locale.ROOT,
                "**%s**: %,d parameters, %d epochs\n\n",
                network,
                any.parameters(),
                any.epochs()));
        text.append(
            "| | method | test accuracy, % | least to greatest | seeds | file, bytes | bits a"
                + " weight | as the paper counts |\n");
        text.append("|---|---|---|---|---|---|---|---|\n");
      }
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %.2f | %.2f to %.2f | %d | %,.0f | %.2f | %,.0f |\n",
              point.group(),
              point.method(),
              100 * point.mean(),
              100 * point.least(),
              100 * point.greatest(),
              point.seeds(),
              point.fileBytes(),
              point.bitsPerWeight(),
              point.paperBytes()));
    }
    return text.toString();
  }
}
