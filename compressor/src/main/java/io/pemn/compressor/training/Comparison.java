package io.pemn.compressor.training;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.network.FirstOutput;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.compressor.network.TargetNetwork.Shipped;
import io.pemn.format.Normalization;
import io.pemn.format.network.NetworkDescription;
import io.pemn.loader.message.EngineMessage;
import java.io.IOException;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Two models on the same test samples.
 *
 * @param agreement fraction of samples that both classify alike, 0 to 1; empty if they are no
 *     classifiers
 * @param largestDifference greatest absolute difference of two numbers of their first outputs
 * @param cosine mean cosine similarity of their first outputs
 */
public record Comparison(Optional<Double> agreement, double largestDifference, double cosine) {
  private static final int BATCH_SIZE = 250;
  private static final int PROBE_SIZE = 2;

  /**
   * Measures one model on a data set's test samples.
   *
   * @param normalization how pixels become input where the model's file does not say it
   * @param objective what the model is for
   * @throws IOException in one sentence, if model and data do not fit together
   */
  public static Evaluation evaluate(
      OpenedModel model,
      Dataset dataSet,
      Normalization normalization,
      Objective objective,
      IntConsumer progress)
      throws IOException {
    SampleSet test = dataSet.test();
    requireFit(model, dataSet);
    if (!objective.isAnsweredBy(test)) {
      throw new IOException(
          dataSet.name()
              + " has nothing to measure a model by "
              + (objective == Objective.CLASSIFY
                  ? "(no labels)"
                  : "(no targets for --objective " + objective + ")")
              + "; pemn compare compares two models without.");
    }
    if (objective == Objective.CLASSIFY && test.labelled()) {
      requireOutputPerClass(model, dataSet, normalization);
    }
    try {
      return Evaluation.of(
          model,
          model.manager(),
          test,
          model.normalization().orElse(normalization),
          objective,
          Optional.empty(),
          progress);
    } catch (EngineException e) {
      throw notRunning(model, dataSet, e);
    }
  }

  private static IOException notRunning(OpenedModel model, Dataset dataSet, EngineException e) {
    return new IOException(
        model.file()
            + " does not run on "
            + dataSet.name()
            + ", whose samples are "
            + dataSet.test().inputs()
            + ": "
            + EngineMessage.of(e)
            + ".",
        e);
  }

  private static void requireFit(OpenedModel model, Dataset dataSet) {
    if (model.description().isEmpty()) {
      return;
    }
    NetworkDescription network = model.description().get();
    SampleSet test = dataSet.test();
    boolean same =
        network.inputs().size() == test.inputs().size()
            && network.image().equals(dataSet.image())
            && (!test.labelled()
                || network.classes() == 0
                || dataSet.hasClassesOf(network.classes()));
    for (int i = 0; same && i < test.inputs().size(); i++) {
      same = network.inputs().get(i).shape().equals(test.inputs().get(i).shape());
    }
    if (!same) {
      throw new IllegalArgumentException(
          "The network takes "
              + network.image().map(image -> "images of " + image).orElse(network.inputs() + "")
              + (network.classes() > 0 ? " in " + network.classes() + " classes" : "")
              + ", but "
              + dataSet.name()
              + " has "
              + dataSet.image().map(image -> "images of " + image).orElse(test.inputs().toString())
              + (test.labelled() ? " in " + test.classes() : "")
              + "; give the data set that it was trained for.");
    }
  }

  /** Checks, on a few samples, what no file says of its network. */
  private static void requireOutputPerClass(
      OpenedModel model, Dataset dataSet, Normalization normalization) throws IOException {
    Shape shape;
    boolean gradientsBefore = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try (BatchStream stream = stream(model, dataSet.test(), normalization, PROBE_SIZE);
        Batch batch = stream.next();
        NDManager scratch = model.manager().newSubManager()) {
      shape = run(model, batch, dataSet, scratch).getShape().slice(1);
    } finally {
      JniUtils.setGradMode(gradientsBefore);
    }
    if (shape.dimension() != 1) {
      throw new IOException(
          model.file()
              + " gives an output of shape "
              + shape
              + " a sample, but a classifier gives one number a class; measure it with --objective"
              + " regress or embed.");
    }
    if (!dataSet.hasClassesOf(shape.get(0))) {
      throw new IOException(
          model.file()
              + " tells "
              + shape.get(0)
              + " classes apart, but "
              + dataSet.name()
              + " has "
              + dataSet.test().classes()
              + "; give the data set that it was trained for.");
    }
  }

