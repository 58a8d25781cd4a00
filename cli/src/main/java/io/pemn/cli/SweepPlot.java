package io.pemn.cli;

import io.pemn.compressor.sweep.SweepPoint;
import io.pemn.compressor.sweep.SweepStrategy;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The figures of a sweep, a panel a network: accuracy against the unique-value ratio, as in the
 * paper, and accuracy against the whole file's size. Every point is the mean of its seeds, with a
 * bar of one standard deviation to each side.
 */
final class SweepPlot {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final int PLOT_WIDTH = 540;

  /** Of the axes' lengths: how near to each other two names are in each other's way. */
  private static final double NEAR = 0.06;

  /** Likewise how far a name is from its point. */
  private static final double ASIDE = 0.07;

  /** How a strategy looks; none of these shapes and colours is another's. */
  private enum Look {
    DENSE("dense", 2, SeriesMarkers.SQUARE),
    NONE("mask", 3, SeriesMarkers.TRIANGLE_UP),
    ONE_LAYER("one-layer", 4, SeriesMarkers.TRIANGLE_DOWN),
    MAX_LAYER("MP", 5, SeriesMarkers.DIAMOND),
    RANDOM_VECTOR("RP", 1, SeriesMarkers.CIRCLE),
    PRUNED_MAGNITUDE("magnitude pruning", 0, SeriesMarkers.PLUS),
    PRUNED_RANDOM("random pruning", 6, SeriesMarkers.CROSS);

    private final String label;
    private final Color color;
    private final Marker marker;

    Look(String label, int color, Marker marker) {
      this.label = label;
      this.color = ChartSheet.color(color);
      this.marker = marker;
    }

    static Look of(SweepStrategy strategy) {
      return valueOf(strategy.name());
    }
  }

  private SweepPlot() {}

  /**
   * Draws accuracy against the unique-value ratio: dense networks and those of masks over weights
   * of their own as horizontal lines, the other masks as points; pruned networks are not in it.
   *
   * @param points of a table
   * @param file ends in .svg or .png
   * @throws IOException in one sentence, if there is nothing to draw, or it cannot be written
   */
  static void writeAccuracy(List<SweepPoint> points, Path file) throws IOException {
    List<SweepPoint> drawn = points.stream().filter(p -> !p.strategy().pruned()).toList();
    write(drawn, file, SweepPlot::accuracyPanel);
  }

  /**
   * Draws accuracy against the size of the whole file.
   *
   * @param points of a table
   * @param file ends in .svg or .png
   * @throws IOException in one sentence, if there is nothing to draw, or it cannot be written
   */
  static void writeSize(List<SweepPoint> points, Path file) throws IOException {
    write(points, file, SweepPlot::sizePanel);
  }

  private interface Panel {
    XYChart draw(String title, List<SweepPoint> points);
  }

  private static void write(List<SweepPoint> points, Path file, Panel panel) throws IOException {
    if (points.isEmpty()) {
      throw new IOException("There is nothing to draw into " + file + " yet; run a sweep first.");
    }
    Map<String, List<SweepPoint>> panels = new LinkedHashMap<>();
    points.forEach(p -> panels.computeIfAbsent(p.panel(), key -> new ArrayList<>()).add(p));
    List<String> titles = panels.values().stream().map(own -> title(own.get(0))).toList();
    new ChartSheet("pemn sweep", WIDTH, HEIGHT)
        .write(
            () -> {
              List<XYChart> charts = new ArrayList<>();
              panels.forEach(
                  (name, own) -> {
                    String title = title(own.get(0));
                    // Networks that differ in what the short title leaves out have the long one.
                    boolean alone = titles.stream().filter(title::equals).count() == 1;
                    charts.add(panel.draw(alone ? title : name, own));
                  });
              return charts;
            },
            file);
  }

  /** The network as papers name it, where it has a depth and a width, with its training. */
  private static String title(SweepPoint point) {
    String name = name(point).orElse(point.network());
    return String.format(
        Locale.ROOT,
        "%s on %s: %,d images, %d epochs",
        name,
        point.data(),
        point.trainImages(),
        point.epochs());
  }

