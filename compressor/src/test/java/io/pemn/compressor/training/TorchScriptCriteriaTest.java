package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.djl.PemnModel;
import io.pemn.loader.djl.PixelTranslator;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives of TorchScript modules, loaded as DJL users load models. */
class TorchScriptCriteriaTest {
  private static final int SIDE = 28;

  @TempDir private Path folder;

  @Test
  void imagesAreClassifiedLikeTheirPixelsOnEveryThread() throws Exception {
    Path file = archive();
    PemnArchive archive = PemnArchive.open(file);
    byte[] pixels = new byte[SIDE * SIDE];
    new Random(3).nextBytes(pixels);
    BufferedImage grey = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setDataElements(0, 0, SIDE, SIDE, pixels);
    Image image = ImageFactory.getInstance().fromImage(grey);
    Criteria<Image, Classifications> criteria =
        criteria().optModelPath(file).optOption("allowTorchScript", "true").build();

    try (ZooModel<Image, Classifications> model = criteria.loadModel();
        Predictor<byte[], Classifications> ofPixels =
            model.newPredictor(new PixelTranslator(archive))) {
      List<Double> expected = ofPixels.predict(pixels).getProbabilities();
      Callable<List<Double>> classification =
          () -> {
            try (Predictor<Image, Classifications> predictor = model.newPredictor()) {
              return predictor.predict(image).getProbabilities();
            }
          };
      ExecutorService threads = Executors.newFixedThreadPool(3);
      List<Future<List<Double>>> found = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        found.add(threads.submit(classification));
      }
      threads.shutdown();

      for (Future<List<Double>> probabilities : found) {
        assertEquals(expected, probabilities.get());
      }
      assertEquals(new Shape(-1, 1, SIDE, SIDE), model.describeInput().valueAt(0));
      assertEquals(new Shape(-1, 10), model.describeOutput().valueAt(0));
    }
  }

  @Test
  void aModuleRunsOnlyWhereThatIsAllowed() throws Exception {
    Path file = archive();
    String url = "pemn:" + file.toUri();
    for (Criteria<Image, Classifications> refused :
        List.of(
            criteria().optModelPath(file).build(),
            criteria().optModelUrls(url).build(),
            criteria().optModelPath(file).optOption("allowTorchScript", "yes").build())) {
      assertThrows(PemnFormatException.NotTrusted.class, refused::loadModel);
    }
    criteria().optModelUrls(url).optOption("allowTorchScript", "true").build().loadModel().close();
    PemnModel.load(file, LoadPolicy.allowTorchScript(), Device.cpu()).close();

    assertThrows(PemnFormatException.NotTrusted.class, () -> PemnModel.load(file, Device.cpu()));
    PemnArchive archive = PemnArchive.open(file);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThrows(PemnFormatException.NotTrusted.class, () -> archive.writeTorchScript(out));
    assertEquals(0, out.size());
    archive.verify();
    assertEquals(archive.layers().get(0).size(), archive.rebuild(archive.layers().get(0)).length);
    assertFalse(archive.tensors().isEmpty(), "its weights are data, which anyone may read");
  }

  private static Criteria.Builder<Image, Classifications> criteria() {
    return Criteria.builder().setTypes(Image.class, Classifications.class).optEngine("Pemn");
  }

  private Path archive() throws Exception {
    Path run = folder.resolve("run");
    try (ModuleSource module = ModuleTraining.open("resnet8-traced")) {
      Checkpoint trained =
          ModuleTraining.run(
                  module,
                  ModuleTraining.options(module, "train-images", "64"),
                  ModuleTraining.IMAGES,
                  run)
              .start();
      return ModuleTraining.pack(trained, run);
    }
  }
}
