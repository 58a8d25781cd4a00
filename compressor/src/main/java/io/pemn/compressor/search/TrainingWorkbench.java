package io.pemn.compressor.search;

import ai.djl.Device;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.data.Validation;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.compressor.training.ArchiveSketch;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.CheckpointPacker;
import io.pemn.compressor.training.Comparison;
import io.pemn.compressor.training.EpochMetrics;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.RunDescription;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.compressor.training.TrainingListener;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.compressor.training.TrainingRun;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskCodecChoice;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.report.SizeReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Tries masks out by training them. Runs that are over already are not repeated. */
public final class TrainingWorkbench implements Workbench {
  private static final String ALL_IMAGES = "all";

  private final Setup setup;
  private final Optional<Dataset> dataSet;
  private final Optional<ModuleSource> module;
  private final Optional<SearchDirectory> directory;
  private final Device device;
  private List<Device> others = List.of();
  private final SearchListener listener;
  private final Optional<Validation> validation;
  private final RunDescription description;

  /**
   * How trainings are made.
   *
   * @param bases the options for each kind of masks to choose from, at any density; at least one
   * @param dense the options with which the same network is trained without masks
   * @param shortEpochs how long a candidate is tried, at least 1
   * @param evaluateEvery measure the test samples of a full training after every so many epochs
   * @param maskCodec how archives store masks
   * @param tool name and version of the program that packs
   */
  public record Setup(
      Map<MaskType, TrainingOptions> bases,
      TrainingOptions dense,
      int shortEpochs,
      int evaluateEvery,
      MaskCodecChoice maskCodec,
      String tool) {
    /** Checks the ranges. */
    public Setup {
      bases = new LinkedHashMap<>(bases);
      if (shortEpochs < 1) {
        throw new IllegalArgumentException(
            "The number of search epochs must be at least 1, not " + shortEpochs + ".");
      }
    }

    /** The options of any kind: kinds share everything but what is about masks. */
    private TrainingOptions any() {
      return bases.values().iterator().next();
    }
  }

  /**
   * Prepares trainings; nothing is written yet.
   *
   * @param module the TorchScript file, if one shall be compressed; stays open until the end
   * @throws IOException in one sentence, if network and data do not fit together
   */
  public TrainingWorkbench(
      Setup setup,
      Dataset dataSet,
      Optional<ModuleSource> module,
      SearchDirectory directory,
      Device device,
      SearchListener listener)
      throws IOException {
    this.setup = setup;
    this.dataSet = Optional.of(dataSet);
    this.module = module;
    this.directory = Optional.of(directory);
    this.device = device;
    this.listener = listener;
    this.validation = Optional.of(validation(setup, dataSet));
    this.description =
        run(setup.any(), dataSet, directory.result(), TrainingListener.SILENT).description();
  }

  private TrainingWorkbench(
      Setup setup,
      Optional<Dataset> dataSet,
      Optional<ModuleSource> module,
      RunDescription description) {
    this.setup = setup;
    this.dataSet = dataSet;
    this.module = module;
    this.directory = Optional.empty();
    this.device = Device.cpu();
    this.listener = SearchListener.SILENT;
    this.validation = dataSet.map(data -> validation(setup, data));
    this.description = description;
  }

  /**
   * Lets every training learn on further devices, too, as {@link TrainingRun#alsoOn}.
   *
   * @throws IllegalArgumentException in one sentence, if batches are too small to be divided
   */
  public TrainingWorkbench alsoOn(List<Device> devices) throws IOException {
    others = List.copyOf(devices);
    run(
        setup.any(),
        dataSet.orElseThrow(),
        directory.orElseThrow().result(),
        TrainingListener.SILENT);
    return this;
  }

  /** Prepares predictions alone, of a built-in network; needs no engine. */
  public static TrainingWorkbench toPlan(Setup setup, Dataset dataSet) {
    RunDescription description = RunDescription.of(setup.any(), dataSet);
    description.networkParameters();
    return new TrainingWorkbench(setup, Optional.of(dataSet), Optional.empty(), description);
  }

  /** Prepares predictions alone, of a TorchScript file; needs no engine. */
  public static TrainingWorkbench toPlan(
      Setup setup, Optional<Dataset> dataSet, ModuleSource module) {
    RunDescription description =
        dataSet
            .map(data -> RunDescription.of(setup.any(), data, module, data.train().classes()))
            .orElseGet(() -> RunDescription.withoutData(setup.any(), module));
    return new TrainingWorkbench(setup, dataSet, Optional.of(module), description);
  }

  private static Validation validation(Setup setup, Dataset dataSet) {
    TrainingOptions options = setup.any();
    SampleSet train = dataSet.train();
    return Validation.of(
        options.trainImages() == 0 ? train : train.subset(options.trainImages(), options.seed()),
        options.seed());
  }

  /** The kinds of masks to choose from. */
  List<MaskType> kinds() {
    return List.copyOf(setup.bases().keySet());
  }

  @Override
  public Prediction predict(Candidate candidate) throws IOException {
    MaskedNetwork sketch = ArchiveSketch.of(options(candidate), description, module, setup.tool());
    SizeReport sizes =
        SizeReport.of(PemnArchive.read(ArchiveWriter.toBytes(sketch, setup.maskCodec())));
    return new Prediction(sizes.fileBytes(), sizes.sections().masks(), sizes.parameters());
  }

  private TrainingOptions options(Candidate candidate) {
    return candidate.options(setup.bases().get(candidate.type()));
  }

