package io.pemn.cli;

import io.pemn.compressor.rate.RateMethods;
import io.pemn.compressor.rate.RateTable.Point;
import io.pemn.packager.AtomicFile;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.w3c.dom.Document;

/**
 * Draws accuracy against whole-file bytes: a panel a network, a series a group of methods, the mean
 * of the seeds with a bar from the least to the greatest.
 */
final class RatePlot {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final int PLOT_WIDTH = 540;
  private static final int COLUMNS = 2;
  private static final int PIXELS_A_POINT = 2;
  private static final Color GRID = new Color(0xE0E0E0);

  /** Okabe and Ito, "Color Universal Design": told apart with any colour vision. */
  private static final List<Color> COLORS =
      List.of(
          new Color(0xE69F00),
          new Color(0x0072B2),
          new Color(0x000000),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0xD55E00),
          new Color(0x56B4E9));

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

  /** Whether a file's name says in which format to write it. */
  static boolean canWrite(Path file) {
    return endsWith(file, ".svg") || endsWith(file, ".png");
  }

  private static boolean endsWith(Path file, String ending) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(ending);
  }

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
    try {
      List<XYChart> panels = panels(points);
      int columns = Math.min(COLUMNS, panels.size());
      int rows = (panels.size() + columns - 1) / columns;
      Dimension size = new Dimension(columns * WIDTH, rows * HEIGHT);
      if (endsWith(file, ".svg")) {
        AtomicFile.write(file, out -> writeSvg(panels, columns, size, out));
      } else {
        BufferedImage image = image(panels, columns, size);
        AtomicFile.write(file, out -> ImageIO.write(image, "png", out));
      }
    } catch (LinkageError | InternalError e) {
      throw new IOException(
          "This JDK cannot draw text ("
              + e.getMessage()
              + "); install fontconfig and a font, such as fonts-dejavu-core.",
          e);
    }
  }

  private static BufferedImage image(List<XYChart> panels, int columns, Dimension size) {
    BufferedImage image =
        new BufferedImage(
            PIXELS_A_POINT * size.width, PIXELS_A_POINT * size.height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
    graphics.scale(PIXELS_A_POINT, PIXELS_A_POINT);
    paint(panels, columns, graphics);
    graphics.dispose();
    return image;
  }

  private static void writeSvg(List<XYChart> panels, int columns, Dimension size, OutputStream out)
      throws IOException {
    Document document;
    try {
      document =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .getDOMImplementation()
              .createDocument("http://www.w3.org/2000/svg", "svg", null);
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException(e);
    }
    SVGGeneratorContext context = SVGGeneratorContext.createDefault(document);
    context.setPrecision(2);
    context.setComment("pemn bench rate");
    SVGGraphics2D graphics = new SVGGraphics2D(context, false);
    graphics.setSVGCanvasSize(size);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, size.width, size.height);
    paint(panels, columns, graphics);
    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    graphics.stream(writer, true);
    writer.flush();
  }

  private static void paint(List<XYChart> panels, int columns, Graphics2D graphics) {
    for (int i = 0; i < panels.size(); i++) {
      Graphics2D own =
          (Graphics2D) graphics.create(i % columns * WIDTH, i / columns * HEIGHT, WIDTH, HEIGHT);
      panels.get(i).paint(own, WIDTH, HEIGHT);
      own.dispose();
    }
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
    Color color = COLORS.get(place % COLORS.size());
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
    styler.setLocale(Locale.ROOT);
    styler.setLegendPosition(Styler.LegendPosition.InsideSE);
    styler.setLegendBorderColor(GRID);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderColor(Color.GRAY);
    styler.setPlotGridLinesColor(GRID);
    // Dots would become a path of thousands of corners in an SVG file.
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setAxisTickMarksStroke(new BasicStroke(1));
    styler.setAxisTicksLineVisible(false);
    styler.setMarkerSize(8);
    styler.setChartTitleBoxVisible(false);
  }
}
