package io.pemn.cli;

import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.augment.AugmentationPipeline;
import io.pemn.compressor.augment.ColorJitter;
import io.pemn.compressor.augment.RandAugment;
import io.pemn.compressor.augment.RandomErasing;
import io.pemn.compressor.augment.RandomResizedCrop;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** The options that say how training images are changed. */
final class AugmentationOptions {
  static final String HEADING =
      "%nAugmentation of training images (any of the authors' steps leaves out those that are not"
          + " asked for, or with --recipe paper keeps the others):%n";

  /** The numbers of {@code --rand-augment}. */
  record Operations(int count, int magnitude) {}

  static final class OperationsConverter implements ITypeConverter<Operations> {
    @Override
    public Operations convert(String text) {
      String[] numbers = text.split(",", -1);
      try {
        if (numbers.length == 2) {
          return new Operations(
              Integer.parseInt(numbers[0].trim()), Integer.parseInt(numbers[1].trim()));
        }
      } catch (NumberFormatException e) {
        // The same sentence as for too many numbers.
      }
      throw new TypeConversionException(
          "'" + text + "' is not two whole numbers; give N,M such as 2,12");
    }
  }

  @Option(
      names = "--augment",
      negatable = true,
      description =
          "Shift (by up to 2 pixels) and flip, instead of all the steps below (default: without"
              + " MODEL; the paper: the steps below).")
  Boolean augment;

  @Option(
      names = "--crop-scale",
      paramLabel = "S",
      description =
          "Crop squares of a random area, S to 1 of the image's, and resize them (default: no; the"
              + " paper: 1.0, all of a square image).")
  Double cropScale;

  @Option(
      names = "--flip",
      negatable = true,
      description = "Flip left to right with probability 1/2 (default: no; the paper: yes).")
  Boolean flip;

  @Option(
      names = "--rand-augment",
      paramLabel = "N,M",
      converter = OperationsConverter.class,
      description =
          "RandAugment: N of 14 operations, of magnitude M, 0 to 30; 0,M for none (default: no; the"
              + " paper: 2,12).")
  Operations randAugment;

  @Option(
      names = "--jitter",
      paramLabel = "J",
      description =
          "Change brightness, contrast and saturation by factors of 1-J to 1+J; 0 for no change"
              + " (default: no; the paper: 0.2).")
  Double jitter;

  @Option(
      names = "--erase",
      paramLabel = "P",
      description =
          "Erase a rectangle with probability P; 0 for never (default: no; the paper: 0.2).")
  Double erase;

  /**
   * What is asked for.
   *
   * @param usual what is taken where nothing is; if it is a pipeline, also for its steps
   * @throws ParameterException in one sentence, if options contradict each other or change nothing
   */
  AugmentationChoice choice(AugmentationChoice usual, CommandLine command) {
    Map<String, Object> steps = new LinkedHashMap<>();
    steps.put("--crop-scale", cropScale);
    steps.put(flip == null || flip ? "--flip" : "--no-flip", flip);
    steps.put("--rand-augment", randAugment);
    steps.put("--jitter", jitter);
    steps.put("--erase", erase);
    steps.values().removeIf(Objects::isNull);
    if (augment != null && !steps.isEmpty()) {
      throw new ParameterException(
          command,
          (augment ? "--augment, which shifts and flips," : "--no-augment")
              + " and "
              + String.join(", ", steps.keySet())
              + " cannot be had together; leave one of them out.");
    }
    if (augment != null) {
      return augment ? AugmentationChoice.OfBytes.SHIFT_AND_FLIP : AugmentationChoice.OfBytes.NONE;
    }
    if (steps.isEmpty()) {
      return usual;
    }
    return pipeline(
        usual instanceof AugmentationPipeline pipeline ? Optional.of(pipeline) : Optional.empty(),
        command);
  }

  private AugmentationPipeline pipeline(Optional<AugmentationPipeline> usual, CommandLine command) {
    if (usual.isEmpty()) {
      requireOn("--no-flip", Boolean.FALSE.equals(flip), command);
      requireOn("--rand-augment 0", randAugment != null && randAugment.count() == 0, command);
      requireOn("--jitter 0", jitter != null && jitter == 0, command);
      requireOn("--erase 0", erase != null && erase == 0, command);
    }
    Optional<RandomResizedCrop> crop =
        cropScale == null
            ? usual.flatMap(AugmentationPipeline::crop)
            : Optional.of(new RandomResizedCrop(cropScale));
    boolean flipped = flip == null ? usual.map(AugmentationPipeline::flip).orElse(false) : flip;
    Optional<RandAugment> operations =
        randAugment == null
            ? usual.flatMap(AugmentationPipeline::randAugment)
            : Optional.of(randAugment)
                .filter(numbers -> numbers.count() != 0)
                .map(numbers -> new RandAugment(numbers.count(), numbers.magnitude()));
    Optional<ColorJitter> colors =
        jitter == null
            ? usual.flatMap(AugmentationPipeline::jitter)
            : Optional.of(jitter).filter(strength -> strength != 0).map(ColorJitter::new);
    Optional<RandomErasing> erasing =
        erase == null
            ? usual.flatMap(AugmentationPipeline::erasing)
            : Optional.of(erase).filter(probability -> probability != 0).map(RandomErasing::new);
    if (!flipped && operations.isEmpty() && colors.isEmpty() && erasing.isEmpty()) {
      if (crop.filter(step -> step.scale() < 1).isEmpty()) {
        throw new ParameterException(
            command,
            "--crop-scale 1 takes all of a square image, so that nothing changes it; give less than"
                + " 1, another step, or --no-augment.");
      }
    }
    return new AugmentationPipeline(crop, flipped, operations, colors, erasing);
  }

  private static void requireOn(String option, boolean off, CommandLine command) {
    if (off) {
      throw new ParameterException(
          command,
          option
              + " switches off a step that only --recipe paper has; leave it out, or give"
              + " --no-augment for no augmentation at all.");
    }
  }
}
