package io.pemn.cli;

import ai.djl.Device;
import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
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
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains and packs. */
@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    description = "Train masks for a network and pack them into an archive.",
    sortOptions = false)
final class CompressCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DataMixin data;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The archive to write.")
  private Path output;

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
          "Also write the metrics there, as CSV with a row an epoch (default: into the run"
              + " directory alone).")
  private Path metrics;

  @Option(
      names = "--eval-every",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Measure the test images after every so many epochs; 0 for the last alone. Nothing is"
              + " chosen by it (default: ${DEFAULT-VALUE}).")
  private int evaluateEvery;

  @Mixin private JsonOption json;

  @Mixin private DeviceMixin device;

  @Mixin private TrainingMixin training;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (resume && overwrite) {
      throw new ParameterException(spec.commandLine(), "Give --resume or --overwrite, not both.");
    }
    RunDirectory directory =
        new RunDirectory(
            runDirectory == null ? RunDirectory.beside(output).path() : runDirectory,
            Optional.ofNullable(metrics));
    Outputs.check(output, directory.checkpointFile(), directory.metricsFile());
    if (metrics != null) {
      Outputs.check(metrics, output, directory.checkpointFile());
    }
    Dataset dataSet = data.load();
    TrainingOptions options = training.options(dataSet);
    Device where = device.choose(err);
    Checkpoint checkpoint;
    try (ProgressDisplay progress = new ProgressDisplay(err, options.epochs());
        ResumeHint hint = new ResumeHint(err)) {
      TrainingRun run =
          new TrainingRun(options, dataSet, directory, where, evaluateEvery, progress);
      if (overwrite) {
        directory.clear(); // Not before the new run is known to be possible.
      }
      hint.arm();
      checkpoint = resume ? run.resume() : run.start();
    }
    ArchiveWriter.write(CheckpointPacker.pack(checkpoint, Version.text()), output);
    report(checkpoint, directory);
    return 0;
  }

  private void report(Checkpoint checkpoint, RunDirectory directory) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    EpochMetrics last = checkpoint.history().get(checkpoint.history().size() - 1);
    Evaluation test = last.test().orElseThrow();
    SizeReport sizes = SizeReport.of(PemnArchive.open(output));
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("archive", output.toString());
      object.addProperty("run_dir", directory.path().toString());
      object.addProperty("epochs", last.epoch());
      EvaluationText.add(object, test.accuracy(), test.loss(), test.images());
      object.addProperty("train_loss", last.trainLoss());
      object.addProperty("train_accuracy", last.trainAccuracy());
      SizeText.addSummary(object, sizes);
      out.println(Json.text(object));
    } else {
      out.println(EvaluationText.sentence(test.accuracy(), test.loss(), test.images()));
      out.println(output + ": " + SizeText.summary(sizes));
    }
    out.flush();
  }
}