  private static Optional<String> name(SweepPoint point) {
    return switch (point.arch()) {
      case "convmixer" -> sizes(point).map(sizes -> "ConvMixer " + sizes);
      case "vit" -> sizes(point).map(sizes -> "ViT " + sizes);
      case "resnet" -> point.depth().flatMap(depth -> point.dim().map(dim -> resNet(depth, dim)));
      case "mlp" ->
          Arrays.stream(point.network().split(" "))
              .filter(word -> word.startsWith("hidden="))
              .map(word -> "MLP " + word.substring("hidden=".length()))
              .findFirst();
      default -> Optional.empty();
    };
  }

  private static Optional<String> sizes(SweepPoint point) {
    return point.depth().flatMap(depth -> point.dim().map(dim -> depth + "/" + dim));
  }

  private static String resNet(int depth, int dim) {
    return "ResNet-" + depth + (dim == 16 ? "" : " of width " + dim);
  }

  private static XYChart accuracyPanel(String title, List<SweepPoint> points) {
    XYChart chart =
        chart(title, "unique values over weights of the largest layer (log scale)", points);
    ToDoubleFunction<SweepPoint> ratio = point -> Math.log10(point.uniqueRatio());
    double least = Math.floor(points.stream().mapToDouble(ratio).min().orElseThrow() - 0.1);
    double greatest = Math.ceil(points.stream().mapToDouble(ratio).max().orElseThrow() + 0.1);
    XYStyler styler = chart.getStyler();
    axis(styler, least, greatest);
    styler.setxAxisTickLabelsFormattingFunction(SweepPlot::powerOfTen);
    for (SweepStrategy strategy : SweepStrategy.values()) {
      List<SweepPoint> own = of(points, strategy);
      if (own.isEmpty()) {
        continue;
      }
      boolean level = strategy == SweepStrategy.DENSE || strategy == SweepStrategy.NONE;
      if (level) {
        for (SweepPoint point : own) {
          level(chart, point, least, greatest);
        }
      }
      add(chart, strategy, own, ratio, strategy == SweepStrategy.RANDOM_VECTOR);
    }
    return chart;
  }

  private static XYChart sizePanel(String title, List<SweepPoint> points) {
    XYChart chart = chart(title, "whole file, KiB (log scale)", points);
    ToDoubleFunction<SweepPoint> size = point -> Math.log(point.fileBytes()) / Math.log(2);
    double least = Math.floor(points.stream().mapToDouble(size).min().orElseThrow() - 0.1);
    double greatest = Math.ceil(points.stream().mapToDouble(size).max().orElseThrow() + 0.1);
    axis(chart.getStyler(), least, greatest);
    chart.getStyler().setxAxisTickLabelsFormattingFunction(SweepPlot::kibibytes);
    // Two names more, and they just fit.
    chart.getStyler().setLegendPadding(6);
    of(points, SweepStrategy.DENSE).forEach(point -> level(chart, point, least, greatest));
    for (SweepStrategy strategy : SweepStrategy.values()) {
      List<SweepPoint> own = of(points, strategy);
      if (!own.isEmpty()) {
        add(chart, strategy, own, size, strategy.pruned());
      }
    }
    nameRatios(chart, points, size);
    return chart;
  }

  /** Names the ratios of RP, whose points lie above each other; those too close have none. */
  private static void nameRatios(
      XYChart chart, List<SweepPoint> points, ToDoubleFunction<SweepPoint> size) {
    double[] means = points.stream().mapToDouble(SweepPoint::mean).toArray();
    double[] sizes = points.stream().mapToDouble(size).toArray();
    double height =
        Arrays.stream(means).max().orElseThrow() - Arrays.stream(means).min().orElseThrow();
    double width =
        Arrays.stream(sizes).max().orElseThrow() - Arrays.stream(sizes).min().orElseThrow();
    List<SweepPoint> near = new ArrayList<>();
    for (SweepPoint point : of(points, SweepStrategy.RANDOM_VECTOR)) {
      if (near.stream().noneMatch(o -> Math.abs(o.mean() - point.mean()) < NEAR * height)) {
        chart.addAnnotation(
            new AnnotationText(
                "RP " + powerOrNumber(point.ratio().orElseThrow()),
                size.applyAsDouble(point) + ASIDE * Math.max(width, 1),
                100 * point.mean(),
                false));
        near.add(point);
      }
    }
  }

