package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.device.DeviceChoice;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.search.SearchReport;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.CheckpointPacker;
import io.pemn.compressor.training.EpochMetrics;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.compressor.training.TrainingRun;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.report.SizeReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains and packs. */
@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    description = {
      "Train masks for a network and pack them into an archive.",
      "The network is MODEL, a trained TorchScript file, from which the masked network learns; or,"
          + " without it, one of pemn's own, trained from scratch."
    },
    sortOptions = false)
final class CompressCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "A trained TorchScript file (torch.jit.script or torch.jit.trace, then save).")
  private Path model;

  @Mixin private OptionalDataMixin data;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "The archive to write; needed unless --dry-run.")
  private Path output;

  @Option(
      names = "--dry-run",
      description =
          "With MODEL: say what would be masked, and how large the archive would be; with a target:"
              + " what would be tried; and stop.")
  private boolean dryRun;

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      description =
          "Where checkpoints go, one an epoch (default: beside the archive, named after it).")
  private Path runDirectory;

  @Option(
      names = "--resume",
      description = "Go on from the run directory's checkpoint, if it has one.")
  private boolean resume;

  @Option(names = "--overwrite", description = "Forget the run that the run directory holds.")
  private boolean overwrite;

  @Option(
      names = "--metrics",
      paramLabel = "FILE",
      description =
          "Also write the metrics there, as CSV with a row an epoch, appended as training goes on"
              + " (default: into the run directory alone).")
  private Path metrics;

  @Option(
      names = "--metrics-every",
      paramLabel = "STEPS",
      description = "A row of metrics after every so many steps, too (default: epochs alone).")
  private Integer metricsEvery;

  @Option(
      names = "--validation",
      paramLabel = "N",
      description =
          "Hold out N of the training samples, and measure them instead of the test samples, which"
              + " are then measured once, at the end (default: hold out none).")
  private Integer validation;

  @Option(
      names = "--eval-every",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Measure the test images, or those of --validation, after every so many epochs; 0 for the"
              + " last alone. Nothing is chosen by it (default: ${DEFAULT-VALUE}).")
  private int evaluateEvery;

  @Mixin private MaskCodecMixin maskCodec;

  @Mixin private JsonOption json;

  @Mixin private DeviceMixin device;

  @Mixin private DeterministicMixin deterministic;

  @Mixin private TimestampMixin timestamp;

  @Mixin private TargetMixin target;

  @Mixin private TrainingMixin training;

  /** What becomes of a run that is there already. */
  enum Existing {
    REFUSED,
    RESUMED,
    OVERWRITTEN
  }

  @Override
  public Integer call() throws IOException {
    Optional<TargetSearch> search =
        target
            .target(spec)
            .map(asked -> new TargetSearch(spec, asked, target, training, maskCodec.choice()));
    if (dryRun) {
      return search.isPresent() ? plan(search.get()) : preview();
    }
    timestamp.time(); // Refuses a bad one before any training.
    if (search.isPresent()) {
      refuseWithTarget(validation, "--validation", "holds out validation samples of its own");
      refuseWithTarget(metricsEvery, "--metrics-every", "trains several networks");
    }
    PrintWriter err = spec.commandLine().getErr();
    if (resume && overwrite) {
      throw new ParameterException(spec.commandLine(), "Give --resume or --overwrite, not both.");
    }
    if (output == null) {
      throw new ParameterException(spec.commandLine(), "Missing required option: '--output=FILE'");
    }
    RunDirectory directory =
        new RunDirectory(
            runDirectory == null ? RunDirectory.beside(output).path() : runDirectory,
            Optional.ofNullable(metrics));
    List<Path> needed =
        new ArrayList<>(
            List.of(
                directory.checkpointFile(),
                directory.previousCheckpointFile(),
                directory.moduleFile()));
    if (model != null) {
      needed.add(model);
    }
    if (metrics != null) {
      Outputs.check(metrics, needed.toArray(Path[]::new));
      directory.requireMetricsCopy();
      needed.add(metrics);
    }
    needed.add(directory.metricsFile());
    Outputs.check(output, needed.toArray(Path[]::new));
    Dataset dataSet = data.load(spec);
    DeviceChoice where = deterministic.choose(device, model != null, err);
    try (RunInProgress run = new RunInProgress(directory, output, err)) {
      Trained trained =
          model == null
              ? train(dataSet, Optional.empty(), run, where, search)
              : trainModule(dataSet, run, where, search);
      pack(trained.checkpoint(), directory);
      report(trained.checkpoint(), directory, trained.search());
    }
    return 0;
  }

  private void pack(Checkpoint checkpoint, RunDirectory directory) throws IOException {
    try {
      ArchiveWriter.write(
          timestamp.stamp(CheckpointPacker.pack(checkpoint, directory, Version.text())),
          maskCodec.choice(),
          output);
    } catch (IOException e) {
      spec.commandLine()
          .getErr()
          .printf(
              "The training is over and kept in %s; pemn pack %s -o FILE makes an archive of it.%n",
              directory.path(), directory.path());
      throw e;
    }
  }

  private void refuseWithTarget(Object given, String option, String because) {
    if (given != null) {
      throw new ParameterException(
          spec.commandLine(),
          option
              + " is for a single training, but a target "
              + because
              + "; leave one of them out.");
    }
  }

  /** What a training ended with, and the search for it if there was one. */
  private record Trained(Checkpoint checkpoint, Optional<SearchReport> search) {}

  private Trained trainModule(
      Dataset dataSet, RunInProgress run, DeviceChoice where, Optional<TargetSearch> search)
      throws IOException {
    try (ModuleSource module = training.open(model)) {
      module.requireMaskable();
      PrintWriter err = spec.commandLine().getErr();
      TracedModeText.of(module).forEach(err::println);
      err.flush();
      return train(dataSet, Optional.of(module), run, where, search);
    }
  }

  private Trained train(
      Dataset dataSet,
      Optional<ModuleSource> module,
      RunInProgress run,
      DeviceChoice where,
      Optional<TargetSearch> search)
      throws IOException {
    if (search.isEmpty()) {
      return new Trained(train(dataSet, module, run, where), Optional.empty());
    }
    Existing existing = resume ? Existing.RESUMED : Existing.REFUSED;
    SearchReport found =
        search
            .get()
            .run(
                dataSet,
                module,
                run,
                where,
                overwrite ? Existing.OVERWRITTEN : existing,
                evaluateEvery);
    return new Trained(run.directory().requireResult(), Optional.of(found));
  }

  private Checkpoint train(
      Dataset dataSet, Optional<ModuleSource> module, RunInProgress inProgress, DeviceChoice where)
      throws IOException {
    TrainingOptions options = options(dataSet, module);
    RunDirectory directory = inProgress.directory();
    PrintWriter err = spec.commandLine().getErr();
    try (ProgressDisplay progress = new ProgressDisplay(err, options.epochs())) {
      TrainingRun run =
          module.isPresent()
              ? TrainingRun.ofModule(
                  options,
                  dataSet,
                  module.get(),
                  directory,
                  where.device(),
                  evaluateEvery,
                  progress)
              : new TrainingRun(
                  options, dataSet, directory, where.device(), evaluateEvery, progress);
      run.alsoOn(where.others());
      if (metricsEvery != null) {
        run.withMetricsEvery(metricsEvery);
      }
      inProgress.begin();
      if (overwrite) {
        directory.clear(
            Optional.ofNullable(model)); // Not before the new run is known to be possible.
      }
      return resume ? run.resume() : run.start();
    }
  }

  private TrainingOptions options(Dataset dataSet, Optional<ModuleSource> module) {
    TrainingOptions options = training.options(Optional.of(dataSet), module);
    if (validation == null) {
      return options;
    }
    Map<String, String> map = options.toMap();
    map.put("validation", validation.toString());
    return TrainingOptions.of(map);
  }

  private int plan(TargetSearch search) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    SearchReport report;
    if (model == null) {
      report = search.plan(data.load(spec));
    } else {
      try (ModuleSource module = training.open(model)) {
        module.requireMaskable();
        Optional<Dataset> known =
            data.spec == null ? Optional.empty() : Optional.of(data.load(spec));
        report = search.plan(known, module);
      }
    }
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.add("search", TargetSearch.toJson(report));
      out.println(Json.text(object));
    } else {
      TargetSearch.print(report, out);
    }
    out.flush();
    return 0;
  }

  private int preview() throws IOException {
    if (model == null) {
      throw new ParameterException(
          spec.commandLine(), "--dry-run lists the parameters of a MODEL; name one.");
    }
    try (ModuleSource module = training.open(model)) {
      TrainingOptions options = training.options(Optional.empty(), Optional.of(module));
      DryRun.print(
          model, module, options, maskCodec.choice(), json.wanted, spec.commandLine().getOut());
      if (options.masked()) {
        module.requireMaskable();
      }
    }
    return 0;
  }

  private void report(Checkpoint checkpoint, RunDirectory directory, Optional<SearchReport> search)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    EpochMetrics last = checkpoint.history().get(checkpoint.history().size() - 1);
    Evaluation test = last.test().orElseThrow();
    SizeReport sizes = SizeReport.of(PemnArchive.open(output));
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("archive", output.toString());
      object.addProperty("run_dir", directory.path().toString());
      object.addProperty("epochs", last.epoch());
      EvaluationText.add(object, test);
      object.addProperty("train_loss", last.trainLoss());
      object.addProperty("train_accuracy", last.trainAccuracy());
      last.validation().ifPresent(held -> EvaluationText.addValidation(object, held));
      SizeText.addSummary(object, sizes);
      search.ifPresent(found -> object.add("search", TargetSearch.toJson(found)));
      out.println(Json.text(object));
    } else {
      search.ifPresent(found -> TargetSearch.print(found, out));
      out.println(EvaluationText.sentence(test));
      out.println(output + ": " + SizeText.summary(sizes));
    }
    out.flush();
  }
}
