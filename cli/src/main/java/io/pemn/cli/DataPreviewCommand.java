package io.pemn.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.TrainingPreview;
import io.pemn.compressor.training.TrainingPreview.Row;
import io.pemn.format.Normalization;
import java.awt.Dimension;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Draws what training sees. */
@Command(
    name = "preview",
    mixinStandardHelpOptions = true,
    description = {
      "Draw the first training images of an epoch, each beside what training sees of it in that"
          + " epoch and in those after it, given the same options.",
    },
    sortOptions = false)
final class DataPreviewCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DataMixin data;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The PNG file to write.")
  private Path output;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "10",
      description = "Images to show, a row each (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--columns",
      paramLabel = "N",
      defaultValue = "8",
      description = "Epochs to show beside the original (default: ${DEFAULT-VALUE}).")
  private int columns;

  @Option(
      names = "--epoch",
      paramLabel = "N",
      defaultValue = "1",
      description = "The first of these epochs (default: ${DEFAULT-VALUE}).")
  private int epoch;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the training (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--train-images",
      paramLabel = "N",
      description =
          "Of a training on a fixed class-balanced subset of so many images (default: all of"
              + " them).")
  private Integer trainImages;

  @Option(
      names = "--normalize",
      paramLabel = "MEAN,STD",
      description = "Input normalisation, undone for the picture (default: the data set's own).")
  private String normalize;

  @Option(
      names = "--recipe",
      defaultValue = "pemn",
      description =
          "Where defaults come from, as for a training: one of ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}).")
  private Recipe recipe;

  @ArgGroup(validate = false, heading = AugmentationOptions.HEADING, order = 1)
  private AugmentationOptions augmentation = new AugmentationOptions();

  @Mixin private JsonOption json;

  @Mixin private DeviceMixin device;

  @Override
  public Integer call() throws IOException {
    if (!output.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
      throw new ParameterException(
          spec.commandLine(),
          "A preview is written as PNG, but " + output + " does not end in .png; name it so.");
    }
    AugmentationChoice choice = augmentation.choice(recipe.augmentation(false), spec.commandLine());
    Outputs.check(output);
    Dataset dataSet = data.load();
    if (!(dataSet.train() instanceof ImageSet all)) {
      throw new IllegalArgumentException(
          dataSet.name() + " has no images to show; give a data set of images.");
    }
    ContactSheet.requireDrawable(count, columns, all);
    Normalization normalization =
        TrainingMixin.normalization(normalize, Optional.of(dataSet))
            .requireChannels(all.channels());
    ImageSet images = trainImages == null ? all : all.subset(trainImages, seed);
    List<Row> rows =
        TrainingPreview.of(
            choice,
            images,
            normalization,
            seed,
            epoch,
            columns,
            count,
            device.choose(spec.commandLine().getErr()));
    Dimension size = ContactSheet.write(rows, images, dataSet.labels(), epoch, output);
    report(dataSet, images, normalization, choice, size);
    return 0;
  }

  private void report(
      Dataset dataSet,
      ImageSet images,
      Normalization normalization,
      AugmentationChoice choice,
      Dimension size) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("file", output.toString());
      object.addProperty("width", size.width);
      object.addProperty("height", size.height);
      object.addProperty("data_set", dataSet.name());
      object.addProperty("train_images", images.size());
      object.addProperty("test_images", dataSet.test().size());
      JsonArray shape = new JsonArray();
      List.of(images.channels(), images.height(), images.width()).forEach(shape::add);
      object.add("image_shape", shape);
      object.addProperty("classes", images.classes());
      JsonArray labels = new JsonArray();
      dataSet.labels().forEach(labels::add);
      object.add("labels", labels);
      JsonArray perClass = new JsonArray();
      for (int number : images.imagesPerClass()) {
        perClass.add(number);
      }
      object.add("train_images_per_class", perClass);
      object.addProperty("normalization", normalization.toString());
      object.addProperty("augmentation", choice.toString());
      object.addProperty("seed", seed);
      object.addProperty("shown_images", count);
      JsonArray epochs = new JsonArray();
      for (int i = 0; i < columns; i++) {
        epochs.add(epoch + i);
      }
      object.add("shown_epochs", epochs);
      out.println(Json.text(object));
    } else {
      out.println(dataSet.name() + ", " + images + " to train on");
      out.println("normalization " + normalization);
      out.println("augmentation " + choice);
      String epochs =
          columns == 1 ? "epoch " + epoch : "epochs " + epoch + " to " + (epoch + columns - 1);
      out.println(output + ": " + count + (count == 1 ? " image, " : " images, ") + epochs);
    }
    out.flush();
  }
}