  private static String powerOrNumber(double number) {
    double log10 = Math.log10(number);
    String power = powerOfTen(log10);
    return power.isEmpty() ? String.valueOf(number) : power;
  }

  private static List<SweepPoint> of(List<SweepPoint> points, SweepStrategy strategy) {
    return points.stream().filter(point -> point.strategy() == strategy).toList();
  }

  private static XYChart chart(String title, String xTitle, List<SweepPoint> points) {
    int least = points.stream().mapToInt(SweepPoint::seeds).min().orElseThrow();
    int most = points.stream().mapToInt(SweepPoint::seeds).max().orElseThrow();
    String seeds =
        most == 1
            ? "one seed"
            : (least == most ? "" + most : least + " to " + most) + " seeds ± deviation";
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(xTitle)
            .yAxisTitle("test accuracy, % (" + seeds + ")")
            .build();
    XYStyler styler = chart.getStyler();
    ChartSheet.style(styler);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    styler.setLegendPadding(8);
    styler.setLegendSeriesLineLength(20);
    styler.setAnnotationTextFont(new Font(Font.SANS_SERIF, Font.PLAIN, 10));
    styler.setAnnotationTextFontColor(Color.DARK_GRAY);
    styler.setLegendPosition(Styler.LegendPosition.OutsideS);
    styler.setLegendLayout(Styler.LegendLayout.Horizontal);
    styler.setYAxisDecimalPattern("0.#");
    styler.setMarkerSize(9);
    styler.setErrorBarsColorSeriesColor(true);
    return chart;
  }

  /** One tick a whole number. */
  private static void axis(XYStyler styler, double least, double greatest) {
    styler.setXAxisMin(least).setXAxisMax(greatest);
    styler.setXAxisTickMarkSpacingHint((int) (PLOT_WIDTH / (greatest - least)));
  }

  private static void add(
      XYChart chart,
      SweepStrategy strategy,
      List<SweepPoint> points,
      ToDoubleFunction<SweepPoint> place,
      boolean joined) {
    Look look = Look.of(strategy);
    XYSeries series =
        chart.addSeries(
            look.label,
            points.stream().mapToDouble(place).toArray(),
            points.stream().mapToDouble(point -> 100 * point.mean()).toArray(),
            points.stream().mapToDouble(point -> 100 * point.deviation()).toArray());
    series.setLineColor(look.color).setLineWidth(1.5f);
    series.setLineStyle(SeriesLines.SOLID);
    if (!joined) {
      series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
    }
    series.setMarker(look.marker).setMarkerColor(look.color);
  }

  private static void level(XYChart chart, SweepPoint point, double least, double greatest) {
    Look look = Look.of(point.strategy());
    XYSeries line =
        chart.addSeries(
            look.label + " " + point.settings(),
            new double[] {least, greatest},
            new double[] {100 * point.mean(), 100 * point.mean()});
    line.setLineColor(look.color).setLineWidth(1.2f);
    line.setLineStyle(SeriesLines.DASH_DASH);
    line.setMarker(SeriesMarkers.NONE).setShowInLegend(false);
  }

  private static String powerOfTen(double log10) {
    if (Math.abs(log10 - Math.rint(log10)) > 1e-6) {
      return "";
    }
    int power = (int) Math.rint(log10);
    if (power >= 0 && power <= 2) {
      return String.valueOf((int) Math.pow(10, power));
    }
    StringBuilder text = new StringBuilder("10");
    for (char c : String.valueOf(power).toCharArray()) {
      text.append(c == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹".charAt(c - '0'));
    }
    return text.toString();
  }

  private static String kibibytes(double log2) {
    return Math.abs(log2 - Math.rint(log2)) > 1e-6
        ? ""
        : new DecimalFormat("0.###", DecimalFormatSymbols.getInstance(Locale.ROOT))
            .format(Math.pow(2, Math.rint(log2) - 10));
  }
}
