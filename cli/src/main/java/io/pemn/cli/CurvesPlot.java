package io.pemn.cli;

import io.pemn.compressor.training.MetricsCsv;
import io.pemn.compressor.training.MetricsCsv.Row;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Draws the metrics of trainings over their epochs or steps, a panel a quantity. Of one run every
 * curve has a colour; of several every run has one, and what is measured on training images is
 * dashed.
 */
final class CurvesPlot {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 400;
  private static final int PLOT_HEIGHT = 300;
  private static final int MOST_MARKED = 40;
  private static final int MOST_NAMED_LAYERS = 12;
  private static final float WIDE = 1.6f;
  private static final float THIN = 0.8f;

  private static final Color[] RAMP = {
    new Color(0x440154), new Color(0x31688E), new Color(0x35B779), new Color(0xB8DE29)
  };

  private final List<Run> runs;
  private final boolean overSteps;
  private final List<XYChart> charts = new ArrayList<>();

  /**
   * A training.
   *
   * @param name in the legend
   * @param metrics what was seen of it
   */
  record Run(String name, MetricsCsv metrics) {}

  /** What is read out of a row, where it is there. */
  private interface Quantity extends Function<Row, OptionalDouble> {
    static Quantity column(String name, double unit) {
      return row -> {
        OptionalDouble value = row.value(name);
        return value.isPresent()
            ? OptionalDouble.of(value.getAsDouble() / unit)
            : OptionalDouble.empty();
      };
    }

    /** The same of whole epochs alone. */
    default Quantity ofEpochs() {
      return row -> row.endsEpoch() ? apply(row) : OptionalDouble.empty();
    }

    /** The same of parts of epochs alone. */
    default Quantity withinEpochs() {
      return row -> row.endsEpoch() ? OptionalDouble.empty() : apply(row);
    }

    /** The same without what is 0, which stands for what was not measured or has no logarithm. */
    default Quantity positive() {
      return row -> {
        OptionalDouble value = apply(row);
        return value.isPresent() && value.getAsDouble() > 0 ? value : OptionalDouble.empty();
      };
    }
  }

  /** How a curve looks. */
  private record Look(Color color, float width, boolean dashed, boolean named) {}

  private CurvesPlot(List<Run> runs, boolean overSteps) {
    this.runs = runs;
    this.overSteps = overSteps;
  }

  /**
   * Writes a plot.
   *
   * @param runs what to draw, each with at least one row; over epochs, with a whole one
   * @param overSteps whether the horizontal axis counts steps, and not epochs
   * @param file ends in .svg or .png
   * @return the titles of the panels: a quantity of which there are no numbers has none
   * @throws IOException in one sentence, if it cannot be drawn or written
   */
  static List<String> write(List<Run> runs, boolean overSteps, Path file) throws IOException {
    CurvesPlot plot = new CurvesPlot(runs, overSteps);
    new ChartSheet("pemn plot", WIDTH, HEIGHT).write(plot::draw, file);
    return plot.charts.stream().map(XYChart::getTitle).toList();
  }

  private List<XYChart> draw() {
    learned("loss", "loss", 1);
    learned("accuracy", "accuracy, %", 0.01);
    ofRuns("learning rate", "learning rate", Quantity.column("lr", 1), false);
    flips();
    densities();
    XYStyler speed =
        ofRuns(
                "speed",
                "images a second",
                Quantity.column("images_per_second", 1).ofEpochs().positive(),
                false)
            .getStyler();
    speed.setYAxisMin(0.0);
    return charts;
  }

