package io.pemn.cli;

import io.pemn.compressor.network.ArchitectureOptions;
import io.pemn.format.Normalization;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.storage.FloatCoding;
import io.pemn.packager.imports.CheckpointImport;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** What a checkpoint of another program does not say of itself. */
final class CheckpointOptions {
  private static final List<String> NEEDED =
      List.of("--channels", "--image-size", "--classes", "--normalize");

  private static final List<String> OTHERS = List.of("--density", "--remainder", "--labels");

  private static final long MOST_LABEL_BYTES = 1L << 24;

  private static final String NEEDED_OF_FILES = "; needed unless CHECKPOINT is a run directory.";

  @Option(
      names = "--channels",
      paramLabel = "N",
      description = "Channels of the images, such as 1 or 3" + NEEDED_OF_FILES)
  int channels;

  @Option(
      names = "--image-size",
      paramLabel = "N|HxW",
      converter = Size.Converter.class,
      description =
          "Height and width of the images in pixels, or one number for squares" + NEEDED_OF_FILES)
  Size imageSize;

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "Outputs of the classifier" + NEEDED_OF_FILES)
  int classes;

  @Option(
      names = "--normalize",
      paramLabel = "MEAN,STD",
      description =
          "How pixels became its input: (pixel / 255 - MEAN) / STD; M1,M2,M3/S1,S2,S3 for several"
              + " channels"
              + NEEDED_OF_FILES)
  String normalize;

  @Option(
      names = "--density",
      paramLabel = "D",
      description =
          "Fraction of the weights that its masks keep, which the authors call sparsity"
              + " (default: "
              + CheckpointImport.USUAL_DENSITY
              + ").")
  Double density;

  @Option(
      names = "--remainder",
      defaultValue = "fp32",
      description =
          "How the archive stores what masks do not replace: one of ${COMPLETION-CANDIDATES}"
              + " (default: ${DEFAULT-VALUE}).")
  FloatCoding remainder;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "A text file with the name of each class, one a line (default: none).")
  Path labels;

  /**
   * Height and width.
   *
   * @param height in pixels
   * @param width in pixels
   */
  record Size(int height, int width) {
    /** Reads {@code 28} and {@code 28x32}. */
    static final class Converter implements ITypeConverter<Size> {
      private static final Pattern SYNTAX = Pattern.compile("([0-9]{1,9})(?:x([0-9]{1,9}))?");

      @Override
      public Size convert(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
          throw new TypeConversionException(
              "'" + text + "' is no size of images; give one such as 28 or 28x32");
        }
        int height = Integer.parseInt(matcher.group(1));
        return new Size(
            height, matcher.group(2) == null ? height : Integer.parseInt(matcher.group(2)));
      }
    }
  }

  /** Refuses these options where a run directory says all of it. */
  static void refuse(CommandSpec spec) {
    List<String> all = new ArrayList<>(NetworkOptions.NAMES);
    all.add("--arch");
    all.addAll(NEEDED);
    all.addAll(OTHERS);
    for (String option : all) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new ParameterException(
            spec.commandLine(),
            option
                + " is for a checkpoint of another program, but a run directory knows it; leave it"
                + " out.");
      }
    }
  }

  /**
   * What they say.
   *
   * @throws ParameterException if one is missing
   * @throws IllegalArgumentException in one sentence, if they do not fit together
   * @throws IOException in one sentence, if the labels cannot be read
   */
  CheckpointImport.Settings settings(NetworkOptions network, CommandSpec spec) throws IOException {
    for (String option : NEEDED) {
      if (!spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new ParameterException(
            spec.commandLine(),
            "A checkpoint does not say what images it takes and what comes of them; give "
                + String.join(", ", NEEDED)
                + ", of which "
                + option
                + " is missing.");
      }
    }
    return new CheckpointImport.Settings(
        new BuiltInDescription(
            ArchitectureOptions.of(network.toMap()),
            new ImageShape(channels, imageSize.height(), imageSize.width()),
            classes),
        Normalization.parse(normalize),
        labels == null ? List.of() : readLabels(),
        density == null ? OptionalDouble.empty() : OptionalDouble.of(density),
        remainder,
        Version.text());
  }

  private List<String> readLabels() throws IOException {
    if (!Files.exists(labels) || Files.isDirectory(labels)) {
      throw new NoSuchFileException(
          "There is no file " + labels + " with labels; give a text file with one name a line.");
    }
    if (Files.size(labels) > MOST_LABEL_BYTES) {
      throw new IOException(
          labels
              + " has "
              + Files.size(labels)
              + " bytes, but labels have at most "
              + MOST_LABEL_BYTES
              + "; give a text file with one name a line.");
    }
    try {
      return Files.readAllLines(labels).stream().map(String::strip).toList();
    } catch (MalformedInputException e) {
      throw new IOException(labels + " is no text in UTF-8; save the labels as such.", e);
    }
  }
}
