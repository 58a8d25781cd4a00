package io.pemn.loader.djl;

import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import io.pemn.format.Normalization;
import io.pemn.format.network.ImageShape;
import io.pemn.loader.PemnArchive;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Classifies images given as pixels: one byte a value, 0 to 255, of shape (channels, height,
 * width), row-major. Normalises them as the archive says and names classes as it does, or by
 * number.
 *
 * @since 0.1
 */
public final class PixelTranslator implements Translator<byte[], Classifications> {
  private final ImageShape input;
  private final DataType type;
  private final float[][] tables;
  private final List<String> labels;

  /**
   * A translator for the network of an archive.
   *
   * @param archive of a network that classifies images
   * @throws IllegalArgumentException in one sentence, if the network takes no images or is no
   *     classifier
   */
  public PixelTranslator(PemnArchive archive) {
    if (archive.network().image().isEmpty() || archive.network().classes() == 0) {
      throw new IllegalArgumentException(
          "The archive's network does not classify images; write a translator for its inputs "
              + archive.network().inputs()
              + ".");
    }
    this.input = archive.network().image().get();
    this.type = DataType.valueOf(archive.network().inputs().get(0).type().name());
    Normalization normalization = archive.normalization().orElseThrow();
    this.tables =
        IntStream.range(0, input.channels())
            .mapToObj(normalization::tableFor)
            .toArray(float[][]::new);
    this.labels = labels(archive);
  }

  /** A name for every class. */
  static List<String> labels(PemnArchive archive) {
    return archive.classLabels().isEmpty()
        ? IntStream.range(0, archive.network().classes()).mapToObj(String::valueOf).toList()
        : archive.classLabels();
  }

  /**
   * The network's input.
   *
   * @throws TranslateException in one sentence, if there are fewer or more pixels than it takes
   */
  @Override
  public NDList processInput(TranslatorContext context, byte[] pixels) throws TranslateException {
    if (pixels.length != input.values()) {
      throw new TranslateException(
          "An image of "
              + pixels.length
              + " bytes was given, but the network takes "
              + input
              + ", which is "
              + input.values()
              + "; bring it to that size, a byte a value and channels first.");
    }
    float[] values = new float[pixels.length];
    int channelSize = input.height() * input.width();
    for (int i = 0; i < values.length; i++) {
      values[i] = tables[i / channelSize][pixels[i] & 0xFF];
    }
    Shape shape = new Shape(input.channels(), input.height(), input.width());
    NDArray image = context.getNDManager().create(FloatBuffer.wrap(values), shape);
    return new NDList(image.toType(type, false));
  }

  @Override
  public Classifications processOutput(TranslatorContext context, NDList logits) {
    try (NDArray probabilities = logits.head().toType(DataType.FLOAT32, false).softmax(0)) {
      return new Classifications(labels, probabilities);
    }
  }

  @Override
  public Batchifier getBatchifier() {
    return Batchifier.STACK;
  }
}
