package io.pemn.cli;

import io.pemn.compressor.rate.RateMethods;
import io.pemn.compressor.rate.RateTable.Point;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Draws accuracy against whole-file bytes: a panel a network, a series a group of methods, the mean
 * of the seeds with a bar from the least to the greatest.
 */
final class RatePlot {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final int PLOT_WIDTH = 540;

  private static final List<Marker> MARKERS =
      List.of(
          SeriesMarkers.DIAMOND,
          SeriesMarkers.CIRCLE,
          SeriesMarkers.SQUARE,
          SeriesMarkers.TRIANGLE_UP,
          SeriesMarkers.TRIANGLE_DOWN,
          SeriesMarkers.CROSS,
          SeriesMarkers.PLUS);

  private RatePlot() {}

  /**
   * Writes a plot.
   *
   * @param points what to draw, at least one
   * @param file ends in .svg or .png
   * @throws IOException in one sentence, if it cannot be drawn or written
   */
  static void write(List<Point> points, Path file) throws IOException {
    if (points.isEmpty()) {
      throw new IOException("There is nothing to draw into " + file + " yet; measure a row first.");
    }
    new ChartSheet("pemn bench rate", WIDTH, HEIGHT).write(() -> panels(points), file);
  }

  private static List<XYChart> panels(List<Point> points) {
    Map<String, List<Point>> networks = new LinkedHashMap<>();
    for (Point point : points) {
      networks.computeIfAbsent(point.network(), name -> new ArrayList<>()).add(point);
    }
    List<String> groups =
        new ArrayList<>(RateMethods.METHODS.stream().map(m -> m.group()).distinct().toList());
    points.stream().map(Point::group).filter(g -> !groups.contains(g)).forEach(groups::add);
    List<XYChart> panels = new ArrayList<>();
    networks.forEach((network, own) -> panels.add(panel(network, own, groups)));
    return panels;
  }

  private static XYChart panel(String network, List<Point> points, List<String> groups) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(network)
            .xAxisTitle("whole file, KiB (log scale)")
            .yAxisTitle("test accuracy, %")
            .build();
    style(chart.getStyler(), points);
    for (String group : groups.stream().distinct().toList()) {
      List<Point> own =
          points.stream()
              .filter(point -> point.group().equals(group))
              .sorted(Comparator.comparingDouble(Point::fileBytes))
              .toList();
      if (!own.isEmpty()) {
        addSeries(chart, group, own, groups.indexOf(group));
      }
    }
    return chart;
  }

  private static void addSeries(XYChart chart, String group, List<Point> points, int place) {
    Color color = ChartSheet.color(place);
    XYSeries series =
        chart.addSeries(
            group,
            points.stream().mapToDouble(RatePlot::log2).toArray(),
            points.stream().mapToDouble(point -> 100 * point.mean()).toArray());
    series.setLineColor(color).setLineWidth(1.5f).setLineStyle(SeriesLines.SOLID);
    series.setMarker(MARKERS.get(place % MARKERS.size())).setMarkerColor(color);
    // The library's own error bars are as long above as below.
    for (Point point : points) {
      if (point.greatest() > point.least()) {
        XYSeries bar =
            chart.addSeries(
                group + " " + point.method(),
                new double[] {log2(point), log2(point)},
                new double[] {100 * point.least(), 100 * point.greatest()});
        bar.setLineColor(color).setLineWidth(1).setLineStyle(SeriesLines.SOLID);
        bar.setMarker(SeriesMarkers.NONE).setShowInLegend(false);
      }
    }
  }

  /** The place on an axis of doublings: the library labels its own logarithmic one too sparsely. */
  private static double log2(Point point) {
    return Math.log(point.fileBytes()) / Math.log(2);
  }

  private static String kibibytes(double log2) {
    return Math.abs(log2 - Math.rint(log2)) > 1e-6
        ? ""
        : new DecimalFormat("#,##0.###", DecimalFormatSymbols.getInstance(Locale.ROOT))
            .format(Math.pow(2, Math.rint(log2) - 10));
  }

  private static void style(XYStyler styler, List<Point> points) {
    int least = (int) Math.floor(points.stream().mapToDouble(RatePlot::log2).min().orElseThrow());
    int greatest = (int) Math.ceil(points.stream().mapToDouble(RatePlot::log2).max().orElseThrow());
    greatest = Math.max(greatest, least + 1);
    styler.setXAxisMin((double) least).setXAxisMax((double) greatest);
    // About one tick a doubling, at whole numbers.
    styler.setXAxisTickMarkSpacingHint(PLOT_WIDTH / (greatest - least));
    styler.setxAxisTickLabelsFormattingFunction(RatePlot::kibibytes);
    styler.setYAxisDecimalPattern("0.#");
    styler.setLegendPosition(Styler.LegendPosition.InsideSE);
    styler.setMarkerSize(8);
    ChartSheet.style(styler);
  }
}
