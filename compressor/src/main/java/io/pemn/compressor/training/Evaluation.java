package io.pemn.compressor.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.SampleSet;
import io.pemn.format.Normalization;
import java.util.function.IntConsumer;

/**
 * How well a network classifies images.
 *
 * @param images number of images
 * @param accuracy fraction classified rightly, 0 to 1
 * @param loss mean cross-entropy in nats
 * @param imagesPerSecond how fast
 */
public record Evaluation(int images, double accuracy, double loss, double imagesPerSecond) {
  private static final int BATCH_SIZE = 250;

  /**
   * Measures a network, without gradients and without augmentation.
   *
   * @param block takes (batch, channels, height, width), returns logits (batch, classes)
   * @param manager on the device of the block's parameters
   * @param images what to classify
   * @param normalization how pixels become input
   * @param progress told the number of images done so far, after every batch
   */
  public static Evaluation of(
      Block block,
      NDManager manager,
      SampleSet images,
      Normalization normalization,
      IntConsumer progress) {
    Batches batches = new Batches(images, normalization, Augmentation.NONE, BATCH_SIZE, false, 0);
    Loss crossEntropy = Loss.softmaxCrossEntropyLoss();
    double lossSum = 0;
    long correct = 0;
    int done = 0;
    long start = System.nanoTime();
    boolean gradientsBefore = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try (NDManager parameters = manager.newSubManager();
        BatchStream stream = batches.epoch(0)) {
      ParameterStore store = new ParameterStore(parameters, false);
      while (stream.hasNext()) {
        try (Batch batch = stream.next();
            NDManager scratch = manager.newSubManager()) {
          BatchArrays arrays = BatchArrays.of(batch, images, scratch);
          NDArray logits =
              block.forward(store, new NDList(arrays.images()), false).singletonOrThrow();
          NDArray loss = crossEntropy.evaluate(new NDList(arrays.labels()), new NDList(logits));
          lossSum += loss.getFloat() * (double) batch.size();
          correct += BatchArrays.correct(logits, arrays.labels()).getLong();
          done += batch.size();
          progress.accept(done);
        }
      }
    } finally {
      JniUtils.setGradMode(gradientsBefore);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Evaluation(done, (double) correct / done, lossSum / done, done / seconds);
  }
}
