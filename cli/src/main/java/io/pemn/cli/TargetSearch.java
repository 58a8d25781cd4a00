package io.pemn.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.device.DeviceChoice;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.masking.Selection;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.search.Candidate;
import io.pemn.compressor.search.Prediction;
import io.pemn.compressor.search.Reference;
import io.pemn.compressor.search.Search;
import io.pemn.compressor.search.SearchDirectory;
import io.pemn.compressor.search.SearchListener;
import io.pemn.compressor.search.SearchReport;
import io.pemn.compressor.search.Target;
import io.pemn.compressor.search.TrainingWorkbench;
import io.pemn.compressor.search.TrainingWorkbench.Setup;
import io.pemn.compressor.search.Trial;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.Objective;
import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.TrainingListener;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.packager.MaskCodecChoice;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** A compression that is asked for by what it shall reach. */
final class TargetSearch {
  /** In the order in which they are tried. */
  private static final List<MaskType> KINDS =
      List.of(MaskType.TERNARY, MaskType.SIGN, MaskType.BINARY);

  private final CommandSpec spec;
  private final Target target;
  private final TargetMixin asked;
  private final TrainingMixin training;
  private final MaskCodecChoice maskCodec;

  TargetSearch(
      CommandSpec spec,
      Target target,
      TargetMixin asked,
      TrainingMixin training,
      MaskCodecChoice maskCodec) {
    this.maskCodec = maskCodec;
    this.spec = spec;
    this.target = target;
    this.asked = asked;
    this.training = training;
    if (training.masks.density != null) {
      throw usage(
          "--density says what a target would find; give --density, or "
              + option()
              + ", not both.");
    }
    if (training.masks.mask == TrainingMixin.MaskKind.DENSE) {
      throw usage("--mask dense has no masks to search for; leave it out, or " + option() + ".");
    }
    if (training.masks.select == Selection.THRESHOLD) {
      throw usage(
          "--select threshold learns how many weights are kept, but a target looks for that itself;"
              + " leave it out, or "
              + option()
              + ".");
    }
    if (target instanceof Target.Drop && training.teaching.objective != Objective.CLASSIFY) {
      throw usage(
          "--max-drop counts points of accuracy, but --objective "
              + training.teaching.objective
              + " has none; give --target-size or --target-ratio.");
    }
  }

  private ParameterException usage(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }

  private String option() {
    if (target instanceof Target.Drop) {
      return "--max-drop";
    }
    return target instanceof Target.Size ? "--target-size" : "--target-ratio";
  }

  private Setup setup(Optional<Dataset> dataSet, Optional<ModuleSource> module, int evaluateEvery) {
    training.requireOfUse(module.isPresent(), Optional.ofNullable(training.masks.mask));
    training.requireOfStrategy();
    List<MaskType> wanted = KINDS;
    if (training.masks.mask != null) {
      wanted = List.of(MaskType.valueOf(training.masks.mask.name()));
    } else if (training.masks.recipe == Recipe.PAPER) {
      wanted = List.of(MaskType.BINARY); // The paper has no others.
    }
    Map<MaskType, TrainingOptions> bases = new LinkedHashMap<>();
    for (MaskType type : KINDS) {
      TrainingMixin.MaskKind kind = TrainingMixin.MaskKind.valueOf(type.name());
      if (wanted.contains(type)) {
        bases.put(type, training.options(dataSet, module, kind, true));
      }
    }
    TrainingOptions dense = training.options(dataSet, module, TrainingMixin.MaskKind.DENSE, true);
    int epochs = training.epochs();
    return new Setup(
        bases, dense, asked.shortEpochs(epochs), evaluateEvery, maskCodec, Version.text());
  }

  /** What would be tried, of a network of pemn's own. */
  SearchReport plan(Dataset dataSet) throws IOException {
    Setup setup = setup(Optional.of(dataSet), Optional.empty(), 1);
    return new Search(target, TrainingWorkbench.toPlan(setup, dataSet), SearchListener.SILENT)
        .plan();
  }

  /** What would be tried, of a TorchScript file. */
  SearchReport plan(Optional<Dataset> dataSet, ModuleSource module) throws IOException {
    Setup setup = setup(dataSet, Optional.of(module), 1);
    TrainingWorkbench bench = TrainingWorkbench.toPlan(setup, dataSet, module);
    return new Search(target, bench, SearchListener.SILENT).plan();
  }

