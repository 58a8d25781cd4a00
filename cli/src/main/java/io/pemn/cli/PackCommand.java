package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.CheckpointPacker;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.report.SizeReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Packs a checkpoint. */
@Command(
    name = "pack",
    mixinStandardHelpOptions = true,
    description = "Pack a run directory's newest checkpoint into an archive.")
final class PackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN_DIR", description = "A run directory of pemn compress.")
  private Path runDirectory;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The archive to write.")
  private Path output;

  @Mixin private MaskCodecMixin maskCodec;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    RunDirectory directory = new RunDirectory(runDirectory);
    Outputs.check(
        output, directory.checkpointFile(), directory.metricsFile(), directory.moduleFile());
    Checkpoint checkpoint = directory.requireResult();
    int epochs = checkpoint.run().trainingOptions().epochs();
    if (checkpoint.epochs() < epochs) {
      spec.commandLine()
          .getErr()
          .printf(
              "The run stands at epoch %d of %d; packing it as it is.%n",
              checkpoint.epochs(), epochs);
    }
    ArchiveWriter.write(
        CheckpointPacker.pack(checkpoint, directory, Version.text()), maskCodec.choice(), output);
    SizeReport sizes = SizeReport.of(PemnArchive.open(output));
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("archive", output.toString());
      SizeText.addSummary(object, sizes);
      out.println(Json.text(object));
    } else {
      out.println(output + ": " + SizeText.summary(sizes));
    }
    out.flush();
    return 0;
  }
}