  /** Options for samples that are chosen already. */
  private static TrainingOptions ofChosen(TrainingOptions options, int epochs) {
    Map<String, String> map = options.toMap();
    map.put("train-images", ALL_IMAGES);
    map.put("epochs", Integer.toString(epochs));
    return TrainingOptions.of(map);
  }

  /** The samples without the validation part, to be tested with others. */
  private Dataset learning(SampleSet test) {
    Dataset all = dataSet.orElseThrow();
    return new Dataset(
        all.name(), validation.orElseThrow().learn(), test, all.labels(), all.normalization());
  }

  private TrainingRun run(
      TrainingOptions options, Dataset data, RunDirectory place, TrainingListener watching)
      throws IOException {
    // What is tried is measured at its end alone.
    int every = data.test() == dataSet.orElseThrow().test() ? setup.evaluateEvery() : 0;
    TrainingRun run =
        module.isPresent()
            ? TrainingRun.ofModule(options, data, module.get(), place, device, every, watching)
            : new TrainingRun(options, data, place, device, every, watching);
    return run.alsoOn(others);
  }

  @Override
  public Trial explore(Candidate candidate, Prediction prediction) throws IOException {
    int epochs = setup.shortEpochs();
    String name = "try-" + candidate.name();
    RunDirectory place = directory.orElseThrow().run(name);
    TrainingListener watching =
        listener.training("Trying " + describe(candidate, prediction), epochs, true);
    Dataset data = learning(validation.orElseThrow().held());
    Checkpoint checkpoint =
        run(ofChosen(options(candidate), epochs), data, place, watching).resume();
    if (module.isPresent() && !same(module.get().path(), place.moduleFile())) {
      Files.deleteIfExists(place.moduleFile()); // A run that is over needs no copy.
    }
    return new Trial(
        candidate,
        Trial.Stage.SHORT,
        epochs,
        prediction.bytes(),
        bytes(checkpoint),
        last(checkpoint),
        place.path().toString());
  }

  private static String describe(Candidate candidate, Prediction prediction) {
    return String.format(Locale.ROOT, "%s, about %,d bytes", candidate, prediction.bytes());
  }

  private static boolean same(Path first, Path second) throws IOException {
    return Files.exists(second) && Files.isSameFile(first, second);
  }

  private static Optional<Evaluation> last(Checkpoint checkpoint) {
    List<EpochMetrics> history = checkpoint.history();
    return history.get(history.size() - 1).test();
  }

  private long bytes(Checkpoint checkpoint) throws IOException {
    return ArchiveWriter.toBytes(
            CheckpointPacker.pack(checkpoint, module, setup.tool()), setup.maskCodec())
        .length;
  }

  @Override
  public Trial train(Candidate candidate, Prediction prediction, boolean hold) throws IOException {
    TrainingOptions options = options(candidate);
    Dataset all = dataSet.orElseThrow();
    RunDirectory place = directory.orElseThrow().run(fullName(candidate, hold));
    TrainingListener watching =
        listener.training("Training " + describe(candidate, prediction), options.epochs(), false);
    TrainingRun run =
        hold
            ? run(ofChosen(options, options.epochs()), learning(all.test()), place, watching)
            : run(options, all, place, watching);
    Checkpoint checkpoint = run.resume();
    Optional<Evaluation> measured =
        hold
            ? Optional.of(run.measure(checkpoint, validation.orElseThrow().held()))
            : Optional.empty();
    return new Trial(
        candidate,
        Trial.Stage.FULL,
        options.epochs(),
        prediction.bytes(),
        bytes(shipped(checkpoint, candidate, hold)),
        measured,
        place.path().toString());
  }

  private static String fullName(Candidate candidate, boolean hold) {
    return (hold ? "held-" : "full-") + candidate.name();
  }

  /** A checkpoint with the options that were asked for, and what was held out of its samples. */
  private Checkpoint shipped(Checkpoint checkpoint, Candidate candidate, boolean hold) {
    Map<String, String> map = options(candidate).toMap();
    if (hold) {
      map.put("held-out", Integer.toString(validationSamples()));
    }
    return checkpoint.withRun(checkpoint.run().withOptions(map));
  }

  @Override
  public Reference reference() throws IOException {
    SampleSet held = validation.orElseThrow().held();
    if (module.isPresent()) {
      String network = "the trained network";
      if (!held.labelled()) {
        return new Reference(network, 1); // What is measured is the agreement with it.
      }
      try (OpenedModel model =
          OpenedModel.open(module.get().path(), LoadPolicy.allowTorchScript(), device)) {
        return new Reference(
            network,
            Comparison.evaluate(
                    model,
                    learning(held),
                    setup.any().normalization(),
                    setup.any().objective(),
                    done -> {})
                .accuracy());
      }
    }
    TrainingOptions options = ofChosen(setup.dense(), setup.dense().epochs());
    RunDirectory place = directory.orElseThrow().run("dense");
    TrainingListener watching =
        listener.training("Training the network without masks", options.epochs(), false);
    TrainingRun run = run(options, learning(dataSet.orElseThrow().test()), place, watching);
    return new Reference(
        "the same network, trained without masks", run.measure(run.resume(), held).accuracy());
  }

  @Override
  public int validationSamples() {
    return validation.map(parts -> parts.held().size()).orElse(0);
  }

  @Override
  public void adopt(Trial winner) throws IOException {
    boolean hold = winner.validation().isPresent();
    SearchDirectory all = directory.orElseThrow();
    Checkpoint checkpoint = all.known(fullName(winner.candidate(), hold)).requireCheckpoint();
    all.result()
        .adopt(shipped(checkpoint, winner.candidate(), hold), module.map(ModuleSource::path));
  }
}
