package io.pemn.loader.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Application;
import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.modality.cv.translator.ImageClassificationTranslator;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.StackBatchifier;
import ai.djl.translate.TranslateException;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives are loaded as DJL users load models. */
class CriteriaTest {
  @TempDir private Path folder;

  @Test
  void anImageIsClassifiedWithNoMoreThanTheEnginesName() throws Exception {
    byte[] pixels = GoldenArchive.pixels(3, 8, 8);
    Image image = GoldenArchive.image(pixels, 3, 8, 8);

    try (ZooModel<Image, Classifications> model = images(GoldenArchive.COLOUR).build().loadModel();
        Predictor<Image, Classifications> predictor = model.newPredictor()) {
      Classifications found = predictor.predict(image);

      assertEquals(PemnArchive.open(GoldenArchive.COLOUR).classLabels(), found.getClassNames());
      assertEquals(ofPixels(GoldenArchive.COLOUR, pixels), found.getProbabilities());
    }
  }

  @Test
  void greyImagesAreClassifiedByNetworksForGreyImages() throws Exception {
    byte[] pixels = GoldenArchive.pixels(1, 4, 5);

    assertEquals(
        ofPixels(GoldenArchive.GREY, pixels),
        predict(images(GoldenArchive.GREY), GoldenArchive.image(pixels, 1, 4, 5)));
  }

  @Test
  void greyImagesInColourAreClassifiedAlike() throws Exception {
    byte[] grey = GoldenArchive.pixels(1, 4, 5);
    byte[] colour = new byte[3 * grey.length];
    for (int i = 0; i < colour.length; i++) {
      colour[i] = grey[i % grey.length];
    }

    assertEquals(
        ofPixels(GoldenArchive.GREY, grey),
        predict(images(GoldenArchive.GREY), GoldenArchive.image(colour, 3, 4, 5)));
  }

  @Test
  void pyTorchStaysTheDefaultEngine() {
    assertTrue(Engine.hasEngine("Pemn"));
    assertEquals("PyTorch", Engine.getDefaultEngineName());
  }

  @Test
  void tensorsGoInAndOutUnchanged() throws Exception {
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optModelPath(GoldenArchive.GREY)
            .optEngine("Pemn")
            .build();
    try (ZooModel<NDList, NDList> model = criteria.loadModel();
        Predictor<NDList, NDList> predictor = model.newPredictor();
        NDManager manager = model.getNDManager().newSubManager()) {
      NDList logits = predictor.predict(new NDList(manager.ones(new Shape(2, 1, 4, 5))));
      logits.attach(manager);

      assertEquals(new Shape(2, 3), logits.singletonOrThrow().getShape());
      NDArray first = logits.singletonOrThrow().get(0);
      assertEquals(first, logits.singletonOrThrow().get(1));
    }
  }

  @Test
  void anArchiveThatWasOverwrittenIsLoadedAnew() throws Exception {
    Path file = folder.resolve("model.pemn");
    Image image = GoldenArchive.image(GoldenArchive.pixels(3, 8, 8), 3, 8, 8);
    Files.copy(GoldenArchive.COLOUR, file);
    List<Double> before = predict(images(file), image);
    Files.copy(GoldenArchive.OTHER_COLOUR, file, StandardCopyOption.REPLACE_EXISTING);

    List<Double> after = predict(images(file), image);

    assertNotEquals(before, after);
    assertEquals(predict(images(GoldenArchive.OTHER_COLOUR), image), after);
  }

  @Test
  void filesOfImagesAreClassifiedLikeImages() throws Exception {
    byte[] pixels = GoldenArchive.pixels(3, 8, 8);
    Path png = png(pixels);

    try (ZooModel<Path, Classifications> model =
            criteria(GoldenArchive.COLOUR)
                .setTypes(Path.class, Classifications.class)
                .build()
                .loadModel();
        Predictor<Path, Classifications> predictor = model.newPredictor()) {
      assertEquals(
          ofPixels(GoldenArchive.COLOUR, pixels), predictor.predict(png).getProbabilities());
    }
  }

  @Test
  void serversGetTheClassesOfImagesAsJson() throws Exception {
    Path png = png(GoldenArchive.pixels(3, 8, 8));
    String best =
        GoldenArchive.ofPixels(GoldenArchive.COLOUR, GoldenArchive.pixels(3, 8, 8))
            .best()
            .getClassName();

    try (ZooModel<Input, Output> model =
            criteria(GoldenArchive.COLOUR)
                .setTypes(Input.class, Output.class)
                .optApplication(Application.CV.IMAGE_CLASSIFICATION)
                .optArgument("topK", 1)
                .build()
                .loadModel();
        Predictor<Input, Output> predictor = model.newPredictor()) {
      Input input = new Input();
      input.add(Files.readAllBytes(png));

      String json = predictor.predict(input).getData().getAsString();

      assertTrue(json.contains(best.strip().substring(0, 2)), json);
      assertEquals(1, json.split("className", -1).length - 1, json);
    }
  }

