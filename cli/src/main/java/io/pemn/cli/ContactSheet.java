package io.pemn.cli;

import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.training.TrainingPreview.Row;
import io.pemn.packager.AtomicFile;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * Draws images beside what training sees of them: a row an image, a column an epoch, every pixel
 * enlarged to a square of whole screen pixels, and captions where there is room for them.
 */
final class ContactSheet {
  /** Small pictures are enlarged to about this side. */
  private static final int SIDE = 84;

  private static final int GAP = 6;
  private static final int HEADER = 24;
  private static final int MAX_CAPTION = 160;
  private static final long MAX_PIXELS = 100_000_000;
  private static final Color BACKGROUND = new Color(0xE8E8E8);
  private static final Color TEXT = new Color(0x202020);
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);

  private final int scale;
  private final int width;
  private final int height;

  private ContactSheet(ImageSet images) {
    scale = scale(images);
    width = scale * images.width();
    height = scale * images.height();
  }

  private static int scale(ImageSet images) {
    return Math.max(1, SIDE / Math.max(images.height(), images.width()));
  }

  /**
   * Checks that a sheet can be made of so many images, before time is spent on them.
   *
   * @throws IllegalArgumentException in one sentence, if it would have too many pixels
   */
  static void requireDrawable(int rows, int columns, ImageSet images) {
    ContactSheet sheet = new ContactSheet(images);
    double pixels = sheet.widthOf(columns, MAX_CAPTION) * sheet.heightOf(rows);
    if (pixels > MAX_PIXELS) {
      throw new IllegalArgumentException(
          String.format(
              "A sheet of %,d images of %dx%d in %,d epochs would have %,.0f pixels, but at most"
                  + " %,d; give a smaller --count or --columns.",
              rows, images.height(), images.width(), columns, pixels, MAX_PIXELS));
    }
  }

  private double widthOf(int columns, int caption) {
    return caption + (columns + 1.0) * (width + GAP) + 2.0 * GAP;
  }

  private double heightOf(int rows) {
    return HEADER + (double) rows * (height + GAP);
  }

  /**
   * Writes a sheet.
   *
   * @param rows what to draw, at least one
   * @param images the set that they are of
   * @param labels the names of its classes, if they have names
   * @param epoch the first epoch that is drawn
   * @return the size of the picture
   * @throws IOException in one sentence, if it cannot be drawn or written
   */
  static Dimension write(List<Row> rows, ImageSet images, List<String> labels, int epoch, Path file)
      throws IOException {
    BufferedImage sheet;
    try {
      sheet = new ContactSheet(images).draw(rows, images, labels, epoch);
    } catch (LinkageError | InternalError e) {
      throw new IOException(
          "This JDK cannot draw text ("
              + e.getMessage()
              + "); install fontconfig and a font, such as fonts-dejavu-core.",
          e);
    }
    AtomicFile.write(file, out -> ImageIO.write(sheet, "png", out));
    return new Dimension(sheet.getWidth(), sheet.getHeight());
  }

  private BufferedImage draw(List<Row> rows, ImageSet images, List<String> labels, int epoch) {
    int columns = rows.get(0).seen().size();
    List<String> captions =
        rows.stream()
            .map(
                row -> {
                  if (!images.labelled()) {
                    return "";
                  }
                  int label = images.label(row.position());
                  return Printable.of(labels.isEmpty() ? "class " + label : labels.get(label));
                })
            .toList();
    FontMetrics metrics =
        new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics().getFontMetrics(FONT);
    int caption =
        Math.min(captions.stream().mapToInt(metrics::stringWidth).max().orElse(0), MAX_CAPTION);
    BufferedImage sheet =
        new BufferedImage(
            (int) widthOf(columns, caption),
            (int) heightOf(rows.size()),
            BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setFont(FONT);
    graphics.setColor(BACKGROUND);
    graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    graphics.setColor(TEXT);
    int left = GAP + caption + (caption > 0 ? GAP : 0);
    int baseline = HEADER - GAP - metrics.getDescent();
    text(graphics, metrics, "original", left, baseline);
    for (int column = 0; column < columns; column++) {
      String name = (column == 0 ? "epoch " : "") + (epoch + column);
      text(graphics, metrics, name, left + (column + 1) * (width + GAP), baseline);
    }
    for (int row = 0; row < rows.size(); row++) {
      int top = HEADER + row * (height + GAP);
      graphics.setClip(GAP, top, caption, height);
      graphics.drawString(
          captions.get(row), GAP, top + (height + metrics.getAscent() - metrics.getDescent()) / 2);
      graphics.setClip(null);
      place(sheet, rows.get(row).original(), images, left, top);
      for (int column = 0; column < columns; column++) {
        byte[] seen = rows.get(row).seen().get(column);
        place(sheet, seen, images, left + (column + 1) * (width + GAP), top);
      }
    }
    graphics.dispose();
    return sheet;
  }

  /** Writes above a column what fits there. */
  private void text(Graphics2D graphics, FontMetrics metrics, String text, int x, int baseline) {
    if (metrics.stringWidth(text) <= width) {
      graphics.drawString(text, x, baseline);
    }
  }

  private void place(BufferedImage sheet, byte[] pixels, ImageSet images, int left, int top) {
    int plane = images.height() * images.width();
    for (int row = 0; row < images.height(); row++) {
      for (int column = 0; column < images.width(); column++) {
        int at = row * images.width() + column;
        int red = pixels[at] & 0xff;
        int green = images.channels() == 3 ? pixels[plane + at] & 0xff : red;
        int blue = images.channels() == 3 ? pixels[2 * plane + at] & 0xff : red;
        int color = red << 16 | green << 8 | blue;
        for (int y = 0; y < scale; y++) {
          for (int x = 0; x < scale; x++) {
            sheet.setRGB(left + column * scale + x, top + row * scale + y, color);
          }
        }
      }
    }
  }
}