  /** Searches. Afterwards the run directory holds the result. */
  SearchReport run(
      Dataset dataSet,
      Optional<ModuleSource> module,
      RunInProgress run,
      DeviceChoice where,
      CompressCommand.Existing existing,
      int evaluateEvery)
      throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    Setup setup = setup(Optional.of(dataSet), module, evaluateEvery);
    SearchDirectory directory = new SearchDirectory(run.directory());
    try (Progress progress = new Progress(err)) {
      TrainingWorkbench bench =
          new TrainingWorkbench(setup, dataSet, module, directory, where.device(), progress)
              .alsoOn(where.others());
      Search search = new Search(target, bench, progress);
      boolean anew = existing == CompressCommand.Existing.OVERWRITTEN;
      if (!anew) {
        directory.check(existing == CompressCommand.Existing.RESUMED);
      }
      search.plan(); // Nothing is touched before the search is known to be possible.
      run.begin();
      if (anew) {
        directory.clear(module.map(ModuleSource::path));
      }
      return search.run();
    }
  }

  /** Shows every training as it would be shown alone, and what came of it. */
  private static final class Progress implements SearchListener, AutoCloseable {
    private final PrintWriter err;
    private Optional<ProgressDisplay> display = Optional.empty();

    Progress(PrintWriter err) {
      this.err = err;
    }

    @Override
    public void skipped(String sentence) {
      say(sentence);
    }

    @Override
    public TrainingListener training(String what, int epochs, boolean validation) {
      say(String.format(Locale.ROOT, "%s, %d epoch%s:", what, epochs, epochs == 1 ? "" : "s"));
      ProgressDisplay next = new ProgressDisplay(err, epochs, validation);
      display = Optional.of(next);
      return next;
    }

    @Override
    public void tried(Trial trial) {
      say(
          String.format(
              Locale.ROOT,
              "  %s%,d bytes",
              trial.validation().isPresent() ? result(trial) + ", " : "",
              trial.bytes()));
    }

    @Override
    public void measured(Reference reference) {
      say(
          String.format(
              Locale.ROOT,
              "%s%s has validation accuracy %.2f %%",
              reference.network().substring(0, 1).toUpperCase(Locale.ROOT),
              reference.network().substring(1),
              100 * reference.accuracy()));
    }

    @Override
    public void noted(String sentence) {
      say(sentence);
    }

    private void say(String line) {
      close();
      err.println(line);
      err.flush();
    }

    @Override
    public void close() {
      display.ifPresent(ProgressDisplay::close);
      display = Optional.empty();
    }
  }

  private static String result(Trial trial) {
    Evaluation validation = trial.validation().orElseThrow();
    return trial
        .standardError()
        .map(
            error ->
                String.format(
                    Locale.ROOT,
                    "validation accuracy %.2f %% ± %.2f",
                    100 * validation.accuracy(),
                    100 * error))
        .orElseGet(() -> String.format(Locale.ROOT, "validation loss %.5f", validation.loss()));
  }

  /** A small table of what was tried, or would be. */
  static void print(SearchReport report, PrintWriter out) {
    report
        .limitBytes()
        .ifPresent(bytes -> out.printf(Locale.ROOT, "target: at most %,d bytes%n", bytes));
    if (report.limitBytes().isEmpty()) {
      out.println("target: " + report.target());
    }
    report.skipped().forEach(out::println);
    report
        .reference()
        .ifPresent(
            from ->
                out.printf(
                    Locale.ROOT,
                    "reference: %s, %.2f %% of %,d validation samples%n",
                    from.network(),
                    100 * from.accuracy(),
                    report.validationSamples()));
    if (report.trials().isEmpty()) {
      out.printf("%-34s %16s%n", "candidate", "predicted bytes");
      report
          .predictions()
          .forEach(
              (candidate, prediction) ->
                  out.printf(Locale.ROOT, "%-34s %,16d%n", candidate, prediction.bytes()));
      return;
    }
    out.printf(
        "%-34s %6s %16s %10s  %s%n", "tried", "epochs", "predicted bytes", "bytes", "measured");
    for (Trial trial : report.trials()) {
      out.printf(
          Locale.ROOT,
          "%-34s %6d %,16d %,10d  %s%n",
          trial.candidate(),
          trial.epochs(),
          trial.predictedBytes(),
          trial.bytes(),
          trial.validation().isPresent() ? result(trial) : "trained on all samples");
    }
    out.println("chosen: " + report.why());
  }

  static JsonObject toJson(SearchReport report) {
    JsonObject object = new JsonObject();
    object.addProperty("target", report.target().toString());
    report.limitBytes().ifPresent(bytes -> object.addProperty("limit_bytes", bytes));
    object.addProperty("validation_samples", report.validationSamples());
    report
        .reference()
        .ifPresent(
            from -> {
              JsonObject reference = new JsonObject();
              reference.addProperty("network", from.network());
              reference.addProperty("accuracy", from.accuracy());
              object.add("reference", reference);
            });
    JsonArray candidates = new JsonArray();
    for (Map.Entry<Candidate, Prediction> entry : report.predictions().entrySet()) {
      JsonObject candidate = masks(entry.getKey());
      candidate.addProperty("predicted_bytes", entry.getValue().bytes());
      candidates.add(candidate);
    }
    object.add("candidates", candidates);
    JsonArray skipped = new JsonArray();
    report.skipped().forEach(skipped::add);
    object.add("skipped", skipped);
    JsonArray tried = new JsonArray();
    report.trials().forEach(trial -> tried.add(toJson(trial, report)));
    object.add("tried", tried);
    report
        .winner()
        .ifPresent(
            winner -> {
              object.add("chosen", toJson(winner, report));
              object.addProperty("why", report.why());
            });
    return object;
  }

  private static JsonObject masks(Candidate candidate) {
    JsonObject object = new JsonObject();
    object.addProperty("mask", candidate.type().toString());
    object.addProperty("density", candidate.density());
    return object;
  }

  private static JsonObject toJson(Trial trial, SearchReport report) {
    JsonObject object = masks(trial.candidate());
    object.addProperty("stage", trial.stage().name().toLowerCase(Locale.ROOT));
    object.addProperty("epochs", trial.epochs());
    object.addProperty("predicted_bytes", trial.predictedBytes());
    object.addProperty("file_bytes", trial.bytes());
    trial
        .validation()
        .ifPresent(
            validation -> {
              if (trial.standardError().isPresent()) {
                object.addProperty("validation_accuracy", validation.accuracy());
                object.addProperty("standard_error", trial.standardError().get());
                report
                    .reference()
                    .ifPresent(
                        from ->
                            object.addProperty(
                                "drop", 100 * (from.accuracy() - validation.accuracy())));
              }
              object.addProperty("validation_loss", validation.loss());
            });
    return object;
  }
}
