package io.pemn.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.network.ModelFile;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.compressor.training.Comparison;
import io.pemn.compressor.training.Evaluation;
import io.pemn.format.proto.Measure;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures two models side by side. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = {
      "Measure two models side by side on a data set's test part: archives or TorchScript files,"
          + " such as a trained network and what was made of it.",
      "Load times and rates are those of this run: the first model also warms the machine up."
    })
final class CompareCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "FIRST",
      description = "A .pemn archive or TorchScript file.")
  private Path firstFile;

  @Parameters(index = "1", paramLabel = "SECOND", description = "Another.")
  private Path secondFile;

  @Mixin private DataMixin data;

  @Mixin private EvalCommand.MeasureMixin measure;

  @Mixin private JsonOption json;

  @Mixin private DeviceMixin device;

  @Mixin private TrustMixin trust;

  private record Row(OpenedModel model, Optional<Evaluation> evaluation) {}

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    Dataset dataSet = data.load();
    Device where = device.choose(err);
    // Neither the engine's own start nor that of the classes which read archives shall count as the
    // first model's load time; what is opened here is not used.
    Engine.getEngine("PyTorch").newBaseManager(where).close();
    ModelFile.open(firstFile, trust.policy());
    ModelFile.open(secondFile, trust.policy());
    ModelFile firstModel = trust.openModel(firstFile, err);
    ModelFile secondModel = trust.openModel(secondFile, err);
    try (OpenedModel first = firstModel.load(where);
        OpenedModel second = secondModel.load(where)) {
      compare(first, second, dataSet);
    }
    return 0;
  }

  private void compare(OpenedModel first, OpenedModel second, Dataset dataSet) throws IOException {
    Comparison comparison;
    Optional<Evaluation> firstEvaluation = Optional.empty();
    Optional<Evaluation> secondEvaluation = Optional.empty();
    try (ProgressDisplay progress = new ProgressDisplay(spec.commandLine().getErr(), 0)) {
      int samples = dataSet.test().size();
      comparison =
          Comparison.of(
              first,
              second,
              dataSet,
              TrainingMixin.normalization(measure.normalize, Optional.of(dataSet)),
              done -> progress.evaluating(done, samples));
      boolean judged = measure.objective.isAnsweredBy(dataSet.test());
      if (judged) {
        firstEvaluation = Optional.of(measure.evaluate(first, dataSet, progress));
        secondEvaluation = Optional.of(measure.evaluate(second, dataSet, progress));
      }
    }
    report(
        List.of(new Row(first, firstEvaluation), new Row(second, secondEvaluation)),
        comparison,
        dataSet);
  }

  private void report(List<Row> rows, Comparison comparison, Dataset dataSet) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("data_set", dataSet.name());
      object.addProperty("test_samples", dataSet.test().size());
      JsonArray models = new JsonArray();
      for (Row row : rows) {
        JsonObject entry = new JsonObject();
        entry.addProperty("model", row.model().file().toString());
        entry.addProperty("bytes", row.model().bytes());
        entry.addProperty("load_seconds", row.model().loadSeconds());
        row.evaluation()
            .ifPresent(
                evaluation -> {
                  EvaluationText.add(entry, evaluation);
                  entry.addProperty("images_per_second", evaluation.imagesPerSecond());
                });
        models.add(entry);
      }
      object.add("models", models);
      comparison.agreement().ifPresent(agreement -> object.addProperty("agreement", agreement));
      object.addProperty("largest_difference", comparison.largestDifference());
      object.addProperty("cosine_similarity", comparison.cosine());
      out.println(Json.text(object));
      out.flush();
      return;
    }
    int width = Math.max(firstFile.toString().length(), secondFile.toString().length());
    String line = "%-" + width + "s  %12s %14s %10s %12s%n";
    out.printf(line, "model", "bytes", "accuracy|loss", "load", "samples/s");
    for (Row row : rows) {
      out.printf(
          line,
          row.model().file(),
          String.format(Locale.ROOT, "%,d", row.model().bytes()),
          row.evaluation().map(CompareCommand::figure).orElse("-"),
          String.format(Locale.ROOT, "%.0f ms", 1000 * row.model().loadSeconds()),
          row.evaluation()
              .map(e -> String.format(Locale.ROOT, "%,.0f", e.imagesPerSecond()))
              .orElse("-"));
    }
    comparison
        .agreement()
        .ifPresent(
            agreement ->
                out.printf(
                    Locale.ROOT,
                    "the same class for %.2f %% of %,d test samples%n",
                    100 * agreement,
                    dataSet.test().size()));
    out.printf(
        Locale.ROOT,
        "outputs: largest difference %.4g, cosine similarity %.4f%n",
        comparison.largestDifference(),
        comparison.cosine());
    out.printf(
        Locale.ROOT,
        "%s is %.1f times smaller%n",
        secondFile,
        (double) rows.get(0).model().bytes() / rows.get(1).model().bytes());
    out.flush();
  }

  private static String figure(Evaluation evaluation) {
    return evaluation.measure() == Measure.ACCURACY
        ? String.format(Locale.ROOT, "%.2f %%", 100 * evaluation.accuracy())
        : String.format(Locale.ROOT, "%.5g", evaluation.loss());
  }
}