  /**
   * Runs both models on the test samples.
   *
   * @param normalization how pixels become input where a model's file does not say it
   * @throws IOException in one sentence, if they do not fit together
   */
  public static Comparison of(
      OpenedModel first,
      OpenedModel second,
      Dataset dataSet,
      Normalization normalization,
      IntConsumer progress)
      throws IOException {
    SampleSet test = dataSet.test();
    requireFit(first, dataSet);
    requireFit(second, dataSet);
    double largest = 0;
    double cosine = 0;
    long alike = 0;
    boolean classifiers = true;
    int done = 0;
    boolean gradientsBefore = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    // Two streams: the models may want different normalisations.
    try (BatchStream firstStream = stream(first, test, normalization, BATCH_SIZE);
        BatchStream secondStream = stream(second, test, normalization, BATCH_SIZE)) {
      while (firstStream.hasNext()) {
        try (Batch firstBatch = firstStream.next();
            Batch secondBatch = secondStream.next();
            NDManager scratch = first.manager().newSubManager()) {
          NDArray a = run(first, firstBatch, dataSet, scratch);
          NDArray b = run(second, secondBatch, dataSet, scratch);
          if (!a.getShape().equals(b.getShape())) {
            throw new IOException(
                first.file()
                    + " gives outputs of shape "
                    + a.getShape()
                    + ", "
                    + second.file()
                    + " of "
                    + b.getShape()
                    + "; compare models of the same task.");
          }
          int size = firstBatch.size();
          largest = Math.max(largest, a.sub(b).abs().max().getFloat());
          cosine += (1 - LossFunction.cosineDistance(a, b).getFloat()) * size;
          classifiers = classifiers && a.getShape().dimension() == 2;
          if (classifiers) {
            alike += LossFunction.correct(a, b.argMax(1)).getLong();
          }
          done += size;
          progress.accept(done);
        }
      }
    } finally {
      JniUtils.setGradMode(gradientsBefore);
    }
    return new Comparison(
        classifiers ? Optional.of((double) alike / done) : Optional.empty(),
        largest,
        cosine / done);
  }

  /**
   * What a model gives for every test sample: its first outputs, as one tensor.
   *
   * @param shape (samples, ...)
   * @param values row-major
   */
  public record Outputs(long[] shape, float[] values) {}

  /**
   * Runs a model on a data set's test samples.
   *
   * @param normalization how pixels become input where the model's file does not say it
   * @throws IOException in one sentence, if model and data do not fit together
   */
  public static Outputs outputs(
      OpenedModel model, Dataset dataSet, Normalization normalization, IntConsumer progress)
      throws IOException {
    requireFit(model, dataSet);
    int samples = dataSet.test().size();
    float[] values = null;
    long[] shape = null;
    int done = 0;
    boolean gradientsBefore = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try (BatchStream stream = stream(model, dataSet.test(), normalization, BATCH_SIZE)) {
      while (stream.hasNext()) {
        try (Batch batch = stream.next();
            NDManager scratch = model.manager().newSubManager()) {
          NDArray outputs = run(model, batch, dataSet, scratch);
          float[] rows = outputs.toFloatArray();
          if (values == null) {
            shape = outputs.getShape().getShape();
            shape[0] = samples;
            values = new float[Math.multiplyExact(rows.length / batch.size(), samples)];
          }
          System.arraycopy(rows, 0, values, values.length / samples * done, rows.length);
          done += batch.size();
          progress.accept(done);
        }
      }
    } finally {
      JniUtils.setGradMode(gradientsBefore);
    }
    return new Outputs(shape, values);
  }

  private static BatchStream stream(
      OpenedModel model, SampleSet test, Normalization normalization, int batchSize) {
    return new Batches(
            test,
            model.normalization().orElse(normalization),
            Augmentation.NONE,
            batchSize,
            false,
            0)
        .epoch(0);
  }

  private static NDArray run(OpenedModel model, Batch batch, Dataset dataSet, NDManager scratch)
      throws IOException {
    try {
      Shipped network = model;
      NDList all =
          network.forward(
              BatchArrays.of(batch, dataSet.test(), network.inputType(), scratch).inputs());
      all.attach(scratch);
      NDArray outputs = FirstOutput.of(all, batch.size()).toType(DataType.FLOAT32, false);
      outputs.attach(scratch);
      return outputs;
    } catch (EngineException e) {
      throw notRunning(model, dataSet, e);
    }
  }
}
