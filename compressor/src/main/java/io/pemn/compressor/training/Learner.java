package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import io.pemn.compressor.augment.ImageAugmenter;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.data.SeededRandom;
import io.pemn.compressor.data.SeededRandom.Purpose;
import io.pemn.compressor.masking.EdgePopupOptimizer;
import io.pemn.compressor.masking.FilledLayers;
import io.pemn.compressor.masking.LayerBudget;
import io.pemn.compressor.masking.LayerScale;
import io.pemn.compressor.masking.MaskRule;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.masking.MaskedLayers;
import io.pemn.compressor.masking.MaskedParameter;
import io.pemn.compressor.masking.PrunedWeights;
import io.pemn.compressor.masking.ResumableAdamW;
import io.pemn.compressor.masking.ResumableAdamW.Moments;
import io.pemn.compressor.masking.ScoreMode;
import io.pemn.compressor.masking.Selection;
import io.pemn.compressor.masking.StreamedValues;
import io.pemn.compressor.masking.WarmStart;
import io.pemn.compressor.network.BuiltInTarget;
import io.pemn.compressor.network.FirstOutput;
import io.pemn.compressor.network.TargetNetwork;
import io.pemn.format.LayerMask;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.message.EngineMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
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
  /**
   * Of the scores that begin at trained weights, in every layer: found better by measurement than
   * the spread of random ones, which in wide layers a few steps overturn (docs/results.md).
   */
  private static final double WARM_DEVIATION = 0.1;

  /** Of random scores that are compared across layers: within it, they have the same deviation. */
  private static final float COMPARED_RANGE = (float) (WARM_DEVIATION * Math.sqrt(3));

  private static final MaskRule NO_MASKS =
      new MaskRule(MaskType.BINARY, Selection.TOP_K, LayerBudget.Kind.UNIFORM, 1, ScoreMode.SIGNED);

  private static final Shape SCALAR = new Shape();

  private final TrainingOptions options;
  private final LearningRateSchedule schedule;
  private final TargetNetwork network;
  private final Replicas replicas;
  private final Optional<Teacher> teacher;
  private final LossFunction lossFunction;
  private final Optional<ImageAugmenter> augmenter;
  private final ResumableAdamW scoreSteps;
  private final ResumableAdamW otherSteps;
  private final EdgePopupOptimizer optimizer;
  private final MaskedLayers layers;
  private final Optional<GradientClip> clip;
  private final Map<String, Float> scales = new LinkedHashMap<>();
  private final Map<String, PrunedWeights> pruned = new LinkedHashMap<>();
  private final boolean gradientsBefore;
  private final NDArray lossSum;
  private final NDArray correct;
  private long samplesSeen;
  private long steps;

  /** The loss of a step is no finite number; the parameters are those before the step. */
  static final class NotFiniteException extends IOException {
    private static final long serialVersionUID = 1;

    private final String finding;

    NotFiniteException(float loss, long step, String reason) {
      this("The training loss is " + loss + " in step " + step + ": " + reason);
    }

    NotFiniteException(long step, String reason) {
      this("The training went wrong by step " + step + ": " + reason);
    }

    private NotFiniteException(String finding) {
      super(finding + ".");
      this.finding = finding;
    }

    /** The message without its full stop. */
    String finding() {
      return finding;
    }
  }

  /**
   * Sums over some steps.
   *
   * @param samples how many were learned from
   * @param lossSum sum of their losses
   * @param correct how many were classified rightly
   */
  record Seen(long samples, double lossSum, long correct) {
    static final Seen NOTHING = new Seen(0, 0, 0);

    /** The mean loss; 0 of no samples. */
    double meanLoss() {
      return samples == 0 ? 0 : lossSum / samples;
    }

    /** The fraction that was classified rightly; 0 of no samples. */
    double accuracy() {
      return samples == 0 ? 0 : (double) correct / samples;
    }

    /** The sums over the steps after others. */
    Seen after(Seen earlier) {
      return new Seen(
          samples - earlier.samples, lossSum - earlier.lossSum, correct - earlier.correct);
    }
  }

  /**
   * Begins a training, or goes on from a checkpoint if one is given.
   *
   * @param options what to train
   * @param network what to train it in; closed with the learner
   * @param teacher what to learn from besides labels; closed with the learner
   * @param totalSteps of the whole training
   * @param checkpoint where to go on
   * @param others devices besides the network's own that shall learn from a part of every batch
   * @throws IOException in one sentence, if the network cannot be copied to one of them
   */
  Learner(
      TrainingOptions options,
      TargetNetwork network,
      Optional<Teacher> teacher,
      long totalSteps,
      Optional<Checkpoint> checkpoint,
      List<Device> others)
      throws IOException {
    // The engine's natives are there only once it has been asked for.
    Engine.getEngine("PyTorch");
    this.gradientsBefore = JniUtils.isGradMode();
    this.options = options;
    this.network = network;
    this.teacher = teacher;
    this.lossFunction = new LossFunction(options.objective(), options.distillation());
    this.augmenter =
        TrainingBatches.augmenter(options.augmentation(), options.normalization(), options.seed());
    this.schedule = new LearningRateSchedule(options.learningRate(), totalSteps);
    this.steps = checkpoint.map(Checkpoint::steps).orElse(0L);
    this.layers = new MaskedLayers(options.mask().orElse(NO_MASKS));
    JniUtils.setGradMode(false);
    Replicas copies = null;
    try {
      copies = new Replicas(network, others);
      this.replicas = copies;
      this.scoreSteps = adamW(schedule);
      this.otherSteps = adamW(new LearningRateSchedule(options.remainderRate(), totalSteps));
      fillParameters(checkpoint);
      layers.select();
      replicas.broadcast();
      this.optimizer = new EdgePopupOptimizer(scoreSteps, otherSteps, layers.byName());
      this.clip =
          options.clipNorm() > 0
              ? Optional.of(new GradientClip(options.clipNorm(), network.manager()))
              : Optional.empty();
      this.lossSum = network.manager().zeros(SCALAR);
      this.correct = network.manager().zeros(SCALAR, DataType.INT64);
    } catch (IOException | RuntimeException e) {
      if (copies != null) {
        copies.close();
      }
      network.close();
      teacher.ifPresent(Teacher::close);
      JniUtils.setGradMode(gradientsBefore);
      if (e instanceof UncheckedIOException unread) {
        throw unread.getCause();
      }
      throw e;
    }
  }

  private ResumableAdamW adamW(LearningRateSchedule rates) {
    return new ResumableAdamW(rates, (float) options.weightDecay(), Math.toIntExact(steps));
  }

  private void fillParameters(Optional<Checkpoint> checkpoint) {
    boolean weights =
        (options.masked() || network instanceof BuiltInTarget)
            && network.parameters().stream().anyMatch(p -> p.role() == Role.WEIGHT);
    Optional<FilledLayers> filled =
        weights ? Optional.of(options.fill(network.parameters())) : Optional.empty();
    for (ParameterShape parameter : network.parameters()) {
      String name = parameter.name();
      if (!network.trained().contains(name)) {
        continue;
      }
      if (options.masked() && parameter.role() == Role.WEIGHT) {
        mask(parameter, filled.orElseThrow(), checkpoint);
      } else if (checkpoint.isPresent()) {
        TargetNetwork.set(network.array(name), checkpoint.get().parameters().get(name));
      } else if (parameter.role() == Role.WEIGHT && network instanceof BuiltInTarget) {
        TargetNetwork.set(
            network.array(name), filled.orElseThrow().fill(parameter).values().toArray());
      }
      checkpoint.map(c -> c.moments().get(name)).ifPresent(moments -> resume(name, moments));
    }
  }

  private void resume(String name, Moments moments) {
    MaskedParameter layer = layers.byName().get(name);
    if (layer == null) {
      otherSteps.resume(name, network.array(name), moments);
    } else {
      scoreSteps.resume(name, layer.scores(), moments);
    }
  }

  private void mask(ParameterShape layer, FilledLayers filled, Optional<Checkpoint> checkpoint) {
    String name = layer.name();
    double density = filled.density(layer);
    float scale;
    StreamedValues scores;
    if (checkpoint.isPresent()) {
      scale = checkpoint.get().scales().get(name);
      scores = checkpoint.get().scores().get(name);
      Float bound = checkpoint.get().bounds().get(name);
      if (bound != null) {
        layers.setBound(name, bound);
      }
    } else if (options.distillation().warmStart()) {
      WarmStart start =
          WarmStart.of(
              StreamedValues.of(network.array(name)),
              filled.prototypeValues(layer),
              options.mask().orElseThrow().type(),
              density,
              WARM_DEVIATION);
      scale = start.scale();
      scores = start.scores();
    } else {
      scale = filled.fill(layer).scale();
      scores = initialScores(layer);
    }
    scales.put(name, scale);
    layers.add(name, network.array(name), filled.scaled(layer, scale).values(), scores, density);
  }

  /**
   * Kaiming-uniform with a = sqrt 5, that is, uniform within 1 / sqrt(fan-in), as the authors;
   * where the scores of all layers are compared, they all have the same spread instead, and Adam's
   * steps, which are as large in every layer, keep them comparable.
   */
  private StreamedValues initialScores(ParameterShape layer) {
    boolean compared = options.mask().orElseThrow().selection() == Selection.GLOBAL;
    float range = compared ? COMPARED_RANGE : (float) (1 / Math.sqrt(LayerScale.fanIn(layer)));
    return StreamedValues.computed(
        layer.size(),
        () -> {
          SeededRandom random =
              SeededRandom.of(Purpose.SCORES, options.seed(), layer.name().hashCode());
          return (target, count) -> {
            for (int i = 0; i < count; i++) {
              target[i] = (2 * random.uniform() - 1) * range;
            }
          };
        });
  }

  /**
   * Learns from one batch.
   *
   * @param unchanged whether the samples are the same every time they come
   * @throws IOException in one sentence, if the network does not run, or its loss is not finite
   */
  void step(Batch batch, SampleSet set, boolean unchanged) throws IOException {
    step(new PreparedBatches.Prepared(batch, set, augmenter), set, unchanged);
  }

  /**
   * Learns from one batch, wherever its samples are.
   *
   * @param set that it is of
   * @param unchanged whether the samples are the same every time they come
   * @throws IOException in one sentence, if the network does not run, or its loss is not finite
   */
  void step(DeviceBatch batch, SampleSet set, boolean unchanged) throws IOException {
    try (NDManager scratch = network.manager().newSubManager()) {
      BatchArrays arrays = batch.arrays(network.inputType(), scratch);
      Optional<NDArray> wanted = taught(arrays, set, unchanged, scratch);
      List<Replicas.Share> shares = replicas.share(arrays, wanted, scratch);
      List<Learned> learned = new ArrayList<>();
      try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
        for (Replicas.Share share : shares) {
          learned.add(learn(share, batch.size(), collector));
        }
      } catch (EngineException e) {
        throw notTraining(e);
      }
      for (Learned part : learned) {
        NDArray loss = part.loss();
        // On a CPU reading it costs nothing; on a GPU it would wait for the device.
        if (!loss.getDevice().isGpu() && !Float.isFinite(loss.getFloat())) {
          throw new NotFiniteException(loss.getFloat(), steps + 1, whereFrom(arrays, wanted));
        }
      }
      update(scratch);
      learned.forEach(this::count);
    }
    samplesSeen += batch.size();
    steps++;
  }

  /** What came of a part of a batch: the network's first output, and the mean loss. */
  private record Learned(Replicas.Share share, NDArray outputs, NDArray loss) {}

  /** Adds the gradients of a part of a batch of so many samples, which may be all of it. */
  private Learned learn(Replicas.Share share, int samples, GradientCollector collector)
      throws IOException {
    BatchArrays part = share.batch();
    NDList all = share.network().forward(part.inputs(), true);
    all.attach(share.scratch());
    NDArray outputs = FirstOutput.of(all, part.size());
    NDArray loss = lossFunction.of(outputs, part, share.taught());
    collector.backward(
        part.size() == samples
            ? loss
            : loss.mul(share.scratch().full(SCALAR, (float) part.size() / samples)));
    return new Learned(share, outputs, loss);
  }

  /** Adds to the sums of what was seen. */
  private void count(Learned learned) {
    BatchArrays part = learned.share().batch();
    // A number that is not filled in by the device would be waited for.
    NDArray size = learned.share().scratch().full(SCALAR, part.size());
    lossSum.addi(learned.loss().mul(size).toDevice(lossSum.getDevice(), false));
    if (options.objective() == Objective.CLASSIFY) {
      NDArray right =
          part.labels()
              .orElseGet(() -> learned.share().taught().map(w -> w.argMax(-1)).orElseThrow());
      if (learned.outputs().getShape().dimension() == 2) {
        NDArray here = LossFunction.correct(learned.outputs(), right);
        correct.addi(here.toDevice(correct.getDevice(), false));
      }
    }
  }

  /** Keeps only some weights of every layer from here on, unless it does so. */
  void prune(Pruning pruning) {
    if (pruned.isEmpty()) {
      for (ParameterShape parameter : network.parameters()) {
        if (parameter.role() == Role.WEIGHT) {
          String name = parameter.name();
          pruned.put(name, pruned(name, pruning));
        }
      }
      replicas.broadcast();
    }
  }

  private PrunedWeights pruned(String layer, Pruning pruning) {
    return switch (pruning.criterion()) {
      case MAGNITUDE -> PrunedWeights.byMagnitude(network.array(layer), pruning.kept());
      case RANDOM ->
          PrunedWeights.atRandom(
              network.array(layer),
              pruning.kept(),
              SeededRandom.of(Purpose.PRUNING, options.seed(), layer.hashCode()));
    };
  }

  /** What the teacher says, if it is asked. */
  private Optional<NDArray> taught(
      BatchArrays arrays, SampleSet set, boolean unchanged, NDManager scratch) throws IOException {
    if (!lossFunction.needsTeacher()) {
      return Optional.empty();
    }
    try {
      return teacher.map(t -> t.outputs(arrays, set, unchanged, scratch));
    } catch (EngineException e) {
      throw notTraining(e);
    }
  }

  private static IOException notTraining(EngineException e) {
    return new IOException(
        "The network does not train on this data: " + EngineMessage.of(e) + ".", e);
  }

  private void update(NDManager scratch) {
    Map<String, PtNDArray> gradients = gradients();
    // Of one whose elements are in another order, reading makes a copy that belongs to its manager.
    gradients.values().forEach(gradient -> gradient.attach(scratch));
    try {
      if (clip.isPresent()) {
        gradients.forEach(optimizer::differentiate);
        clip.get().apply(gradients.values(), scratch);
        gradients.forEach((name, gradient) -> optimizer.step(name, network.array(name), gradient));
      } else {
        gradients.forEach(
            (name, gradient) -> optimizer.update(name, network.array(name), gradient));
      }
    } finally {
      gradients.values().forEach(PtNDArray::close);
    }
    pruned.values().forEach(PrunedWeights::apply);
    network.trained().forEach(replicas::zeroGradients);
    layers.select();
    replicas.broadcast();
  }

  /**
   * The gradients of the parameters that the forward used, in the network's order: those that it
   * did not use have none, and stay as they are.
   */
  private Map<String, PtNDArray> gradients() {
    Map<String, PtNDArray> gradients = new LinkedHashMap<>();
    for (ParameterShape parameter : network.parameters()) {
      String name = parameter.name();
      if (parameter.role() == Role.STATISTIC) {
        continue;
      }
      PtNDArray gradient = replicas.gradient(name);
      if (gradient != null) {
        gradients.put(name, gradient);
      }
    }
    return gradients;
  }

  /**
   * Checks every parameter and score, so that no checkpoint holds what cannot be gone on from.
   *
   * @throws NotFiniteException naming the first that is not finite
   */
  void requireFinite() throws NotFiniteException {
    Optional<String> finding = firstNotFinite();
    if (finding.isPresent()) {
      throw new NotFiniteException(steps, finding.get());
    }
  }

  private Optional<String> firstNotFinite() {
    for (ParameterShape parameter : network.parameters()) {
      String name = parameter.name();
      if (parameter.role() != Role.STATISTIC) {
        MaskedParameter layer = layers.byName().get(name);
        // What is masked is finite whatever happens: its scores are what training changes.
        NDArray learned = layer == null ? network.array(name) : layer.scores();
        Optional<Float> found = firstNotFinite(StreamedValues.of(learned));
        if (found.isPresent()) {
          return Optional.of(
              name
                  + " is the first parameter whose "
                  + (layer == null ? "values" : "scores")
                  + " hold "
                  + found.get());
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Float> firstNotFinite(StreamedValues values) {
    StreamedValues.Cursor cursor = values.cursor();
    float[] chunk = new float[Math.min(StreamedValues.CHUNK, values.size())];
    for (int left = values.size(); left > 0; left -= chunk.length) {
      int count = Math.min(left, chunk.length);
      cursor.next(chunk, count);
      for (int i = 0; i < count; i++) {
        if (!Float.isFinite(chunk[i])) {
          return Optional.of(chunk[i]);
        }
      }
    }
    return Optional.empty();
  }

  /** What is known of the first number that is not finite. */
  private String whereFrom(BatchArrays batch, Optional<NDArray> wanted) {
    for (NDArray input : batch.inputs()) {
      if (input.getDataType().isFloating() && !isFinite(input)) {
        return "the data holds numbers that are not finite";
      }
    }
    if (wanted.isPresent() && !isFinite(wanted.get())) {
      return "the trained network, its teacher, gives outputs that are not finite";
    }
    return firstNotFinite()
        .orElse("every parameter is finite, so the network's own forward gives it");
  }

  private static boolean isFinite(NDArray array) {
    try (NDArray floats = array.toType(DataType.FLOAT32, true)) {
      for (float value : floats.toFloatArray()) {
        if (!Float.isFinite(value)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Sums over the steps since {@link #forget}; waits for the device. */
  Seen seen() {
    return new Seen(samplesSeen, lossSum.getFloat(), correct.getLong());
  }

  /** Begins new sums. */
  void forget() {
    lossSum.subi(lossSum);
    correct.subi(correct);
    samplesSeen = 0;
  }

  /** Steps made since the beginning of the training, earlier sessions included. */
  long steps() {
    return steps;
  }

  double learningRate() {
    return schedule.getNewValue(Math.toIntExact(steps));
  }

  /** Measures what an archive of the present state would run. */
  Evaluation evaluate(SampleSet set, IntConsumer progress) throws IOException {
    return evaluate(Evaluation.prepared(set, options.normalization()), set, progress);
  }

  /**
   * Measures what an archive of the present state would run.
   *
   * @param batches of the set, as {@link Evaluation#batches} has them
   */
  Evaluation evaluate(DeviceBatches batches, SampleSet set, IntConsumer progress)
      throws IOException {
    try (TargetNetwork.Shipped shipped =
        network.shipped(layers.byName().keySet(), options.remainder())) {
      return Evaluation.of(
          shipped, network.manager(), batches, set, options.objective(), teacher, progress);
    } catch (EngineException e) {
      throw new IOException(
          "The network does not run on the test data: " + EngineMessage.of(e) + ".", e);
    }
  }

  /** The masks as the network holds them now, by layer. */
  Map<String, LayerMask> masks() {
    return layers.masks();
  }

  /** The values of a trained parameter on every device, which are the same. */
  List<float[]> valuesEverywhere(String name) {
    return replicas.values(name);
  }

  /** The network's present values of a trained parameter: a masked layer's effective weights. */
  float[] values(String name) {
    return network.array(name).toFloatArray();
  }

  /**
   * Everything needed to go on from here: the scores and the optimizer's moments as the engine
   * keeps them, to be saved before the next step.
   */
  Checkpoint checkpoint(
      RunDescription run, List<EpochMetrics> history, Map<String, LayerMask> masks)
      throws IOException {
    Map<String, StreamedValues> scores = new LinkedHashMap<>();
    Map<String, float[]> parameters = new LinkedHashMap<>();
    Map<String, Moments> moments = new LinkedHashMap<>();
    for (ParameterShape parameter : network.parameters()) {
      String name = parameter.name();
      if (!network.trained().contains(name)) {
        continue;
      }
      MaskedParameter layer = layers.byName().get(name);
      if (layer == null) {
        parameters.put(name, values(name));
      } else {
        scores.put(name, StreamedValues.of(layer.scores()));
      }
      (layer == null ? otherSteps : scoreSteps).moments(name).ifPresent(m -> moments.put(name, m));
    }
    Map<String, RemainderTensor> statistics = network.statistics();
    return new Checkpoint(
        run,
        history,
        steps,
        masks,
        scores,
        scales,
        layers.bounds(),
        parameters,
        statistics,
        moments);
  }

  @Override
  public void close() {
    scoreSteps.close();
    otherSteps.close();
    replicas.close();
    network.close();
    teacher.ifPresent(Teacher::close);
    JniUtils.setGradMode(gradientsBefore);
  }
}
