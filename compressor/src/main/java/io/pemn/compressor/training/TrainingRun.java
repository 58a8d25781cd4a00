package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.data.SeededRandom;
import io.pemn.compressor.data.SeededRandom.Purpose;
import io.pemn.compressor.data.Validation;
import io.pemn.compressor.network.BuiltInTarget;
import io.pemn.compressor.network.LoadedModule;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.network.TargetNetwork;
import io.pemn.compressor.network.TorchScriptTarget;
import io.pemn.format.LayerMask;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.loader.RemainderTensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One training from its first epoch, or from where its run directory stands, to its last, with a
 * checkpoint after every epoch. An interrupted and resumed run ends, on the CPU and with the same
 * number of threads, with exactly the result of an undisturbed one.
 */
public final class TrainingRun {
  private static final long PROGRESS_NANOS = 200_000_000;

  private final RunDescription description;
  private final TrainingOptions options;
  private final Dataset dataSet;
  private final Optional<ModuleSource> module;
  private final SampleSet train;
  private final SampleSet test;
  private final RunDirectory directory;
  private final Device device;
  private final int evaluateEvery;
  private final TrainingListener listener;
  private final Optional<SampleSet> held;
  private List<Device> others = List.of();
  private Optional<Pruning> pruning = Optional.empty();
  private Optional<Checkpoint> beginning = Optional.empty();
  private int metricsEvery;
  private Function<Device, SampleStore> stores = SampleStore::on;

  /**
   * Prepares a run of a built-in network; nothing is written yet.
   *
   * @param options what to train
   * @param dataSet on what
   * @param directory where its checkpoints go
   * @param device where it shall run
   * @param evaluateEvery measure the test samples after every so many epochs; the last is always
   *     measured; 0 for the last alone. If samples are held out, this is about them, and the test
   *     samples are measured after the last epoch alone
   * @param listener watches
   * @throws IllegalArgumentException in one sentence, if options and data do not fit together
   */
  public TrainingRun(
      TrainingOptions options,
      Dataset dataSet,
      RunDirectory directory,
      Device device,
      int evaluateEvery,
      TrainingListener listener) {
    this(
        options,
        dataSet,
        Optional.empty(),
        RunDescription.of(options, dataSet),
        directory,
        device,
        evaluateEvery,
        listener);
    if (!train.labelled()) {
      throw new IllegalArgumentException(
          "The built-in networks learn from labels, but "
              + dataSet.name()
              + " has none; give a labelled data set, or a trained TorchScript model.");
    }
    description.networkParameters();
  }

  /**
   * Prepares a run that compresses a TorchScript module; nothing is written yet.
   *
   * @param module what to compress; stays open until the run is over
   * @throws IOException in one sentence, if module and data do not fit together
   * @see #TrainingRun(TrainingOptions, Dataset, RunDirectory, Device, int, TrainingListener)
   */
  public static TrainingRun ofModule(
      TrainingOptions options,
      Dataset dataSet,
      ModuleSource module,
      RunDirectory directory,
      Device device,
      int evaluateEvery,
      TrainingListener listener)
      throws IOException {
    if (options.masked()) {
      module.requireMaskable();
    }
    return new TrainingRun(
        options,
        dataSet,
        Optional.of(module),
        describe(options, dataSet, module, device),
        directory,
        device,
        evaluateEvery,
        listener);
  }

  /** Describes the training of a module, after a trial run of it on two samples. */
  static RunDescription describe(
      TrainingOptions options, Dataset dataSet, ModuleSource module, Device device)
      throws IOException {
    BatchArrays.requireRunnable(module.floatType());
    Shape output;
    try (LoadedModule original = LoadedModule.teacher(module, device)) {
      output = Teacher.probe(original, dataSet.train(), options.normalization());
    }
    requireFit(options, dataSet, output);
    return RunDescription.of(
        options, dataSet, module, output.dimension() == 1 ? Math.toIntExact(output.get(0)) : 0);
  }

