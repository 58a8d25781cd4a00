package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.data.PictureFile.Picture;
import java.awt.image.BufferedImage;
import java.awt.image.DirectColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFileTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"png", "bmp", "gif"})
  void coloursAreReadExactly(String format) throws IOException {
    // The palette has these colours, and GIF needs one.
    BufferedImage image =
        new BufferedImage(
            3,
            8,
            format.equals("gif") ? BufferedImage.TYPE_BYTE_INDEXED : BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0x336699);
    image.setRGB(2, 7, 0xff00cc);

    Picture picture = PictureFile.read(write(image, format));

    assertEquals(8, picture.height());
    assertEquals(3, picture.width());
    int[][] corners = {{0x33, 0xff}, {0x66, 0x00}, {0x99, 0xcc}};
    for (int channel = 0; channel < 3; channel++) {
      byte[] expected = new byte[24];
      expected[0] = (byte) corners[channel][0];
      expected[23] = (byte) corners[channel][1];
      assertArrayEquals(expected, picture.planes()[channel]);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "png, TYPE_BYTE_GRAY",
    "png, TYPE_INT_RGB",
    "png, TYPE_INT_ARGB",
    "png, TYPE_USHORT_GRAY",
    "bmp, TYPE_INT_RGB",
    "gif, TYPE_BYTE_GRAY",
    "jpeg, TYPE_BYTE_GRAY",
    "jpeg, TYPE_INT_RGB",
  })
  void greyIsOneChannelOfTheSamplesAsTheyAre(String format, String type)
      throws IOException, ReflectiveOperationException {
    BufferedImage image = new BufferedImage(8, 8, BufferedImage.class.getField(type).getInt(null));
    boolean samples = image.getRaster().getNumBands() == 1;
    int sample = image.getColorModel().getComponentSize(0) == 16 ? 100 << 8 | 200 : 100;
    for (int i = 0; i < 64; i++) {
      if (samples && !(image.getColorModel() instanceof DirectColorModel)) {
        image.getRaster().setSample(i % 8, i / 8, 0, sample);
      } else {
        image.setRGB(i % 8, i / 8, 0xff646464);
      }
    }

    Picture picture = PictureFile.read(write(image, format));

    assertTrue(picture.grey());
    byte[] expected = new byte[64];
    Arrays.fill(expected, (byte) 100);
    assertArrayEquals(expected, picture.planes()[0]);
  }

  @Test
  void aJpegInColourIsReadAlmostExactly() throws IOException {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, 0xc86432);
    }

    Picture picture = PictureFile.read(write(image, "jpeg"));

    assertFalse(picture.grey());
    assertEquals(200, picture.planes()[0][77] & 0xff, 3);
    assertEquals(100, picture.planes()[1][77] & 0xff, 3);
    assertEquals(50, picture.planes()[2][77] & 0xff, 3);
  }

  @Test
  void transparencyIsIgnored() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x000a0b0c);

    Picture picture = PictureFile.read(write(image, "png"));

    assertEquals(10, picture.planes()[0][0]);
    assertEquals(12, picture.planes()[2][0]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpeg", "gif", "bmp"})
  void anImageCutOffAnywhereIsRefusedOrComplete(String format) throws IOException {
    BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 1600; i++) {
      image.setRGB(i % 40, i / 40, i * 77777 & 0xffffff);
    }
    Path file = write(image, format);
    byte[] whole = Files.readAllBytes(file);
    Picture complete = PictureFile.read(file);

    for (int length = 0; length < whole.length; length += Math.max(1, whole.length / 97)) {
      Files.write(file, Arrays.copyOf(whole, length));
      Picture picture;
      try {
        picture = PictureFile.read(file);
      } catch (DataException e) {
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        assertTrue(e.getMessage().contains("; "), e.getMessage());
        continue;
      }
      assertArrayEquals(complete.planes(), picture.planes(), format + " of " + length);
    }
  }

  @Test
  void aHugeImageIsRefusedBeforeItIsDecoded() throws IOException {
    for (int[] size : new int[][] {{65536, 65536}, {1 << 20, 1}}) {
      Path file = Files.write(folder.resolve("huge.png"), pngHeader(size[0], size[1]));

      String message = messageOf(file);

      assertTrue(message.contains("declares " + size[1] + "x" + size[0]), message);
    }
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    assertTrue(
        messageOf(Files.write(folder.resolve("empty.png"), new byte[0])).contains("no image"));
    assertTrue(
        messageOf(Files.writeString(folder.resolve("a.png"), "a,b,c\n")).contains("no image"));
    // Almost any file that begins with two zeros could be WBMP.
    assertTrue(
        messageOf(Files.write(folder.resolve("b"), new byte[] {0, 0, 1, 1, 0}))
            .contains("no image"));
    assertTrue(messageOf(folder).contains("is no file"));
  }

  private static String messageOf(Path file) {
    String message = assertThrows(DataException.class, () -> PictureFile.read(file)).getMessage();
    assertTrue(message.startsWith(file + " ") && message.contains("; "), message);
    return message;
  }

  private Path write(BufferedImage image, String format) throws IOException {
    Path file = folder.resolve("image." + format);
    assertTrue(ImageIO.write(image, format, file.toFile()), format);
    return file;
  }

  /** A PNG that declares a size and holds nothing. */
  private static byte[] pngHeader(int width, int height) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    byte[] header =
        ByteBuffer.allocate(17)
            .put(new byte[] {'I', 'H', 'D', 'R'})
            .putInt(width)
            .putInt(height)
            .put(new byte[] {8, 2, 0, 0, 0})
            .array();
    CRC32 crc = new CRC32();
    crc.update(header);
    png.write(ByteBuffer.allocate(4).putInt(13).array());
    png.write(header);
    png.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    return png.toByteArray();
  }
}
