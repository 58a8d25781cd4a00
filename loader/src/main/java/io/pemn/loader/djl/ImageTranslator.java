package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import io.pemn.format.network.ImageShape;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.image.Resampling;

/**
 * Classifies images of DJL. Of equal pixels it makes, bit for bit, the input that {@link
 * PixelTranslator} makes, normalised as the archive says; classes are named as the archive does, or
 * by number.
 *
 * <p>For a network of one channel colours become grey, for one of three channels grey becomes
 * colour, as {@link Image#toNDArray} does it; transparency is ignored.
 *
 * @since 0.1
 */
public final class ImageTranslator implements Translator<Image, Classifications> {
  static final int TOP = 5;

  private final PixelTranslator pixels;
  private final ImageShape input;
  private final Image.Flag flag;
  private final boolean resize;
  private final int topK;

  /**
   * A translator that refuses images of another size than the network's.
   *
   * @param archive what the model was loaded from
   * @throws IllegalArgumentException in one sentence, if the network does not classify images, or
   *     takes others than grey and RGB ones
   */
  public ImageTranslator(PemnArchive archive) {
    this(archive, false);
  }

  /**
   * A translator.
   *
   * @param archive what the model was loaded from
   * @param resize whether images of another size are brought to the network's, without keeping
   *     their proportions, as training does with folders of images; else they are refused
   * @throws IllegalArgumentException in one sentence, if the network does not classify images, or
   *     takes others than grey and RGB ones
   */
  public ImageTranslator(PemnArchive archive, boolean resize) {
    this(archive, resize, TOP);
  }

  /**
   * A translator.
   *
   * @param topK how many classes the result's text and JSON show
   */
  ImageTranslator(PemnArchive archive, boolean resize, int topK) {
    this.pixels = new PixelTranslator(archive);
    this.input = archive.network().image().orElseThrow();
    this.flag =
        switch (input.channels()) {
          case 1 -> Image.Flag.GRAYSCALE;
          case 3 -> Image.Flag.COLOR;
          default ->
              throw new IllegalArgumentException(
                  "The network takes images of "
                      + input.channels()
                      + " channels, but an Image has 1 or 3; give the pixels as byte[] with"
                      + " PixelTranslator.");
        };
    this.resize = resize;
    this.topK = topK;
  }

  /**
   * The network's input.
   *
   * @throws TranslateException in one sentence, if the image has another size than the network's
   *     and is not to be resized
   */
  @Override
  public NDList processInput(TranslatorContext context, Image image) throws TranslateException {
    if (!resize && (image.getHeight() != input.height() || image.getWidth() != input.width())) {
      throw new TranslateException(
          "The image is "
              + image.getWidth()
              + " pixels wide and "
              + image.getHeight()
              + " high, but the network takes images "
              + input.width()
              + " wide and "
              + input.height()
              + " high; bring it to that size, or have it done with"
              + " Criteria.optArgument(\"resize\", \"true\").");
    }
    return pixels.processInput(context, pixels(context.getNDManager(), image));
  }

  /** Channels first, of the network's size. */
  private byte[] pixels(NDManager manager, Image image) {
    byte[] interleaved;
    try (NDManager scratch = manager.newSubManager(Device.cpu())) {
      interleaved = image.toNDArray(scratch, flag).toByteArray();
    }
    int channels = input.channels();
    int from = image.getHeight() * image.getWidth();
    int to = input.height() * input.width();
    Resampling resampling =
        new Resampling(image.getHeight(), image.getWidth(), input.height(), input.width());
    byte[] plane = new byte[from];
    byte[] planes = new byte[channels * to];
    for (int channel = 0; channel < channels; channel++) {
      for (int i = 0; i < from; i++) {
        plane[i] = interleaved[i * channels + channel];
      }
      resampling.apply(plane, planes, channel * to);
    }
    return planes;
  }

  @Override
  public Classifications processOutput(TranslatorContext context, NDList logits) {
    Classifications classes = pixels.processOutput(context, logits);
    classes.setTopK(topK);
    return classes;
  }

  @Override
  public Batchifier getBatchifier() {
    return pixels.getBatchifier();
  }
}