  private static void requireFit(TrainingOptions options, Dataset dataSet, Shape output)
      throws IOException {
    SampleSet set = dataSet.train();
    boolean classify = options.objective() == Objective.CLASSIFY;
    if (!options.objective().isAnsweredBy(set) && options.distillation().share() < 1) {
      throw new IOException(
          dataSet.name()
              + " has no "
              + (classify ? "labels" : "targets")
              + ", so the student can learn from its teacher alone; give --distill 1, or data"
              + " with them.");
    }
    if (classify && set.target().isPresent()) {
      throw new IOException(
          dataSet.name()
              + " has targets and no labels; use --objective regress or embed to learn them, or"
              + " leave y out to learn from the teacher alone.");
    }
    if (classify && (output.size() < 2 || output.dimension() > 2)) {
      throw new IOException(
          "The module's output has shape "
              + output
              + " a sample, but a classifier has two or more numbers, one a class; use --objective"
              + " regress or embed.");
    }
    if (classify && set.labelled() && output.dimension() != 1) {
      throw new IOException(
          "The module's first output has shape "
              + output
              + " a sample, but a classifier has one number a class; use --objective regress or"
              + " embed.");
    }
    if (classify && set.labelled() && !dataSet.hasClassesOf(output.get(0))) {
      throw new IOException(
          dataSet.name()
              + " has "
              + set.classes()
              + " classes, but the module tells "
              + output.get(0)
              + " apart; give data of its own classes.");
    }
    if (!classify && set.target().isPresent() && set.target().get().elements() != output.size()) {
      throw new IOException(
          "The targets of "
              + dataSet.name()
              + " are "
              + set.target().get()
              + ", but the module's first output has shape "
              + output
              + " a sample; give targets of the same number of values.");
    }
  }

  private TrainingRun(
      TrainingOptions options,
      Dataset dataSet,
      Optional<ModuleSource> module,
      RunDescription description,
      RunDirectory directory,
      Device device,
      int evaluateEvery,
      TrainingListener listener) {
    if (evaluateEvery < 0) {
      throw new IllegalArgumentException(
          "The number of epochs between measurements must be at least 0, not "
              + evaluateEvery
              + ".");
    }
    this.options = options;
    this.dataSet = dataSet;
    this.module = module;
    this.description = description;
    SampleSet chosen =
        options.trainImages() == 0
            ? dataSet.train()
            : dataSet.train().subset(options.trainImages(), options.seed());
    if (options.validation() > 0) {
      Validation parts = Validation.of(chosen, options.validation(), options.seed());
      this.train = parts.learn();
      this.held = Optional.of(parts.held());
    } else {
      this.train = chosen;
      this.held = Optional.empty();
    }
    this.test = dataSet.test();
    this.directory = directory;
    this.device = device;
    this.evaluateEvery = evaluateEvery;
    this.listener = listener;
    description
        .image()
        .ifPresent(image -> options.normalization().requireChannels(image.channels()));
    if (options.augmentation().changesImages()
        && module.isPresent()
        && description.image().isEmpty()) {
      throw new IllegalArgumentException(
          "Augmentation changes images, but "
              + dataSet.name()
              + " has none; leave --augment and all that it stands for out.");
    }
  }

  /**
   * Lets this run prune.
   *
   * @throws IllegalArgumentException in one sentence, if it trains masks
   */
  public TrainingRun withPruning(Pruning wanted) {
    if (options.masked()) {
      throw new IllegalArgumentException(
          "Pruning is for dense trainings, but this one trains masks; choose one of them.");
    }
    pruning = Optional.of(wanted);
    return this;
  }

  /**
   * Lets further devices learn from a part of every batch each. What is measured is measured on the
   * first device alone.
   *
   * @param devices the further ones; the run's own may be among them, for a copy on the same device
   * @throws IllegalArgumentException in one sentence, if batches are too small to be divided
   */
  public TrainingRun alsoOn(List<Device> devices) {
    int all = 1 + devices.size();
    if (!devices.isEmpty() && options.batchSize() < Replicas.LEAST_SAMPLES * all) {
      throw new IllegalArgumentException(
          "A batch of "
              + options.batchSize()
              + " cannot be divided among "
              + all
              + " devices, which need two samples each at least; give --batch-size "
              + Replicas.LEAST_SAMPLES * all
              + " or more, or fewer devices.");
    }
    others = List.copyOf(devices);
    return this;
  }

