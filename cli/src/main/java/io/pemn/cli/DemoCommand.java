package io.pemn.cli;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.translate.TranslateException;
import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.device.DeviceChoice;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.compressor.training.Comparison;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.Objective;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.djl.PemnModel;
import io.pemn.loader.djl.PixelTranslator;
import io.pemn.packager.report.SizeReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Goes the whole way once, by the same commands that a user types. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Go the whole way once, on real images: train masks, pack, inspect, unpack, verify, load and"
          + " predict.",
      "Takes about two minutes on two cores and writes to ./demo-out/."
    })
final class DemoCommand implements Callable<Integer> {
  private static final int SHOWN_PREDICTIONS = 5;

  @Spec private CommandSpec spec;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "6",
      description = "Passes over the 10,000 training images (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(
      names = "--train-images",
      paramLabel = "N",
      description = "Train on a class-balanced subset of so many images.")
  private Integer trainImages;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    Path folder = Path.of("demo-out");
    Path archive = folder.resolve("model.pemn");
    Path weights = folder.resolve("weights.safetensors");
    if (!Files.isDirectory(folder)) {
      Files.createDirectory(folder);
    }

    String images = trainImages == null ? "10000" : trainImages.toString();
    List<List<String>> commands =
        List.of(
            List.of(
                "compress",
                "--data",
                "bundled",
                "--strategy",
                "random-vector",
                "--ratio",
                "0.01",
                "--epochs",
                String.valueOf(epochs),
                "--train-images",
                images,
                "--overwrite",
                "-o",
                archive.toString()),
            List.of("inspect", archive.toString(), "--layers"),
            List.of("unpack", archive.toString(), "-o", weights.toString()),
            List.of("verify", archive.toString()));
    for (List<String> command : commands) {
      int exitCode = run(command);
      if (exitCode != 0) {
        return exitCode;
      }
    }
    summarize(folder, archive, weights);
    return 0;
  }

  private int run(List<String> command) {
    PrintWriter err = spec.commandLine().getErr();
    err.println();
    err.println("$ pemn " + String.join(" ", command));
    err.flush();
    // With --json, standard output is for the one object at the end.
    PrintWriter out = json.wanted ? err : spec.commandLine().getOut();
    CommandLine commandLine = Pemn.commandLine().setOut(out).setErr(err);
    List<String> arguments = new ArrayList<>(command);
    if (spec.commandLine().getParseResult().hasMatchedOption("--verbose")) {
      arguments.add("--verbose");
    }
    return commandLine.execute(arguments.toArray(String[]::new));
  }

  private void summarize(Path folder, Path file, Path weights) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Dataset dataSet = DataMixin.load("bundled");
    PemnArchive archive = PemnArchive.open(file);
    SizeReport sizes = SizeReport.of(archive);
    StringBuilder predictions = new StringBuilder();
    Evaluation evaluation;
    Device device = DeviceChoice.of("auto").device();
    try (OpenedModel model = OpenedModel.open(file, LoadPolicy.standard(), device);
        ProgressDisplay progress = new ProgressDisplay(spec.commandLine().getErr(), 0)) {
      int images = dataSet.test().size();
      evaluation =
          Comparison.evaluate(
              model,
              dataSet,
              dataSet.normalization(),
              Objective.CLASSIFY,
              done -> progress.evaluating(done, images));
    }
    try (Model model = PemnModel.load(archive, "demo", device)) {
      predict(archive, model, dataSet, predictions);
    }
    double trained = archive.provenance().getMetrics().getAccuracy();
    // On the CPU the two are equal to the last digit; a GPU may sum in another order each time.
    if (evaluation.accuracy() != trained && !device.isGpu()) {
      throw new IllegalStateException(
          "the loaded archive has accuracy " + evaluation.accuracy() + ", training had " + trained);
    }
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("archive", file.toString());
      object.addProperty("weights", weights.toString());
      EvaluationText.add(object, evaluation);
      object.addProperty("images_per_second", evaluation.imagesPerSecond());
      object.addProperty("unpacked_bytes", Files.size(weights));
      SizeText.addSummary(object, sizes);
      out.println(Json.text(object));
    } else {
      out.println();
      out.println("The archive, loaded afresh, on test images it never saw:");
      out.print(predictions);
      out.println();
      out.printf(
          Locale.ROOT,
          "test accuracy   %.2f %% of %,d images (when it was trained: %.2f %%)%n",
          100 * evaluation.accuracy(),
          evaluation.images(),
          100 * trained);
      out.printf(
          Locale.ROOT,
          "file size       %,d bytes, %.1f times smaller than the %,d bytes of its fp32 weights%n",
          sizes.fileBytes(),
          sizes.ratioFp32(),
          4 * sizes.parameters());
      out.println("archive         " + file);
      out.println("full weights    " + weights);
      out.println("checkpoints     " + folder.resolve("model.run"));
    }
    out.flush();
  }

  private static void predict(
      PemnArchive archive, Model model, Dataset dataSet, StringBuilder text) {
    ImageSet test = (ImageSet) dataSet.test();
    try (Predictor<byte[], Classifications> predictor =
        model.newPredictor(new PixelTranslator(archive))) {
      for (int i = 0; i < SHOWN_PREDICTIONS; i++) {
        int image = i * (test.size() / SHOWN_PREDICTIONS);
        byte[] pixels = new byte[test.pixelsPerImage()];
        test.pixels(image).get(pixels);
        Classifications.Classification best = predictor.predict(pixels).best();
        text.append(
            String.format(
                Locale.ROOT,
                "  image %4d: %-12s %5.1f %%   (it is: %s)%n",
                image,
                best.getClassName(),
                100 * best.getProbability(),
                dataSet.labels().get(test.label(image))));
      }
    } catch (TranslateException e) {
      throw new IllegalStateException(e);
    }
  }
}
