package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.network.ModelFile;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.compressor.training.Comparison;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.Objective;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.tensors.NpyWriter;
import io.pemn.packager.tensors.TensorEntry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a model. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    description = "Load an archive or a TorchScript file and measure it on a data set's test part.")
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "A .pemn archive or a TorchScript file.")
  private Path file;

  @Mixin private DataMixin data;

  @Mixin private MeasureMixin measure;

  @Option(
      names = "--outputs",
      paramLabel = "FILE.npy",
      description =
          "Also write what the model gives for every test sample, before any softmax (default: do"
              + " not).")
  private Path outputs;

  @Mixin private JsonOption json;

  @Mixin private DeviceMixin device;

  @Mixin private SignatureMixin trust;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (outputs != null) {
      Outputs.check(outputs, file);
    }
    Dataset dataSet = data.load();
    // Outputs are to be had without anything to compare them with, too.
    boolean measured = outputs == null || measure.objective.isAnsweredBy(dataSet.test());
    Optional<Evaluation> evaluation = Optional.empty();
    ModelFile opened = trust.openModel(file, err);
    try (OpenedModel model = opened.load(device.choose(err));
        ProgressDisplay progress = new ProgressDisplay(err, 0)) {
      if (measured) {
        evaluation = Optional.of(measure.evaluate(model, dataSet, progress));
      }
      if (outputs != null) {
        write(measure.outputs(model, dataSet, progress));
      }
    }
    report(evaluation, dataSet);
    return 0;
  }

  private void report(Optional<Evaluation> evaluation, Dataset dataSet) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("model", file.toString());
      object.addProperty("data_set", dataSet.name());
      evaluation.ifPresent(
          found -> {
            EvaluationText.add(object, found);
            object.addProperty("images_per_second", found.imagesPerSecond());
          });
      if (outputs != null) {
        object.addProperty("outputs", outputs.toString());
      }
      out.println(Json.text(object));
    } else {
      evaluation.ifPresent(
          found ->
              out.println(
                  EvaluationText.sentence(found)
                      + String.format(Locale.ROOT, " (%,.0f images/s)", found.imagesPerSecond())));
      if (outputs != null) {
        out.printf("%s: outputs of %d test samples%n", outputs, dataSet.test().size());
      }
    }
    out.flush();
  }

  private void write(Comparison.Outputs rows) throws IOException {
    TensorEntry entry = TensorEntry.floats("outputs", rows.shape(), rows.values());
    AtomicFile.write(outputs, out -> NpyWriter.write(out, entry));
  }

  /** How a model is measured. */
  static final class MeasureMixin {
    @Option(
        names = "--normalize",
        paramLabel = "MEAN,STD",
        description =
            "TorchScript files: input normalisation, as for compress (default: the data set's"
                + " own); archives have theirs.")
    String normalize;

    @Option(
        names = "--objective",
        defaultValue = "classify",
        description =
            "What the model is for: one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    Objective objective;

    Evaluation evaluate(OpenedModel model, Dataset dataSet, ProgressDisplay progress)
        throws IOException {
      int samples = dataSet.test().size();
      return Comparison.evaluate(
          model,
          dataSet,
          TrainingMixin.normalization(normalize, Optional.of(dataSet)),
          objective,
          done -> progress.evaluating(done, samples));
    }

    Comparison.Outputs outputs(OpenedModel model, Dataset dataSet, ProgressDisplay progress)
        throws IOException {
      int samples = dataSet.test().size();
      return Comparison.outputs(
          model,
          dataSet,
          TrainingMixin.normalization(normalize, Optional.of(dataSet)),
          done -> progress.evaluating(done, samples));
    }
  }
}
