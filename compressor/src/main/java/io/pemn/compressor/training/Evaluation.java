package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.loss.Loss;
import io.pemn.compressor.augment.Scalar;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.network.BuiltInTarget;
import io.pemn.compressor.network.FirstOutput;
import io.pemn.compressor.network.TargetNetwork;
import io.pemn.compressor.network.TargetNetwork.Shipped;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.Measure;
import io.pemn.loader.RemainderTensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * How well a network does on samples that it was not trained on.
 *
 * @param images number of samples
 * @param accuracy fraction classified rightly, or as the teacher does, 0 to 1; 0 if it classifies
 *     nothing
 * @param loss mean of what the measure names
 * @param imagesPerSecond how fast
 * @param measure what accuracy and loss are
 */
public record Evaluation(
    int images, double accuracy, double loss, double imagesPerSecond, Measure measure) {
  private static final int BATCH_SIZE = 250;

  /** Without a measure it is the accuracy, as in checkpoints of the first version. */
  public Evaluation {
    measure = measure == null ? Measure.ACCURACY : measure;
  }

  /** What is measured for an objective on given samples. */
  static Measure measure(Objective objective, SampleSet set) {
    return switch (objective) {
      case CLASSIFY -> set.labelled() ? Measure.ACCURACY : Measure.AGREEMENT;
      case REGRESS -> Measure.MEAN_SQUARED_ERROR;
      case EMBED -> Measure.COSINE_DISTANCE;
    };
  }

  /**
   * Measures a network, without gradients and without augmentation.
   *
   * @param network gives (batch, ...) in its first output; of a classifier logits (batch, classes)
   * @param manager on the device of the network
   * @param set what to run it on
   * @param normalization how pixels become input
   * @param objective what the network is for
   * @param teacher what to compare with where the samples have neither labels nor targets
   * @param progress told the number of samples done so far, after every batch
   */
  static Evaluation of(
      Shipped network,
      NDManager manager,
      SampleSet set,
      Normalization normalization,
      Objective objective,
      Optional<Teacher> teacher,
      IntConsumer progress) {
    DeviceBatches batches = prepared(set, normalization);
    return of(network, manager, batches, set, objective, teacher, progress);
  }

  /** What {@link #of} runs a network on: all samples in their order, as they are. */
  static Batches batches(SampleSet set, Normalization normalization) {
    return new Batches(set, normalization, Augmentation.NONE, BATCH_SIZE, false, 0);
  }

  /** The same, prepared on the host. */
  static DeviceBatches prepared(SampleSet set, Normalization normalization) {
    return new PreparedBatches(batches(set, normalization), Optional.empty());
  }

  /**
   * Measures a network, without gradients and without augmentation. What is found is summed on the
   * device, and read when all is done: nothing waits for a batch.
   *
   * @param network gives (batch, ...) in its first output; of a classifier logits (batch, classes)
   * @param manager on the device of the network
   * @param batches of the set, as {@link #batches} has them
   * @param set what to run it on
   * @param objective what the network is for
   * @param teacher what to compare with where the samples have neither labels nor targets
   * @param progress told the number of samples done so far, after every batch
   */
  static Evaluation of(
      Shipped network,
      NDManager manager,
      DeviceBatches batches,
      SampleSet set,
      Objective objective,
      Optional<Teacher> teacher,
      IntConsumer progress) {
    int done = 0;
    long nanos = 0;
    double lossSum;
    double correct;
    boolean gradientsBefore = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try (DeviceBatches.Epoch epoch = batches.epoch(0);
        NDManager sums = manager.newSubManager()) {
      // float64, and added in this order: the same sums as on the host.
      NDArray losses = sums.zeros(new Shape(), DataType.FLOAT64);
      NDArray right = sums.zeros(new Shape(), DataType.FLOAT64);
      while (epoch.hasNext()) {
        try (DeviceBatch batch = epoch.next();
            NDManager scratch = manager.newSubManager()) {
          // A device that works on its own is waited for where the next batch is copied to it.
          long start = System.nanoTime();
          BatchArrays arrays = batch.arrays(network.inputType(), scratch);
          NDList all = network.forward(arrays.inputs());
          all.attach(scratch);
          NDArray outputs = FirstOutput.of(all, batch.size()).toType(DataType.FLOAT32, false);
          outputs.attach(scratch);
          Result result = result(outputs, arrays, batch, set, objective, teacher, scratch);
          NDArray loss = result.loss().toType(DataType.FLOAT64, false);
          losses.addi(loss.mul(Scalar.of(loss, batch.size())));
          right.addi(result.correct());
          nanos += System.nanoTime() - start;
          done += batch.size();
          progress.accept(done);
        }
      }
      long start = System.nanoTime();
      lossSum = losses.getDouble();
      correct = right.getDouble();
      nanos += System.nanoTime() - start;
    } finally {
      JniUtils.setGradMode(gradientsBefore);
    }
    return new Evaluation(
        done, correct / done, lossSum / done, done / (nanos / 1e9), measure(objective, set));
  }

  /** What the teacher says, from inputs of its own type. */
  private static NDArray taught(
      Teacher teacher, BatchArrays arrays, DeviceBatch batch, SampleSet set, NDManager scratch) {
    NumberType type = teacher.inputType();
    boolean fit =
        arrays.inputs().stream()
            .map(NDArray::getDataType)
            .allMatch(found -> !found.isFloating() || found == BatchArrays.dataType(type));
    return teacher.outputs(fit ? arrays : batch.arrays(type, scratch), set, true, scratch);
  }

  /**
   * Measures a built-in network with given values of its parameters on the test samples of a data
   * set.
   *
   * @param network what to build
   * @param values of every parameter by name
   * @param normalization how pixels become input
   * @param device where it shall run
   * @param progress told the number of samples done so far, after every batch
   */
  public static Evaluation ofValues(
      BuiltInDescription network,
      Map<String, float[]> values,
      Dataset dataSet,
      Normalization normalization,
      Device device,
      IntConsumer progress) {
    Map<String, RemainderTensor> statistics = new HashMap<>();
    for (ParameterShape parameter : network.parameters()) {
      String name = parameter.name();
      if (parameter.role() == Role.STATISTIC) {
        statistics.put(name, new RemainderTensor(name, parameter.shape(), values.get(name)));
      }
    }
    try (BuiltInTarget target = new BuiltInTarget(network, statistics, device)) {
      for (String name : target.trained()) {
        TargetNetwork.set(target.array(name), values.get(name));
      }
      return of(
          target.asItIs(),
          target.manager(),
          dataSet.test(),
          normalization,
          Objective.CLASSIFY,
          Optional.empty(),
          progress);
    }
  }

  /**
   * The loss of a batch, and how many samples are right, float64; of several rows a sample, in
   * parts. Both have no dimensions.
   */
  private record Result(NDArray loss, NDArray correct) {}

  private static Result result(
      NDArray outputs,
      BatchArrays arrays,
      DeviceBatch batch,
      SampleSet set,
      Objective objective,
      Optional<Teacher> teacher,
      NDManager scratch) {
    if (objective == Objective.CLASSIFY && arrays.labels().isPresent()) {
      NDArray labels = arrays.labels().get();
      NDArray loss =
          Loss.softmaxCrossEntropyLoss().evaluate(new NDList(labels), new NDList(outputs));
      return new Result(loss, count(LossFunction.correct(outputs, labels)));
    }
    // Targets are no logits: a classifier without labels is compared with its teacher alone.
    NDArray wanted =
        objective == Objective.CLASSIFY || arrays.target().isEmpty()
            ? taught(teacher.orElseThrow(), arrays, batch, set, scratch)
            : arrays.target().get();
    return switch (objective) {
      case CLASSIFY -> {
        long classes = outputs.getShape().get(outputs.getShape().dimension() - 1);
        NDArray rows = outputs.reshape(-1, classes);
        NDArray wantedRows = wanted.reshape(-1, classes);
        NDArray correct = count(LossFunction.correct(rows, wantedRows.argMax(1)));
        // Every sample has as many.
        long rowsPerSample = rows.getShape().get(0) / arrays.size();
        yield new Result(
            LossFunction.divergence(outputs, wanted, 1),
            correct.div(Scalar.of(correct, rowsPerSample)));
      }
      case REGRESS -> unclassified(LossFunction.squaredError(outputs, wanted));
      case EMBED -> unclassified(LossFunction.cosineDistance(outputs, wanted));
    };
  }

  private static NDArray count(NDArray samples) {
    return samples.toType(DataType.FLOAT64, false);
  }

  private static Result unclassified(NDArray loss) {
    return new Result(loss, loss.getManager().zeros(new Shape(), DataType.FLOAT64));
  }
}