  @Test
  void serversMayBeConfiguredByAFileBesideTheArchive() throws Exception {
    Path models = Files.createDirectory(folder.resolve("colour"));
    Files.copy(GoldenArchive.COLOUR, models.resolve("model.pemn"));
    Files.writeString(
        models.resolve("serving.properties"),
        "engine=Pemn\ntranslatorFactory=io.pemn.loader.djl.PemnTranslatorFactory\n");
    Criteria<Input, Output> criteria =
        Criteria.builder().setTypes(Input.class, Output.class).optModelPath(models).build();

    try (ZooModel<Input, Output> model = criteria.loadModel();
        Predictor<Input, Output> predictor = model.newPredictor()) {
      Input input = new Input();
      input.add(GoldenArchive.png(GoldenArchive.pixels(3, 8, 8), 3, 8, 8));

      String json = predictor.predict(input).getData().getAsString();

      assertEquals(4, json.split("className", -1).length - 1, json);
    }
  }

  @Test
  void pixelsAreClassifiedWithTheFactory() throws Exception {
    byte[] pixels = GoldenArchive.pixels(3, 8, 8);
    try (ZooModel<byte[], Classifications> model =
            criteria(GoldenArchive.COLOUR)
                .setTypes(byte[].class, Classifications.class)
                .optTranslatorFactory(new PemnTranslatorFactory())
                .build()
                .loadModel();
        Predictor<byte[], Classifications> predictor = model.newPredictor()) {
      assertEquals(
          ofPixels(GoldenArchive.COLOUR, pixels), predictor.predict(pixels).getProbabilities());
    }
  }

  @Test
  void aTranslatorThatDoesMoreThanDjlsDefaultIsHonoured() throws Exception {
    byte[] pixels = GoldenArchive.pixels(3, 8, 8);
    Image image = GoldenArchive.image(pixels, 3, 8, 8);
    ImageClassificationTranslator own =
        ImageClassificationTranslator.builder()
            .addTransform(new ToTensor())
            .addTransform(array -> array.mul(0))
            .build();

    // Of this argument DJL could make no translator, but it need not.
    List<Double> dark =
        predict(
            images(GoldenArchive.COLOUR).optTranslator(own).optArgument("resize", "8,8"), image);

    try (Model model = PemnModel.load(GoldenArchive.COLOUR, Device.cpu());
        Predictor<NDList, NDList> predictor =
            model.newPredictor(new ai.djl.translate.NoopTranslator());
        NDManager manager = model.getNDManager().newSubManager()) {
      NDList logits = predictor.predict(new NDList(manager.zeros(new Shape(1, 3, 8, 8))));
      logits.attach(manager);
      float[] expected = logits.singletonOrThrow().toFloatArray();
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], dark.get(i).floatValue());
      }
    }
  }

  @Test
  void aTranslatorWithClassesAndATopOfItsOwnIsHonoured() throws Exception {
    ImageClassificationTranslator own =
        ImageClassificationTranslator.builder()
            .addTransform(new ToTensor())
            .optSynset(List.of("north", "east", "south", "west"))
            .optTopK(2)
            .build();

    Classifications found = found(own);

    assertEquals(List.of("north", "east", "south", "west"), found.getClassNames());
    assertEquals(2, found.topK().size());
  }

  @ParameterizedTest
  @MethodSource
  void aTranslatorThatDiffersFromDjlsDefaultIsHonoured(
      UnaryOperator<ImageClassificationTranslator.Builder> difference) throws Exception {
    ImageClassificationTranslator.Builder djls =
        ImageClassificationTranslator.builder().addTransform(new ToTensor());
    byte[] pixels = GoldenArchive.pixels(3, 8, 8);
    assertEquals(ofPixels(GoldenArchive.COLOUR, pixels), found(djls.build()).getProbabilities());

    // It does not normalise.
    assertNotEquals(
        ofPixels(GoldenArchive.COLOUR, pixels),
        found(difference.apply(djls).build()).getProbabilities());
  }

  static Stream<UnaryOperator<ImageClassificationTranslator.Builder>>
      aTranslatorThatDiffersFromDjlsDefaultIsHonoured() {
    return Stream.of(
        builder -> builder.optSynset(List.of("north", "east", "south", "west")),
        builder -> builder.optApplySoftmax(true),
        builder -> builder.optTopK(2),
        builder -> builder.optBatchifier(new StackBatchifier()));
  }

  private Classifications found(ImageClassificationTranslator translator) throws Exception {
    try (Model model = PemnModel.load(GoldenArchive.COLOUR, Device.cpu());
        Predictor<Image, Classifications> predictor = model.newPredictor(translator)) {
      return predictor.predict(GoldenArchive.image(GoldenArchive.pixels(3, 8, 8), 3, 8, 8));
    }
  }

  private Path png(byte[] pixels) throws IOException {
    return Files.write(folder.resolve("image.png"), GoldenArchive.png(pixels, 3, 8, 8));
  }

  private static Criteria.Builder<?, ?> criteria(Path file) {
    return Criteria.builder().optModelPath(file).optEngine("Pemn");
  }

  private static Criteria.Builder<Image, Classifications> images(Path file) {
    return criteria(file).setTypes(Image.class, Classifications.class);
  }

  private static List<Double> predict(
      Criteria.Builder<Image, Classifications> criteria, Image image) throws Exception {
    try (ZooModel<Image, Classifications> model = criteria.build().loadModel();
        Predictor<Image, Classifications> predictor = model.newPredictor()) {
      return predictor.predict(image).getProbabilities();
    }
  }

  private static List<Double> ofPixels(Path file, byte[] pixels)
      throws IOException, TranslateException {
    return GoldenArchive.ofPixels(file, pixels).getProbabilities();
  }
}