  /**
   * Lets the samples be kept elsewhere than where they are faster.
   *
   * @param wanted opens the store of a device
   */
  TrainingRun withStore(Function<Device, SampleStore> wanted) {
    stores = wanted;
    return this;
  }

  /**
   * Lets the metrics have rows within epochs.
   *
   * @param steps a row after every so many steps of the training, at least 1
   */
  public TrainingRun withMetricsEvery(int steps) {
    if (steps < 1) {
      throw new IllegalArgumentException(
          "The number of steps between rows of metrics must be at least 1, not " + steps + ".");
    }
    metricsEvery = steps;
    return this;
  }

  /**
   * Lets this run begin with the weights of a dense network instead of random ones.
   *
   * @param weights values of every parameter by name, statistics included
   * @throws IllegalArgumentException in one sentence, if it trains masks or a TorchScript module
   */
  public TrainingRun beginningWith(Map<String, float[]> weights) {
    if (options.masked() || module.isPresent()) {
      throw new IllegalArgumentException(
          "Only dense trainings of built-in networks begin with given weights; leave them out.");
    }
    Map<String, float[]> parameters = new LinkedHashMap<>();
    Map<String, RemainderTensor> statistics = new LinkedHashMap<>();
    for (ParameterShape parameter : description.networkParameters()) {
      float[] values = weights.get(parameter.name());
      if (values == null || values.length != parameter.size()) {
        throw new IllegalArgumentException(
            "There are "
                + (values == null ? "no" : values.length)
                + " values for "
                + parameter.name()
                + ", which has "
                + parameter.size()
                + "; give the weights of the same network.");
      }
      if (parameter.role() == ParameterShape.Role.STATISTIC) {
        statistics.put(
            parameter.name(), new RemainderTensor(parameter.name(), parameter.shape(), values));
      } else {
        parameters.put(parameter.name(), values);
      }
    }
    beginning =
        Optional.of(
            new Checkpoint(
                description,
                List.of(),
                0,
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                parameters,
                statistics,
                Map.of()));
    return this;
  }

  /**
   * Trains from the beginning.
   *
   * @return the last checkpoint, with the test images measured
   * @throws IOException in one sentence, if the directory already holds a run or cannot be written
   */
  public Checkpoint start() throws IOException {
    directory.create();
    if (module.isPresent()) {
      directory.keepModule(module.get().path());
    }
    return train(beginning);
  }

  /**
   * Trains from the directory's checkpoint, or from the beginning if there is none yet.
   *
   * @return the last checkpoint, with the test images measured
   * @throws IOException in one sentence, if the directory holds another training or cannot be
   *     written
   */
  public Checkpoint resume() throws IOException {
    Optional<RunDirectory.Found> found = directory.newest();
    if (found.isEmpty()) {
      return start();
    }
    Checkpoint checkpoint = found.get().checkpoint();
    requireSame(checkpoint.run());
    if (found.get().damage().isPresent()) {
      listener.noted(found.get().damage().get());
      directory.discardDamaged();
    }
    if (checkpoint.epochs() < options.epochs()) {
      return train(Optional.of(checkpoint));
    }
    directory.saveMetrics(checkpoint.history(), true);
    return checkpoint;
  }

  /** What is trained and on what. */
  public RunDescription description() {
    return description;
  }

  /**
   * Measures a checkpoint of this run on samples of the same kind.
   *
   * @throws IOException in one sentence, if the network does not run on them
   */
  public Evaluation measure(Checkpoint checkpoint, SampleSet samples) throws IOException {
    try (Learner learner =
        learner(options, description, module, device, List.of(), 1, Optional.of(checkpoint))) {
      return learner.evaluate(
          samples, done -> listener.evaluating(checkpoint.epochs(), done, samples.size()));
    }
  }