  /** A loss or an accuracy: of training, validation and test images. */
  private void learned(String kind, String axis, double unit) {
    Quantity train = Quantity.column("train_" + kind, unit).positive();
    Quantity validation = Quantity.column("validation_" + kind, unit);
    Quantity test = Quantity.column("test_" + kind, unit);
    boolean one = runs.size() == 1;
    XYChart chart = chart(kind, one ? axis : axis + " (dashed: training)");
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      Color color = ChartSheet.color(one ? 1 : i);
      add(chart, run, run.name() + " within", train.withinEpochs(), light(color));
      if (one) {
        add(chart, run, "training", train.ofEpochs(), wide(color));
        add(chart, run, "validation", validation, wide(ChartSheet.color(0)));
        add(chart, run, "test", test, wide(ChartSheet.color(2)));
      } else {
        boolean held = validations(run);
        boolean measured = add(chart, run, run.name(), held ? validation : test, wide(color));
        add(
            chart,
            run,
            measured ? run.name() + " training" : run.name(),
            train.ofEpochs(),
            new Look(color, WIDE, true, !measured));
      }
    }
    keep(chart);
  }

  private static boolean validations(Run run) {
    return run.metrics().rows().stream().anyMatch(row -> row.value("validation_loss").isPresent());
  }

  /** A panel with a curve a run. */
  private XYChart ofRuns(String title, String axis, Quantity quantity, boolean logarithmic) {
    XYChart chart = chart(title, axis);
    for (int i = 0; i < runs.size(); i++) {
      Color color = ChartSheet.color(runs.size() == 1 ? 1 : i);
      Quantity drawn = logarithmic ? log10(quantity) : quantity;
      add(chart, runs.get(i), runs.get(i).name(), drawn, wide(color));
    }
    chart.getStyler().setLegendVisible(runs.size() > 1);
    keep(chart);
    return chart;
  }

  private static Quantity log10(Quantity quantity) {
    return row -> {
      OptionalDouble value = quantity.apply(row);
      return value.isPresent()
          ? OptionalDouble.of(Math.log10(value.getAsDouble()))
          : OptionalDouble.empty();
    };
  }

  private void flips() {
    Quantity flips = Quantity.column("mask_flips", 1).positive();
    long different =
        runs.stream()
            .flatMap(run -> run.metrics().rows().stream().map(flips))
            .filter(OptionalDouble::isPresent)
            .distinct()
            .count();
    if (different == 1) {
      ofRuns("mask flips", "mask bits flipped", flips, false);
      return;
    }
    XYChart chart = ofRuns("mask flips", "mask bits flipped (log scale)", flips, true);
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (XYSeries series : chart.getSeriesMap().values()) {
      least = Math.min(least, series.getYMin());
      greatest = Math.max(greatest, series.getYMax());
    }
    if (least <= greatest) {
      // The library labels its own logarithmic axis too sparsely.
      double bottom = Math.floor(least);
      double top = Math.max(bottom + 1, Math.ceil(greatest));
      XYStyler styler = chart.getStyler();
      styler.setYAxisMin(bottom).setYAxisMax(top);
      styler.setYAxisTickMarkSpacingHint((int) (PLOT_HEIGHT / (top - bottom)));
      styler.setyAxisTickLabelsFormattingFunction(CurvesPlot::powerOfTen);
    }
  }

  private static String powerOfTen(double log10) {
    return Math.abs(log10 - Math.rint(log10)) > 1e-6
        ? ""
        : new DecimalFormat("#,##0", DecimalFormatSymbols.getInstance(Locale.ROOT))
            .format(Math.pow(10, Math.rint(log10)));
  }

  private void densities() {
    boolean one = runs.size() == 1;
    XYChart chart = chart("density", "fraction of weights kept, a line a layer");
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      List<String> layers = run.metrics().layers();
      for (int j = 0; j < layers.size(); j++) {
        String layer = layers.get(j);
        // Of many layers the first and the last say which way the colours go.
        boolean named = layers.size() <= MOST_NAMED_LAYERS || j == 0 || j == layers.size() - 1;
        add(
            chart,
            run,
            one ? layer : j == 0 ? run.name() : run.name() + " " + layer,
            row -> row.density(layer),
            one
                ? new Look(ramp(j, layers.size()), WIDE, false, named)
                : new Look(ChartSheet.color(i), THIN, false, j == 0));
      }
    }
    keep(chart);
  }

  /** From dark to light, in the order of the layers. */
  private static Color ramp(int layer, int layers) {
    double place = layers == 1 ? 0 : (double) layer / (layers - 1) * (RAMP.length - 1);
    int below = Math.min((int) place, RAMP.length - 2);
    double share = place - below;
    Color from = RAMP[below];
    Color to = RAMP[below + 1];
    return new Color(
        (int) Math.round(from.getRed() + share * (to.getRed() - from.getRed())),
        (int) Math.round(from.getGreen() + share * (to.getGreen() - from.getGreen())),
        (int) Math.round(from.getBlue() + share * (to.getBlue() - from.getBlue())));
  }

  private static Look wide(Color color) {
    return new Look(color, WIDE, false, true);
  }

  private static Look light(Color color) {
    int[] parts = {color.getRed(), color.getGreen(), color.getBlue()};
    for (int i = 0; i < parts.length; i++) {
      parts[i] = 255 - (255 - parts[i]) / 2;
    }
    return new Look(new Color(parts[0], parts[1], parts[2]), THIN, false, false);
  }

  private XYChart chart(String title, String axis) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(overSteps ? "step" : "epoch")
            .yAxisTitle(axis)
            .build();
    XYStyler styler = chart.getStyler();
    styler.setXAxisDecimalPattern("#,##0.##");
    styler.setYAxisDecimalPattern("#,##0.####");
    styler.setMarkerSize(5);
    // Inside it would hide points.
    styler.setLegendPosition(LegendPosition.OutsideE);
    ChartSheet.style(styler);
    return chart;
  }

  private void keep(XYChart chart) {
    if (!chart.getSeriesMap().isEmpty()) {
      charts.add(chart);
    }
  }

  /** Adds a curve, if there is a row that has the quantity. */
  private boolean add(XYChart chart, Run run, String name, Quantity quantity, Look look) {
    List<Double> across = places(run);
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    List<Row> rows = run.metrics().rows();
    for (int i = 0; i < rows.size(); i++) {
      OptionalDouble value = quantity.apply(rows.get(i));
      if (value.isPresent() && Double.isFinite(value.getAsDouble()) && across.get(i) != null) {
        x.add(across.get(i));
        y.add(value.getAsDouble());
      }
    }
    if (x.isEmpty()) {
      return false;
    }
    // The library knows curves by their names, of which two may look the same.
    XYSeries series = chart.addSeries(chart.getSeriesMap().size() + " " + name, x, y);
    series.setLabel(name);
    series.setLineColor(look.color()).setLineWidth(look.width());
    series.setLineStyle(look.dashed() ? SeriesLines.DASH_DASH : SeriesLines.SOLID);
    boolean marked = x.size() == 1 || look.width() == WIDE && x.size() <= MOST_MARKED;
    series.setMarker(marked ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    series.setMarkerColor(look.color()).setShowInLegend(look.named());
    return true;
  }

  /** Where each row stands on the horizontal axis. */
  private List<Double> places(Run run) {
    List<Double> places = new ArrayList<>();
    double end = 0;
    double length = 0;
    List<Row> rows = run.metrics().rows();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      double step = row.value("step").orElseThrow();
      if (overSteps) {
        places.add(step);
        continue;
      }
      double epoch = row.value("epoch").orElseThrow();
      if (row.endsEpoch()) {
        length = step - end;
        end = step;
        places.add(epoch);
      } else {
        double whole = lengthOfEpoch(rows, i, end).orElse(length);
        places.add(epoch - 1 + (step - end) / whole);
      }
    }
    return places;
  }

  /** How many steps the epoch of a row has, if it is over. */
  private static OptionalDouble lengthOfEpoch(List<Row> rows, int row, double end) {
    return rows.stream()
        .skip(row)
        .filter(Row::endsEpoch)
        .findFirst()
        .map(last -> OptionalDouble.of(last.value("step").orElseThrow() - end))
        .orElse(OptionalDouble.empty());
  }
}
