package io.pemn.cli;

import ai.djl.Model;
import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.training.Evaluation;
import io.pemn.format.network.ImageShape;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.djl.PemnModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures an archive. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    description = "Load an archive and measure it on a data set's test images.")
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ARCHIVE", description = "A .pemn archive.")
  private Path file;

  @Mixin private DataMixin data;

  @Mixin private JsonOption json;

  @Mixin private DeviceMixin device;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    PemnArchive archive = PemnArchive.open(file);
    Dataset dataSet = data.load();
    Evaluation evaluation;
    try (Model model = PemnModel.load(archive, file.getFileName().toString(), device.choose(err));
        ProgressDisplay progress = new ProgressDisplay(err, 0)) {
      evaluation = evaluate(archive, model, dataSet, progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("archive", file.toString());
      object.addProperty("data_set", dataSet.name());
      EvaluationText.add(object, evaluation.accuracy(), evaluation.loss(), evaluation.images());
      object.addProperty("images_per_second", evaluation.imagesPerSecond());
      out.println(Json.text(object));
    } else {
      out.println(
          EvaluationText.sentence(evaluation.accuracy(), evaluation.loss(), evaluation.images())
              + String.format(Locale.ROOT, " (%,.0f images/s)", evaluation.imagesPerSecond()));
    }
    out.flush();
    return 0;
  }

  static Evaluation evaluate(
      PemnArchive archive, Model model, Dataset dataSet, ProgressDisplay progress) {
    SampleSet test = dataSet.test();
    Optional<ImageShape> found = dataSet.image();
    if (!found.equals(Optional.of(archive.network().input()))
        || test.classes() != archive.network().classes()) {
      throw new IllegalArgumentException(
          "The network takes images of "
              + archive.network().input()
              + " in "
              + archive.network().classes()
              + " classes, but "
              + dataSet.name()
              + " has "
              + found.map(shape -> "images of " + shape).orElse("no images")
              + " in "
              + test.classes()
              + "; give the data set that it was trained for.");
    }
    return Evaluation.of(
        model.getBlock(),
        model.getNDManager(),
        test,
        archive.normalization(),
        done -> progress.evaluating(done, test.size()));
  }
}
