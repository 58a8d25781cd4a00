package io.pemn.cli;

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
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.AxesChartStyler;
import org.w3c.dom.Document;

/**
 * Charts of the same size in two columns, as a PNG or SVG file.
 *
 * @param title what a SVG file says that it is
 * @param width of a chart, in points
 * @param height of a chart, in points
 */
record ChartSheet(String title, int width, int height) {
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

  /** One of seven colours, then again from the first on. */
  static Color color(int place) {
    return COLORS.get(place % COLORS.size());
  }

  /** Whether a file's name says in which format to write it. */
  static boolean canWrite(Path file) {
    return endsWith(file, ".svg") || endsWith(file, ".png");
  }

  private static boolean endsWith(Path file, String ending) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(ending);
  }

  /** What all charts have in common. */
  static void style(AxesChartStyler styler) {
    styler.setLocale(Locale.ROOT);
    styler.setLegendBorderColor(GRID);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderColor(Color.GRAY);
    styler.setPlotGridLinesColor(GRID);
    // Dots would become a path of thousands of corners in an SVG file.
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setAxisTickMarksStroke(new BasicStroke(1));
    styler.setAxisTicksLineVisible(false);
    styler.setChartTitleBoxVisible(false);
  }

  /**
   * Writes the charts.
   *
   * @param charts makes them, at least one; it needs fonts, too
   * @param file ends in .svg or .png
   * @throws IOException in one sentence, if it cannot be drawn or written
   */
  void write(Supplier<List<XYChart>> charts, Path file) throws IOException {
    try {
      List<XYChart> panels = charts.get();
      int columns = Math.min(COLUMNS, panels.size());
      int rows = (panels.size() + columns - 1) / columns;
      Dimension size = new Dimension(columns * width, rows * height);
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

  private BufferedImage image(List<XYChart> panels, int columns, Dimension size) {
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

  private void writeSvg(List<XYChart> panels, int columns, Dimension size, OutputStream out)
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
    context.setComment(title);
    SVGGraphics2D graphics = new SVGGraphics2D(context, false);
    graphics.setSVGCanvasSize(size);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, size.width, size.height);
    paint(panels, columns, graphics);
    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    graphics.stream(writer, true);
    writer.flush();
  }

  private void paint(List<XYChart> panels, int columns, Graphics2D graphics) {
    for (int i = 0; i < panels.size(); i++) {
      Graphics2D own =
          (Graphics2D) graphics.create(i % columns * width, i / columns * height, width, height);
      panels.get(i).paint(own, width, height);
      own.dispose();
    }
  }
}
