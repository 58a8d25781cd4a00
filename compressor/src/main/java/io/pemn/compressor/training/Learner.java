package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.data.SeededRandom;
import io.pemn.compressor.data.SeededRandom.Purpose;
import io.pemn.compressor.masking.EdgePopupOptimizer;
import io.pemn.compressor.masking.FilledLayers;
import io.pemn.compressor.masking.LayerScale;
import io.pemn.compressor.masking.MaskedParameter;
import io.pemn.compressor.masking.ResumableAdamW;
import io.pemn.compressor.masking.ResumableAdamW.Moments;
import io.pemn.format.Mask;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.loader.network.BuiltInNetwork;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * A network in training: its parameters, their optimizer, and one step at a time. Used by one
 * thread, on which gradients are switched off outside the steps until it is closed.
 */
final class Learner implements AutoCloseable {
  private final TrainingOptions options;
  private final LearningRateSchedule schedule;
  private final Model model;
  private final BuiltInNetwork network;
  private final ResumableAdamW adamW;
  private final Trainer trainer;
  private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();
  private final Map<String, MaskedParameter> masked = new LinkedHashMap<>();
  private final boolean gradientsBefore;
  private final NDArray lossSum;
  private final NDArray correct;
  private long imagesSeen;
  private long steps;

  /** Sums over the steps since they were last taken. */
  record Seen(double meanLoss, double accuracy) {}

  /** Begins a training. */
  Learner(RunDescription run, Device device, long totalSteps) {
    this(run, device, totalSteps, Optional.empty());
  }

  /** Begins a training, or goes on from a checkpoint if one is given. */
  Learner(RunDescription run, Device device, long totalSteps, Optional<Checkpoint> checkpoint) {
    // The engine's natives are there only once it has been asked for.
    Engine.getEngine("PyTorch");
    this.gradientsBefore = JniUtils.isGradMode();
    this.options = run.trainingOptions();
    this.schedule = new LearningRateSchedule(options.learningRate(), totalSteps);
    this.steps = checkpoint.map(Checkpoint::steps).orElse(0L);
    this.model = Model.newInstance("pemn", device, "PyTorch");
    JniUtils.setGradMode(false);
    try {
      this.network = BuiltInNetwork.of(run.network());
      network.initialize(model.getNDManager());
      model.setBlock(network.block());
      this.adamW =
          new ResumableAdamW(
              Optimizer.adamW()
                  .optLearningRateTracker(schedule)
                  .optWeightDecays((float) options.weightDecay())
                  .optBeginNumUpdate(Math.toIntExact(steps)),
              byId(checkpoint.map(Checkpoint::moments).orElse(Map.of())));
      fillParameters(checkpoint);
      Map<String, MaskedParameter> maskedById = new HashMap<>();
      masked.forEach((name, layer) -> maskedById.put(id(name), layer));
      this.trainer =
          model.newTrainer(
              new DefaultTrainingConfig(crossEntropy)
                  .optOptimizer(new EdgePopupOptimizer(adamW, maskedById))
                  .optDevices(new Device[] {device}));
      trainer.initialize(
          new Shape(1, run.input().channels(), run.input().height(), run.input().width()));
      this.lossSum = trainer.getManager().zeros(new Shape());
      this.correct = trainer.getManager().zeros(new Shape(), DataType.INT64);
    } catch (RuntimeException e) {
      model.close();
      JniUtils.setGradMode(gradientsBefore);
      throw e;
    }
  }

  private void fillParameters(Optional<Checkpoint> checkpoint) {
    FilledLayers filled = options.fill(network.description().parameters());
    for (ParameterShape parameter : network.description().parameters()) {
      String name = parameter.name();
      float[] values =
          parameter.role() == Role.WEIGHT
              ? filled.fill(parameter).values()
              : initialValues(parameter);
      if (options.masked() && parameter.role() == Role.WEIGHT) {
        masked.put(
            name,
            new MaskedParameter(
                name,
                network.parameters().get(name).getArray(),
                values,
                checkpoint.map(c -> c.scores().get(name)).orElseGet(() -> initialScores(parameter)),
                options.density(),
                options.scores()));
      } else {
        network.set(name, checkpoint.map(c -> c.parameters().get(name)).orElse(values));
      }
    }
  }