  private void requireSame(RunDescription found) throws IOException {
    Map<String, String> wanted = new LinkedHashMap<>(description.options());
    wanted.put("data", description.dataSet() + ", " + description.samples());
    // Not all that is there: what a search held out is no option.
    Map<String, String> there = new LinkedHashMap<>(found.trainingOptions().toMap());
    there.put("data", found.dataSet() + ", " + found.samples());
    Set<String> names = new LinkedHashSet<>(wanted.keySet());
    names.addAll(there.keySet());
    for (String name : names) {
      String asked = wanted.get(name);
      String begun = there.get(name);
      if (!Objects.equals(asked, begun)) {
        throw new IOException(
            "The run in "
                + directory.path()
                + " was begun "
                + (begun == null ? "without " + name : "with " + name + " " + begun)
                + ", not "
                + (asked == null ? "without it" : begun == null ? "with " + asked : asked)
                + "; resume it with its own options, or name another --run-dir.");
      }
    }
  }

  private Checkpoint train(Optional<Checkpoint> resumed) throws IOException {
    boolean unchanged = !options.augmentation().changesImages();
    Batches batches = TrainingBatches.of(options, train);
    long totalSteps = (long) options.epochs() * batches.batchesPerEpoch();
    List<EpochMetrics> history =
        new ArrayList<>(resumed.map(Checkpoint::history).orElse(List.of()));
    try (SampleStore store = stores.apply(device);
        Learner learner =
            learner(options, description, module, device, others, totalSteps, resumed);
        MetricsLog log = directory.openMetrics(learner.masks().keySet(), history)) {
      DeviceBatches arriving =
          store.batches(
              batches,
              options.normalization(),
              TrainingBatches.augmenter(
                  options.augmentation(), options.normalization(), options.seed()));
      Map<String, LayerMask> masks = learner.masks();
      Checkpoint checkpoint = null;
      for (int epoch = history.size() + 1; epoch <= options.epochs(); epoch++) {
        EpochMetrics metrics = epoch(learner, arriving, store, unchanged, epoch, log);
        Map<String, LayerMask> newMasks = learner.masks();
        history.add(metrics.withMasks(differences(masks, newMasks), newMasks));
        masks = newMasks;
        checkpoint = null; // Its numbers need not be kept beside the next one's.
        Checkpoint present = learner.checkpoint(description, List.copyOf(history), masks);
        directory.saveCheckpoint(present);
        checkpoint = present.in(directory.checkpointFile());
        log.add(history.get(epoch - 1));
        listener.epochDone(history.get(epoch - 1));
      }
      return checkpoint;
    }
  }

  /**
   * Loads the network of a training, and its teacher where it needs one.
   *
   * @param device where it learns and is measured
   * @param others further devices that learn from a part of every batch each
   */
  static Learner learner(
      TrainingOptions options,
      RunDescription description,
      Optional<ModuleSource> module,
      Device device,
      List<Device> others,
      long totalSteps,
      Optional<Checkpoint> checkpoint)
      throws IOException {
    Map<String, RemainderTensor> statistics =
        checkpoint.map(Checkpoint::statistics).orElse(Map.of());
    if (module.isEmpty()) {
      BuiltInDescription builtIn = (BuiltInDescription) description.network();
      return new Learner(
          options,
          new BuiltInTarget(builtIn, statistics, device),
          Optional.empty(),
          totalSteps,
          checkpoint,
          others);
    }
    TargetNetwork network = new TorchScriptTarget(module.get(), statistics, device);
    // To learn from, or to measure by where the samples have neither labels nor targets.
    boolean needsTeacher = options.distillation().share() > 0;
    Optional<Teacher> teacher = Optional.empty();
    try {
      if (needsTeacher) {
        teacher = Optional.of(new Teacher(LoadedModule.teacher(module.get(), device)));
      }
    } catch (IOException e) {
      network.close();
      throw e;
    }
    return new Learner(options, network, teacher, totalSteps, checkpoint, others);
  }

  private static long differences(Map<String, LayerMask> before, Map<String, LayerMask> after) {
    long differences = 0;
    for (Map.Entry<String, LayerMask> mask : after.entrySet()) {
      differences += mask.getValue().differences(before.get(mask.getKey()));
    }
    return differences;
  }

