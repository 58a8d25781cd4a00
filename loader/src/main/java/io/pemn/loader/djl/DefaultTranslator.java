package io.pemn.loader.djl;

import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.translator.BaseImageTranslator;
import ai.djl.modality.cv.translator.ImageClassificationTranslator;
import ai.djl.modality.cv.translator.ImageServingTranslator;
import ai.djl.modality.cv.translator.wrapper.FileImagePreProcessor;
import ai.djl.modality.cv.translator.wrapper.InputStreamImagePreProcessor;
import ai.djl.modality.cv.translator.wrapper.StringImagePreProcessor;
import ai.djl.modality.cv.translator.wrapper.UrlImagePreProcessor;
import ai.djl.translate.BasicTranslator;
import ai.djl.translate.Pipeline;
import ai.djl.translate.Translator;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Recognises the translator that DJL makes where a Criteria names none: an {@link
 * ImageClassificationTranslator}, as it is or wrapped for files and servers, made of nothing but
 * the arguments. It scales pixels to 0..1 and leaves it at that, which is wrong for a network that
 * was trained on normalised images, and no exception would say so.
 *
 * <p>DJL has no way to ask a translator what it does, so this reads its fields.
 *
 * @param input what it takes
 * @param output what it gives
 */
record DefaultTranslator(Class<?> input, Class<?> output) {
  private static final Map<Class<?>, Class<?>> INPUTS =
      Map.of(
          FileImagePreProcessor.class, Path.class,
          UrlImagePreProcessor.class, URL.class,
          StringImagePreProcessor.class, String.class,
          InputStreamImagePreProcessor.class, InputStream.class);

  /**
   * What a translator takes and gives, if DJL made it by default.
   *
   * @param arguments of the Criteria
   */
  static Optional<DefaultTranslator> of(Translator<?, ?> translator, Map<String, ?> arguments) {
    if (translator.getClass() == ImageClassificationTranslator.class) {
      return of(translator, arguments, Image.class, Classifications.class);
    }
    if (translator.getClass() == ImageServingTranslator.class) {
      Object wrapped = read(translator, ImageServingTranslator.class, "translator");
      return of(wrapped, arguments, Input.class, Output.class);
    }
    if (translator.getClass() == BasicTranslator.class) {
      Object reader = read(translator, BasicTranslator.class, "preProcessor");
      if (INPUTS.containsKey(reader.getClass())) {
        Object wrapped = read(reader, reader.getClass(), "preProcessor");
        return of(wrapped, arguments, INPUTS.get(reader.getClass()), Classifications.class);
      }
    }
    return Optional.empty();
  }

  private static Optional<DefaultTranslator> of(
      Object wrapped, Map<String, ?> arguments, Class<?> input, Class<?> output) {
    return wrapped.getClass() == ImageClassificationTranslator.class
            && steps(wrapped).equals(defaultSteps(arguments))
        ? Optional.of(new DefaultTranslator(input, output))
        : Optional.empty();
  }

  private static List<Class<?>> defaultSteps(Map<String, ?> arguments) {
    try {
      return steps(ImageClassificationTranslator.builder(arguments).build());
    } catch (IllegalArgumentException e) {
      return List.of(); // Of these arguments DJL makes none.
    }
  }

  private static List<Class<?>> steps(Object translator) {
    Pipeline pipeline = (Pipeline) read(translator, BaseImageTranslator.class, "pipeline");
    return pipeline.getTransforms().stream().<Class<?>>map(Object::getClass).toList();
  }

  private static Object read(Object owner, Class<?> type, String name) {
    try {
      Field field = type.getDeclaredField(name);
      field.setAccessible(true);
      return field.get(owner);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException(
          "This version of DJL does not show whether its "
              + owner.getClass().getSimpleName()
              + " normalises images as the archive says; name one that does with"
              + " Criteria.optTranslatorFactory(new PemnTranslatorFactory()).",
          e);
    }
  }
}