  /** Ones for the scales and running variances of normalisation layers, zeros for the rest. */
  private static float[] initialValues(ParameterShape parameter) {
    boolean scale = parameter.role() == Role.LEARNED && parameter.name().endsWith(".weight");
    float[] values = new float[parameter.size()];
    Arrays.fill(values, scale || parameter.name().endsWith(".running_var") ? 1 : 0);
    return values;
  }

  /** Kaiming-uniform with a = sqrt 5, that is, uniform within 1 / sqrt(fan-in), as the authors. */
  private float[] initialScores(ParameterShape layer) {
    SeededRandom random = SeededRandom.of(Purpose.SCORES, options.seed(), layer.name().hashCode());
    float bound = (float) (1 / Math.sqrt(LayerScale.fanIn(layer)));
    float[] scores = new float[layer.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (2 * random.uniform() - 1) * bound;
    }
    return scores;
  }

  /** Learns from one batch. */
  void step(Batch batch, SampleSet set) {
    try (NDManager scratch = trainer.getManager().newSubManager()) {
      BatchArrays arrays = BatchArrays.of(batch, set, scratch);
      NDArray logits;
      NDArray loss;
      try (GradientCollector collector = trainer.newGradientCollector()) {
        logits = trainer.forward(new NDList(arrays.images())).singletonOrThrow();
        loss = crossEntropy.evaluate(new NDList(arrays.labels()), new NDList(logits));
        collector.backward(loss);
      }
      trainer.step();
      lossSum.addi(loss.mul(batch.size()));
      correct.addi(BatchArrays.correct(logits, arrays.labels()));
    }
    imagesSeen += batch.size();
    steps++;
  }

  /** Means over the steps since {@link #forget}; waits for the device. */
  Seen seen() {
    return imagesSeen == 0
        ? new Seen(0, 0)
        : new Seen(
            (double) lossSum.getFloat() / imagesSeen, (double) correct.getLong() / imagesSeen);
  }

  /** Begins new means. */
  void forget() {
    lossSum.subi(lossSum);
    correct.subi(correct);
    imagesSeen = 0;
  }

  /** Steps made since the beginning of the training, earlier sessions included. */
  long steps() {
    return steps;
  }

  double learningRate() {
    return schedule.getNewValue(Math.toIntExact(steps));
  }

  Evaluation evaluate(SampleSet images, IntConsumer progress) {
    return Evaluation.of(
        network.block(), trainer.getManager(), images, options.normalization(), progress);
  }

  /** The masks as the network holds them now, by layer. */
  Map<String, Mask> masks() {
    Map<String, Mask> masks = new LinkedHashMap<>();
    masked.forEach((name, layer) -> masks.put(name, layer.mask()));
    return masks;
  }

  /** The network's present values of a parameter: a masked layer's effective weights. */
  float[] values(String name) {
    return network.parameters().get(name).getArray().toFloatArray();
  }

  /** Everything needed to go on from here. */
  Checkpoint checkpoint(RunDescription run, List<EpochMetrics> history, Map<String, Mask> masks) {
    Map<String, float[]> scores = new LinkedHashMap<>();
    Map<String, float[]> parameters = new LinkedHashMap<>();
    Map<String, Moments> moments = new LinkedHashMap<>();
    network
        .parameters()
        .forEach(
            (name, parameter) -> {
              MaskedParameter layer = masked.get(name);
              if (layer == null) {
                parameters.put(name, values(name));
              } else {
                scores.put(name, layer.scores().toFloatArray());
              }
              adamW.moments(parameter.getId()).ifPresent(m -> moments.put(name, m));
            });
    return new Checkpoint(run, history, steps, masks, scores, parameters, moments);
  }

  private Map<String, Moments> byId(Map<String, Moments> byName) {
    Map<String, Moments> byId = new HashMap<>();
    byName.forEach((name, moments) -> byId.put(id(name), moments));
    return byId;
  }

  private String id(String name) {
    Parameter parameter = network.parameters().get(name);
    return parameter.getId();
  }

  @Override
  public void close() {
    trainer.close();
    adamW.close();
    model.close();
    JniUtils.setGradMode(gradientsBefore);
  }
}