  private EpochMetrics epoch(
      Learner learner,
      DeviceBatches batches,
      SampleStore store,
      boolean unchanged,
      int epoch,
      MetricsLog log)
      throws IOException {
    long start = System.nanoTime();
    long reported = start;
    boolean watched = listener.watchesTraining();
    List<StepMetrics> within = new ArrayList<>();
    Learner.Seen before = Learner.Seen.NOTHING;
    long noted = start;
    int images = 0;
    // Batch normalisation has nothing to average over a single sample that is left.
    boolean leavesSingleOut = options.batchSize() > 1 && batches.batchesPerEpoch() > 1;
    // So that dropout, too, drops in a resumed run what it would have dropped.
    Engine.getEngine("PyTorch")
        .setRandomSeed(SeededRandom.of(Purpose.ENGINE, options.seed(), epoch).bits());
    learner.forget();
    pruning.filter(p -> epoch > p.afterEpoch()).ifPresent(learner::prune);
    try (DeviceBatches.Epoch stream = batches.epoch(epoch)) {
      while (stream.hasNext()) {
        try (DeviceBatch batch = stream.next()) {
          if (batch.size() == 1 && leavesSingleOut) {
            continue;
          }
          learner.step(batch, train, unchanged);
          images += batch.size();
        } catch (Learner.NotFiniteException e) {
          throw stopped(e.finding(), epoch, e);
        }
        // After the last step that is learned from, the epoch's own row is next.
        boolean last = train.size() - images <= (leavesSingleOut ? 1 : 0);
        if (metricsEvery > 0 && learner.steps() % metricsEvery == 0 && !last) {
          Learner.Seen now = learner.seen();
          long time = System.nanoTime();
          within.add(metrics(learner, now.after(before), time - noted));
          log.add(epoch, within.get(within.size() - 1));
          before = now;
          noted = time;
        }
        // Reading the sums waits for the device.
        if (watched && System.nanoTime() - reported > PROGRESS_NANOS) {
          reported = System.nanoTime();
          Learner.Seen seen = learner.seen();
          listener.training(epoch, images, train.size(), seen.meanLoss(), seen.accuracy());
        }
      }
    }
    Learner.Seen seen = learner.seen();
    listener.training(epoch, images, train.size(), seen.meanLoss(), seen.accuracy());
    requireFinite("training", seen.meanLoss(), epoch);
    try {
      learner.requireFinite();
    } catch (Learner.NotFiniteException e) {
      throw stopped(e.finding(), epoch, e);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    boolean last = epoch == options.epochs();
    boolean asked = evaluateEvery > 0 && epoch % evaluateEvery == 0;
    Optional<Evaluation> validation = Optional.empty();
    if (held.isPresent() && (last || asked)) {
      SampleSet set = held.get();
      validation =
          Optional.of(
              learner.evaluate(
                  measured(store, set), set, done -> listener.validating(epoch, done, set.size())));
      requireFinite("validation", validation.get().loss(), epoch);
    }
    Optional<Evaluation> evaluation = Optional.empty();
    if (last || asked && held.isEmpty()) {
      evaluation =
          Optional.of(
              learner.evaluate(
                  measured(store, test),
                  test,
                  done -> listener.evaluating(epoch, done, test.size())));
      requireFinite("test", evaluation.get().loss(), epoch);
    }
    return new EpochMetrics(
        epoch,
        learner.steps(),
        learner.learningRate(),
        seen.meanLoss(),
        seen.accuracy(),
        0,
        seconds,
        evaluation,
        validation,
        images,
        Map.of(),
        within);
  }

  private DeviceBatches measured(SampleStore store, SampleSet set) {
    Batches batches = Evaluation.batches(set, options.normalization());
    return store.batches(batches, options.normalization(), Optional.empty());
  }

  private static StepMetrics metrics(Learner learner, Learner.Seen seen, long nanos) {
    return new StepMetrics(
        learner.steps(),
        learner.learningRate(),
        seen.meanLoss(),
        seen.accuracy(),
        Math.toIntExact(seen.samples()),
        nanos / 1e9);
  }

  private void requireFinite(String what, double loss, int epoch) throws IOException {
    if (!Double.isFinite(loss)) {
      throw stopped("The " + what + " loss is " + loss, epoch, null);
    }
  }

  private IOException stopped(String finding, int epoch, Throwable cause) {
    return new IOException(
        finding
            + ", so the training was stopped in epoch "
            + epoch
            + "; "
            + (epoch > 1 ? "the epoch before is kept in " + directory.path() + ", and " : "")
            + "a lower --lr may help.",
        cause);
  }
}
