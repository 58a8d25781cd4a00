package io.pemn.loader.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.modality.cv.translator.ImageClassificationTranslator;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Utils;
import io.pemn.loader.PemnArchive;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the models of the engine "Pemn" are loaded from, and what they tell of themselves. */
class ModelTest {
  private static final byte[] PIXELS = GoldenArchive.pixels(3, 8, 8);

  @TempDir private Path folder;

  @Test
  void aModelIsLoadedFromAFile() throws Exception {
    try (Model model = Model.newInstance("m", "Pemn")) {
      model.load(GoldenArchive.COLOUR);

      assertClassifies(model);
      assertEquals("random-vector-copy", model.getName());
      assertEquals(GoldenArchive.COLOUR.toAbsolutePath().getParent(), model.getModelPath());
    }
  }

  @Test
  void aModelIsLoadedFromAStream() throws Exception {
    try (Model model = Model.newInstance("m", "Pemn");
        InputStream stream = Files.newInputStream(GoldenArchive.COLOUR)) {
      model.load(stream);

      assertClassifies(model);
      assertEquals("m", model.getName());
    }
  }

  @Test
  void aModelIsLoadedFromAByteBuffer() throws Exception {
    ByteBuffer buffer = ByteBuffer.wrap(Files.readAllBytes(GoldenArchive.COLOUR));

    try (Model model = PemnModel.load(PemnArchive.read(buffer), "m", Device.cpu())) {
      assertClassifies(model);
    }
  }

  @Test
  void ofAFolderTheArchiveOfTheModelsNameIsLoadedThenOfTheFoldersNameThenModelPemn()
      throws Exception {
    Path models = Files.createDirectory(folder.resolve("models"));
    Files.copy(GoldenArchive.OTHER_COLOUR, models.resolve("unrelated.pemn"));
    Files.copy(GoldenArchive.COLOUR, models.resolve("model.pemn"));
    assertEquals("model", loaded(models, null));
    Files.copy(GoldenArchive.COLOUR, models.resolve("models.pemn"));
    assertEquals("models", loaded(models, null));
    Files.copy(GoldenArchive.COLOUR, models.resolve("m.pemn"));
    assertEquals("m", loaded(models, null));
    Files.copy(GoldenArchive.COLOUR, models.resolve("best.pemn"));
    assertEquals("best", loaded(models, "best"));
    assertEquals("best", loaded(models, "best.pemn"));
  }

  @Test
  void onePredictorAThreadClassifiesWithTheSameModel() throws Exception {
    try (Model model = PemnModel.load(GoldenArchive.COLOUR, Device.cpu())) {
      Callable<List<Double>> classification = () -> classify(model);
      ExecutorService threads = Executors.newFixedThreadPool(3);
      List<Future<List<Double>>> found = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        found.add(threads.submit(classification));
      }
      threads.shutdown();

      for (Future<List<Double>> probabilities : found) {
        assertEquals(expected(), probabilities.get());
      }
    }
  }

  @Test
  void propertiesSayWhatTheArchiveSaysOfItself() throws Exception {
    PemnArchive archive = PemnArchive.open(GoldenArchive.COLOUR);
    try (Model model = PemnModel.load(GoldenArchive.COLOUR, Device.cpu())) {
      assertEquals(archive.digest(), model.getProperty("digest"));
      assertEquals("3", model.getProperty("formatVersion"));
      assertEquals(archive.parameters(), model.intProperty("parameters", 0));
      assertEquals(archive.provenance().getTool(), model.getProperty("tool"));
      assertEquals(archive.provenance().getDataSet(), model.getProperty("dataSet"));
      assertEquals(
          archive.provenance().getMetrics().getAccuracy(),
          Double.parseDouble(model.getProperty("accuracy")));
    }
  }

  @Test
  void shapesAreThoseOfTheNetworkForABatchOfAnySize() throws Exception {
    try (Model model = PemnModel.load(GoldenArchive.COLOUR, Device.cpu())) {
      assertEquals(new Shape(-1, 3, 8, 8), model.describeInput().valueAt(0));
      assertEquals(new Shape(-1, 4), model.describeOutput().valueAt(0));
    }
  }

  @Test
  void theNamesOfTheClassesAreTheSynset() throws Exception {
    try (Model model = PemnModel.load(GoldenArchive.GREY, Device.cpu())) {
      assertArrayEquals(new String[] {"synset.txt"}, model.getArtifactNames());
      assertEquals(List.of("a", "b", "c"), model.getArtifact("synset.txt", Utils::readLines));
    }
    try (Model model = PemnModel.load(GoldenArchive.COLOUR, Device.cpu())) {
      // One of its names has a line feed.
      assertEquals(4, model.getArtifact("synset.txt", Utils::readLines).size());
    }
  }

  @Test
  void filesBesideTheArchiveAreArtifacts() throws Exception {
    Path file = folder.resolve("model.pemn");
    Files.copy(GoldenArchive.GREY, file);
    Files.writeString(folder.resolve("notes.txt"), "grey");
    try (Model model = Model.newInstance("m", "Pemn")) {
      model.load(file);
      assertEquals(List.of("grey"), model.getArtifact("notes.txt", Utils::readLines));
    }
    try (Model model = Model.newInstance("m", "Pemn");
        InputStream stream = Files.newInputStream(file)) {
      model.load(stream);
      assertEquals(
          "The model m was loaded from a stream and has no file notes.txt; load it from a folder"
              + " that has one.",
          assertThrows(
                  FileNotFoundException.class,
                  () -> model.getArtifact("notes.txt", Utils::readLines))
              .getMessage());
    }
  }

  @Test
  void aSecondArchiveNeedsASecondModel() throws Exception {
    try (Model model = Model.newInstance("m", "Pemn")) {
      assertEquals(
          "The model m has not been loaded yet; call load with an archive.",
          assertThrows(IllegalStateException.class, model::describeInput).getMessage());
      model.load(GoldenArchive.COLOUR);
      assertEquals(
          "The model random-vector-copy has a network already, but an archive brings its own; load"
              + " it into a new model, without a block.",
          assertThrows(IllegalStateException.class, () -> model.load(GoldenArchive.GREY))
              .getMessage());
      assertClassifies(model);
    }
  }

  private String loaded(Path models, String prefix) throws IOException, MalformedModelException {
    try (Model model = Model.newInstance("m", "Pemn")) {
      model.load(models, prefix);
      assertEquals(PemnArchive.open(GoldenArchive.COLOUR).digest(), model.getProperty("digest"));
      return model.getName();
    }
  }

  private static void assertClassifies(Model model) throws Exception {
    assertEquals(expected(), classify(model));
  }

  /** With what DJL would take without a word of the user. */
  private static List<Double> classify(Model model) throws Exception {
    ImageClassificationTranslator djls =
        ImageClassificationTranslator.builder().addTransform(new ToTensor()).build();
    try (Predictor<Image, Classifications> predictor = model.newPredictor(djls)) {
      return predictor.predict(GoldenArchive.image(PIXELS, 3, 8, 8)).getProbabilities();
    }
  }

  private static List<Double> expected() throws Exception {
    return GoldenArchive.ofPixels(GoldenArchive.COLOUR, PIXELS).getProbabilities();
  }
}
