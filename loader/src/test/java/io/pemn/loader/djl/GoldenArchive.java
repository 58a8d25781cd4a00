package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.translate.TranslateException;
import io.pemn.loader.PemnArchive;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/** Small archives of the repository, and images for their networks. */
final class GoldenArchive {
  private static final Path FOLDER =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/golden");

  /** A ConvMixer for RGB images of 8 x 8 pixels, with four names of classes. */
  static final Path COLOUR = FOLDER.resolve("version-3/random-vector-copy.pemn");

  /** The same network with other masks and weights. */
  static final Path OTHER_COLOUR = FOLDER.resolve("version-3/ternary.pemn");

  /** An MLP for grey images of 4 x 5 pixels, with the classes a, b and c. */
  static final Path GREY = FOLDER.resolve("version-3/mlp.pemn");

  /** A TorchScript network that takes no images. */
  static final Path MODULE = FOLDER.resolve("version-3/module.pemn");

  private GoldenArchive() {}

  /** Random pixels, a byte a value, channels first. */
  static byte[] pixels(int channels, int height, int width) {
    byte[] pixels = new byte[channels * height * width];
    new Random(11).nextBytes(pixels);
    return pixels;
  }

  /** The image of these pixels, grey for one channel and RGB for three. */
  static Image image(byte[] pixels, int channels, int height, int width) {
    BufferedImage image =
        new BufferedImage(
            width,
            height,
            channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    for (int channel = 0; channel < channels; channel++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int value = pixels[(channel * height + y) * width + x] & 0xFF;
          if (channels == 1) {
            image.getRaster().setSample(x, y, 0, value);
          } else {
            image.setRGB(x, y, image.getRGB(x, y) | value << (16 - 8 * channel));
          }
        }
      }
    }
    return ImageFactory.getInstance().fromImage(image);
  }

  /** The same image as a file. */
  static byte[] png(byte[] pixels, int channels, int height, int width) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    image(pixels, channels, height, width).save(bytes, "png");
    return bytes.toByteArray();
  }

  /** What the network of an archive says of pixels that were given as such. */
  static Classifications ofPixels(Path file, byte[] pixels) throws IOException, TranslateException {
    PemnArchive archive = PemnArchive.open(file);
    try (Model model = PemnModel.load(archive, "model", Device.cpu());
        Predictor<byte[], Classifications> predictor =
            model.newPredictor(new PixelTranslator(archive))) {
      return predictor.predict(pixels);
    }
  }
}
