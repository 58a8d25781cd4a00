package io.pemn.loader.djl;

import ai.djl.Model;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.translator.BaseImageTranslatorFactory;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.ArgumentsUtil;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.Translator;
import ai.djl.util.Pair;
import io.pemn.loader.message.ShownUrl;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes the translators of models of the engine "Pemn": normalisation and class names are those of
 * the archive.
 *
 * <p>From an {@link Image}, or a {@link java.nio.file.Path}, {@link java.net.URL}, {@link String}
 * or {@link java.io.InputStream} of one, to {@link Classifications}; from pixels as {@code byte[]}
 * to {@link Classifications}, see {@link PixelTranslator}; from {@link ai.djl.modality.Input} to
 * {@link ai.djl.modality.Output} as servers want it; and from {@link NDList} to {@link NDList},
 * which changes nothing.
 *
 * <p>Arguments: {@code resize} ({@code true} or {@code false}, the default) has images of another
 * size brought to the network's; {@code topK} (5) says how many classes the result's text and JSON
 * show. Other arguments of DJL's image translators are refused: what they say, the archive says.
 *
 * @since 0.1
 */
public final class PemnTranslatorFactory extends BaseImageTranslatorFactory<Classifications> {
  private static final List<String> NOT_TO_BE_SAID =
      List.of(
          "width",
          "height",
          "flag",
          "pad",
          "resizeShort",
          "centerCrop",
          "centerFit",
          "toTensor",
          "normalize",
          "range",
          "batchifier",
          "synset",
          "synsetUrl",
          "synsetFileName",
          "applySoftmax");

  /** A factory; it has no state. */
  public PemnTranslatorFactory() {}

  @Override
  public Set<Pair<Type, Type>> getSupportedTypes() {
    Set<Pair<Type, Type>> types = super.getSupportedTypes();
    types.add(new Pair<>(byte[].class, Classifications.class));
    types.add(new Pair<>(NDList.class, NDList.class));
    return types;
  }

  /**
   * Makes a translator.
   *
   * @throws IllegalArgumentException in one sentence, if the model is of another engine, has not
   *     been loaded, or does not classify images as the types ask for, or if an argument is wrong
   */
  @Override
  @SuppressWarnings("unchecked")
  public <I, O> Translator<I, O> newInstance(
      Class<I> input, Class<O> output, Model model, Map<String, ?> arguments) {
    if (input == NDList.class && output == NDList.class) {
      return (Translator<I, O>) new NoopTranslator();
    }
    if (input == byte[].class && output == Classifications.class) {
      return (Translator<I, O>) new PixelTranslator(archiveModel(model).archive());
    }
    return super.newInstance(input, output, model, arguments);
  }

  @Override
  public Class<Classifications> getBaseOutputType() {
    return Classifications.class;
  }

  @Override
  protected Translator<Image, Classifications> buildBaseTranslator(
      Model model, Map<String, ?> arguments) {
    for (String argument : NOT_TO_BE_SAID) {
      if (arguments.containsKey(argument)) {
        throw new IllegalArgumentException(
            "The argument "
                + argument
                + "="
                + (argument.equals("synsetUrl")
                    ? ShownUrl.of(arguments.get(argument))
                    : arguments.get(argument))
                + " was given, but the archive itself says how images become the network's input and"
                + " what the classes are; leave it out, or give a translator of your own.");
      }
    }
    String resize = ArgumentsUtil.stringValue(arguments, "resize", "false");
    if (!resize.equals("true") && !resize.equals("false")) {
      throw new IllegalArgumentException(
          "The argument resize is "
              + resize
              + ", but the archive knows the size, so it must be true or false.");
    }
    return new ImageTranslator(
        archiveModel(model).archive(),
        resize.equals("true"),
        ArgumentsUtil.intValue(arguments, "topK", ImageTranslator.TOP));
  }

  private static ArchiveModel archiveModel(Model model) {
    if (model instanceof ArchiveModel archiveModel) {
      return archiveModel;
    }
    if (model instanceof ZooModel<?, ?> zooModel) {
      return archiveModel(zooModel.getWrappedModel());
    }
    if (model.getClass().getName().equals(ArchiveModel.class.getName())) {
      throw new IllegalArgumentException(
          "The engine Pemn that DJL knows is that of another application, which shares DJL with this"
              + " one; load the archive with PemnModel instead of a Criteria.");
    }
    throw new IllegalArgumentException(
        "PemnTranslatorFactory is for models of the engine Pemn, but this one is a "
            + model.getClass().getSimpleName()
            + "; add optEngine(\"Pemn\") to the Criteria.");
  }
}
