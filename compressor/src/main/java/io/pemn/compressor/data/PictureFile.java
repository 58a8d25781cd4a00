package io.pemn.compressor.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads images of PNG, JPEG, GIF (the first frame) and BMP. Transparency and the orientation that a
 * camera noted are ignored, as they are by most readers of training data.
 */
final class PictureFile {
  /** The most pixels of one image; it is decoded only if its header declares no more. */
  static final int MOST_PIXELS = 1 << 26;

  private static final int LONGEST_SIDE = 1 << 16;

  /**
   * As the decoders call themselves; others, such as that of WBMP, take almost any file for theirs.
   */
  private static final Set<String> FORMATS = Set.of("png", "jpeg", "gif", "bmp");

  private PictureFile() {}

  /**
   * A decoded image.
   *
   * @param planes red, green and blue, or grey alone if all pixels are grey; row by row
   */
  record Picture(int height, int width, byte[][] planes) {
    boolean grey() {
      return planes.length == 1;
    }
  }

  /**
   * Decodes an image.
   *
   * @throws DataException if it cannot be read, is none, is damaged or has too many pixels
   */
  static Picture read(Path file) throws DataException {
    if (!Files.isRegularFile(file)) {
      throw new DataException(
          file
              + " is no file, but images were expected beside it; move it out of the folder or"
              + " correct the link.");
    }
    AtomicBoolean cut = new AtomicBoolean();
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        ImageInputStream in = new MemoryCacheImageInputStream(raw)) {
      ImageReader reader = reader(in);
      if (reader == null) {
        throw new DataException(
            file
                + " is no image that can be read here, but must be PNG, JPEG, GIF or BMP; convert"
                + " it or move it out of the folder.");
      }
      try {
        reader.setInput(in, true, true);
        // A JPEG that ends early is decoded to its end in grey, with no more than this warning.
        reader.addIIOReadWarningListener(
            (source, warning) -> {
              if (warning.toLowerCase(Locale.ROOT).contains("premature end")) {
                cut.set(true);
              }
            });
        requirePixels(file, reader.getHeight(0), reader.getWidth(0));
        BufferedImage image = reader.read(0);
        if (cut.get()) {
          throw new IOException("it ends early");
        }
        return picture(image);
      } finally {
        reader.dispose();
      }
    } catch (DataException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The decoders answer some damaged files with exceptions of any kind.
      throw new DataException(
          file
              + " cannot be decoded ("
              + e
              + "), but must be a sound PNG, JPEG, GIF or BMP image; replace it or move it out of"
              + " the folder.",
          e);
    }
  }

  /** The decoder for what a stream holds, or null. */
  private static ImageReader reader(ImageInputStream in) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
        return reader;
      }
    }
    return null;
  }

  private static void requirePixels(Path file, int height, int width) throws DataException {
    if (height < 1
        || width < 1
        || Math.max(height, width) > LONGEST_SIDE
        || (long) height * width > MOST_PIXELS) {
      throw new DataException(
          file
              + " declares "
              + height
              + "x"
              + width
              + " pixels, but an image must have 1 to "
              + MOST_PIXELS
              + " and a side at most "
              + LONGEST_SIDE
              + "; make it smaller or move it out of the folder.");
    }
  }

  private static Picture picture(BufferedImage image) {
    int height = image.getHeight();
    int width = image.getWidth();
    ColorModel colors = image.getColorModel();
    boolean plain = colors instanceof ComponentColorModel;
    if (plain && colors.getColorSpace().getType() == ColorSpace.TYPE_GRAY) {
      return new Picture(height, width, new byte[][] {greySamples(image)});
    }
    byte[][] planes = new byte[3][height * width];
    boolean direct =
        plain
            && colors.getColorSpace().isCS_sRGB()
            && colors.getTransferType() == DataBuffer.TYPE_BYTE
            && !colors.isAlphaPremultiplied();
    boolean grey = true;
    int[] row = new int[width * Math.max(3, image.getRaster().getNumBands())];
    for (int y = 0; y < height; y++) {
      int to = y * width;
      if (direct) {
        image.getRaster().getPixels(0, y, width, 1, row);
      } else {
        image.getRGB(0, y, width, 1, row, 0, width);
      }
      int bands = image.getRaster().getNumBands();
      for (int x = 0; x < width; x++) {
        int red = direct ? row[x * bands] : row[x] >> 16 & 0xff;
        int green = direct ? row[x * bands + 1] : row[x] >> 8 & 0xff;
        int blue = direct ? row[x * bands + 2] : row[x] & 0xff;
        grey &= red == green && green == blue;
        planes[0][to + x] = (byte) red;
        planes[1][to + x] = (byte) green;
        planes[2][to + x] = (byte) blue;
      }
    }
    return new Picture(height, width, grey ? new byte[][] {planes[0]} : planes);
  }

  /**
   * The samples as they are: converted to sRGB, grey that is taken for linear would get lighter.
   */
  private static byte[] greySamples(BufferedImage image) {
    Raster raster = image.getRaster();
    int bits = image.getColorModel().getComponentSize(0);
    int width = image.getWidth();
    byte[] plane = new byte[image.getHeight() * width];
    int[] row = new int[width];
    for (int y = 0; y < image.getHeight(); y++) {
      raster.getSamples(0, y, width, 1, 0, row);
      for (int x = 0; x < width; x++) {
        plane[y * width + x] = (byte) (bits > 8 ? row[x] >> (bits - 8) : row[x]);
      }
    }
    return plane;
  }
}
