package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.CheckpointPacker;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.imports.CheckpointImport;
import io.pemn.packager.imports.Filling;
import io.pemn.packager.report.SizeReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Packs a checkpoint. */
@Command(
    name = "pack",
    mixinStandardHelpOptions = true,
    description = {
      "Pack a checkpoint into an archive: a run directory's newest one, or what PyTorch saved.",
      "The latter is a state_dict of torch.save or a safetensors file, with weights and scores as the"
          + " paper's authors save them, of one of pemn's own networks."
    },
    sortOptions = false)
final class PackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "CHECKPOINT",
      description = "A run directory of pemn compress, or a .pt or .safetensors file.")
  private Path checkpoint;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The archive to write.")
  private Path output;

  @Mixin private MaskCodecMixin maskCodec;

  @Mixin private TimestampMixin timestamp;

  @Mixin private JsonOption json;

  @ArgGroup(validate = false, heading = "%nThe network of a file:%n", order = 1)
  private NetworkOptions network = new NetworkOptions();

  @ArgGroup(validate = false, heading = "%nWhat a file does not say:%n", order = 2)
  private CheckpointOptions options = new CheckpointOptions();

  @Override
  public Integer call() throws IOException {
    if (!Files.exists(checkpoint)) {
      throw new NoSuchFileException(
          "There is no file or run directory "
              + checkpoint
              + "; give a .pt or .safetensors file, or a run directory that pemn compress wrote.");
    }
    return Files.isDirectory(checkpoint) ? packRun() : packFile();
  }

  private int packRun() throws IOException {
    CheckpointOptions.refuse(spec);
    RunDirectory directory = new RunDirectory(checkpoint);
    Outputs.check(
        output,
        directory.checkpointFile(),
        directory.previousCheckpointFile(),
        directory.metricsFile(),
        directory.moduleFile());
    PrintWriter err = spec.commandLine().getErr();
    Checkpoint result = directory.requireSoundResult(err::println);
    int epochs = result.run().trainingOptions().epochs();
    if (result.epochs() < epochs) {
      err.printf(
          "The run stands at epoch %d of %d; packing it as it is.%n", result.epochs(), epochs);
    }
    err.flush();
    ArchiveWriter.write(
        timestamp.stamp(CheckpointPacker.pack(result, directory, Version.text())),
        maskCodec.choice(),
        output);
    SizeReport sizes = SizeReport.of(PemnArchive.open(output));
    JsonObject object = new JsonObject();
    object.addProperty("archive", output.toString());
    SizeText.addSummary(object, sizes);
    report(object, output + ": " + SizeText.summary(sizes));
    return 0;
  }

  private int packFile() throws IOException {
    CheckpointImport.Settings settings = options.settings(network, spec);
    Outputs.check(output, checkpoint);
    CheckpointImport found = CheckpointImport.read(checkpoint, settings);
    if (found.filling() == Filling.DENSE
        && spec.commandLine().getParseResult().hasMatchedOption("--mask-codec")) {
      throw new ParameterException(
          spec.commandLine(),
          "--mask-codec is about masks, but " + checkpoint + " has no scores; leave it out.");
    }
    if (!found.tied().isEmpty()) {
      spec.commandLine()
          .getErr()
          .printf(
              "In %d of %d layers a weight that is kept has the same score as one that is not;"
                  + " PyTorch may have kept the other one.%n",
              found.tied().size(), found.network().layers().size());
    }
    ArchiveWriter.write(timestamp.stamp(found.network()), maskCodec.choice(), output);
    SizeReport sizes = SizeReport.of(PemnArchive.open(output));
    JsonObject object = new JsonObject();
    object.addProperty("archive", output.toString());
    object.addProperty("checkpoint", checkpoint.toString());
    object.addProperty("checkpoint_bytes", Files.size(checkpoint));
    object.addProperty("filling", found.filling().toString());
    if (found.filling() != Filling.DENSE) {
      object.addProperty("prototype_length", sizes.prototypeLength());
      object.addProperty("distinct_values", found.distinctValues());
      object.addProperty("tied_layers", found.tied().size());
    }
    SizeText.addSummary(object, sizes);
    report(
        object,
        String.format(
            Locale.ROOT,
            "%s: %s%n%s",
            output,
            SizeText.summary(sizes),
            found.filling() == Filling.DENSE
                ? "the checkpoint has no scores: its weights are packed as they are"
                : String.format(
                    Locale.ROOT,
                    "the checkpoint's fixed weights: %s, %,d values, %,d of them different",
                    found.filling(),
                    sizes.prototypeLength(),
                    found.distinctValues())));
    return 0;
  }

  private void report(JsonObject object, String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(json.wanted ? Json.text(object) : text);
    out.flush();
  }
}
