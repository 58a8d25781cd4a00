package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.network.TargetNetwork;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.proto.Measure;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.djl.PemnModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  private static final int CLASSES = 10;

  @Test
  void accuracyAndLossAreMeansOverAllImagesWhateverTheirBatch() {
    // One pixel an image; 501 images make two whole batches and one of a single image.
    int images = 501;
    byte[] pixels = new byte[images];
    int[] labels = new int[images];
    for (int i = 0; i < images; i++) {
      pixels[i] = (byte) (i % CLASSES);
      labels[i] = i % 3 == 0 ? i % CLASSES : (i + 1) % CLASSES;
    }
    ImageSet set = ImageSet.copyOf(1, 1, 1, CLASSES, pixels, labels);
    List<Integer> progress = new ArrayList<>();

    Evaluation evaluation;
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      evaluation =
          Evaluation.of(
              new BlockNetwork(new LambdaBlock(EvaluationTest::votesForThePixel), manager),
              manager,
              set,
              Normalization.parse("0,1"),
              Objective.CLASSIFY,
              Optional.empty(),
              progress::add);
    }

    assertEquals(Measure.ACCURACY, evaluation.measure());
    assertEquals(images, evaluation.images());
    assertEquals(167 / 501.0, evaluation.accuracy());
    double rest = Math.log(Math.E + CLASSES - 1);
    assertEquals((167 * (rest - 1) + 334 * rest) / 501, evaluation.loss(), 1e-6);
    assertTrue(evaluation.imagesPerSecond() > 0);
    assertEquals(List.of(250, 500, 501), progress);
  }

  @Test
  void aModelFromAnArchiveIsMeasuredWithoutAGradientGraphOnAnyThread(@TempDir Path folder)
      throws IOException, InterruptedException {
    byte[] bytes =
        TinyTraining.archive(
            TinyTraining.run(TinyTraining.mlp("epochs", "1"), folder.resolve("run")).start());
    PemnArchive archive = PemnArchive.read(bytes);
    List<Boolean> gradients = new ArrayList<>();
    List<Boolean> modes = new ArrayList<>();
    Thread thread =
        new Thread(
            () -> {
              JniUtils.setGradMode(true);
              try (Model model = PemnModel.load(archive, "m", Device.cpu())) {
                Block watched =
                    new SequentialBlock()
                        .add(model.getBlock())
                        .add(
                            new LambdaBlock(
                                logits -> {
                                  gradients.add(logits.head().hasGradient());
                                  modes.add(JniUtils.isGradMode());
                                  return logits;
                                }));
                Evaluation.of(
                    new BlockNetwork(watched, model.getNDManager()),
                    model.getNDManager(),
                    TinyTraining.IMAGES.test(),
                    archive.normalization().orElseThrow(),
                    Objective.CLASSIFY,
                    Optional.empty(),
                    done -> {});
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    thread.start();
    thread.join();

    assertEquals(List.of(false, false), gradients);
    assertFalse(modes.isEmpty());
  }

  /** A block as a network that is measured. */
  private record BlockNetwork(Block block, NDManager manager) implements TargetNetwork.Shipped {
    @Override
    public NDList forward(NDList inputs) {
      try (NDManager scratch = manager.newSubManager()) {
        return block.forward(new ParameterStore(scratch, false), inputs, false);
      }
    }

    @Override
    public NumberType inputType() {
      return NumberType.FLOAT32;
    }

    @Override
    public void close() {}
  }

  /** Logit 1 for the class that the pixel names, 0 for all others. */
  private static NDList votesForThePixel(NDList input) {
    NDArray images = input.singletonOrThrow();
    NDArray classes = images.mul(255).round().reshape(new Shape(-1));
    return new NDList(
        classes.oneHot(CLASSES).reshape(new Shape(images.getShape().get(0), CLASSES)));
  }
}
