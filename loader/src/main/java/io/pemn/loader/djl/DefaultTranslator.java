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
import ai.djl.translate.Transform;
import ai.djl.translate.Translator;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Recognises the translator that DJL makes where a Criteria names none: an {@link
 * ImageClassificationTranslator}, as it is or wrapped for files and servers, made of nothing but
 * the arguments. It scales pixels to 0..1 and leaves it at that, which is wrong for a network that
 * was trained on normalised images, and no exception would say so. A translator that differs from
 * it in anything that it does is somebody's own.
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
            && isDefault(wrapped, arguments)
        ? Optional.of(new DefaultTranslator(input, output))
        : Optional.empty();
  }

  /**
   * Whether all that its results depend on is as DJL makes it. Its width and height are not, which
   * only its builder uses, nor the classes that it has read where it was used before.
   */
  private static boolean isDefault(Object translator, Map<String, ?> arguments) {
    Object made;
    try {
      made = ImageClassificationTranslator.builder(arguments).build();
    } catch (IllegalArgumentException e) {
      return false; // Of these arguments DJL makes none.
    }
    return equal(translator, made, BaseImageTranslator.class, "flag", "batchifier")
        && equal(translator, made, ImageClassificationTranslator.class, "applySoftmax", "topK")
        && alike(synset(translator), synset(made))
        && alike(steps(translator), steps(made));
  }

  private static Object synset(Object translator) {
    return read(translator, ImageClassificationTranslator.class, "synsetLoader");
  }

  private static List<Transform> steps(Object translator) {
    return ((Pipeline) read(translator, BaseImageTranslator.class, "pipeline")).getTransforms();
  }

  private static boolean alike(List<Transform> steps, List<Transform> made) {
    return steps.size() == made.size()
        && IntStream.range(0, steps.size()).allMatch(i -> alike(steps.get(i), made.get(i)));
  }

  private static boolean alike(Object one, Object made) {
    return one.getClass() == made.getClass()
        && equal(
            one,
            made,
            made.getClass(),
            Arrays.stream(made.getClass().getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()))
                .map(Field::getName)
                .toArray(String[]::new));
  }

  private static boolean equal(Object one, Object made, Class<?> type, String... fields) {
    return Arrays.stream(fields)
        .allMatch(field -> equal(read(one, type, field), read(made, type, field)));
  }

  private static boolean equal(Object one, Object made) {
    // Java compares URLs by asking for the addresses of their hosts.
    return one instanceof URL && made instanceof URL
        ? one.toString().equals(made.toString())
        : Objects.deepEquals(one, made);
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
