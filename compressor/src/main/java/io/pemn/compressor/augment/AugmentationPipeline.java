package io.pemn.compressor.augment;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The steps of the authors' training pipeline that are taken, in their order: random resized crop,
 * horizontal flip, RandAugment, colour jitter, normalization (always), random erasing.
 *
 * @param crop cuts a square at random and resizes it to the image
 * @param flip whether images are mirrored left to right with probability 1/2
 * @param randAugment draws operations from a fixed list
 * @param jitter changes brightness, contrast and saturation
 * @param erasing blanks a rectangle
 */
public record AugmentationPipeline(
    Optional<RandomResizedCrop> crop,
    boolean flip,
    Optional<RandAugment> randAugment,
    Optional<ColorJitter> jitter,
    Optional<RandomErasing> erasing)
    implements AugmentationChoice {
  private static final String CROP = "crop-scale";
  private static final String FLIP = "flip";
  private static final String RAND_AUGMENT = "rand-augment";
  private static final String JITTER = "jitter";
  private static final String ERASE = "erase";

  /**
   * What the authors' command asks for: {@code --scale=1.0 --ra-n=2 --ra-m=12 --jitter=0.2
   * --reprob=0.2}.
   */
  public static final AugmentationPipeline PAPER =
      new AugmentationPipeline(
          Optional.of(new RandomResizedCrop(1)),
          true,
          Optional.of(new RandAugment(2, 12)),
          Optional.of(new ColorJitter(0.2)),
          Optional.of(new RandomErasing(0.2)));

  /**
   * Checks that there is a step.
   *
   * @throws IllegalArgumentException if there is none
   */
  public AugmentationPipeline {
    if (crop.isEmpty() && !flip && randAugment.isEmpty() && jitter.isEmpty() && erasing.isEmpty()) {
      throw new IllegalArgumentException(
          "An augmentation of no steps was asked for, but it must have one or more; choose none"
              + " instead.");
    }
  }

  /**
   * Reads the steps that {@link #toString} writes.
   *
   * @throws IllegalArgumentException in one sentence, if a step is unknown, twice there or out of
   *     range
   */
  static AugmentationPipeline parse(String text) {
    Optional<RandomResizedCrop> crop = Optional.empty();
    boolean flip = false;
    Optional<RandAugment> randAugment = Optional.empty();
    Optional<ColorJitter> jitter = Optional.empty();
    Optional<RandomErasing> erasing = Optional.empty();
    for (String step : text.split("\\+", -1)) {
      String[] parts = step.split(":", -1);
      try {
        if (parts[0].equals(CROP) && parts.length == 2 && crop.isEmpty()) {
          crop = Optional.of(new RandomResizedCrop(Double.parseDouble(parts[1])));
        } else if (step.equals(FLIP) && !flip) {
          flip = true;
        } else if (parts[0].equals(RAND_AUGMENT) && parts.length == 3 && randAugment.isEmpty()) {
          randAugment =
              Optional.of(new RandAugment(Integer.parseInt(parts[1]), Integer.parseInt(parts[2])));
        } else if (parts[0].equals(JITTER) && parts.length == 2 && jitter.isEmpty()) {
          jitter = Optional.of(new ColorJitter(Double.parseDouble(parts[1])));
        } else if (parts[0].equals(ERASE) && parts.length == 2 && erasing.isEmpty()) {
          erasing = Optional.of(new RandomErasing(Double.parseDouble(parts[1])));
        } else {
          throw unreadable(text, step);
        }
      } catch (NumberFormatException e) {
        throw unreadable(text, step);
      }
    }
    return new AugmentationPipeline(crop, flip, randAugment, jitter, erasing);
  }

  /**
   * Checks that this can change images of so many channels.
   *
   * @throws IllegalArgumentException in one sentence, if there are neither 1 (grey) nor 3 (red,
   *     green, blue)
   */
  public void requireChannels(long channels) {
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException(
          "The images have "
              + channels
              + " channels, but only grey images (1) and those of red, green and blue (3) can be"
              + " augmented like this; switch the augmentation off.");
    }
  }

  private static IllegalArgumentException unreadable(String text, String step) {
    return new IllegalArgumentException(
        "The augmentation \""
            + text
            + "\" has \""
            + step
            + "\" where a step must stand, each once; give none, shift-and-flip, or steps such as "
            + PAPER
            + ".");
  }

  /** The steps in the syntax of {@link AugmentationChoice#parse}, in their order. */
  @Override
  public String toString() {
    List<String> steps = new ArrayList<>();
    crop.ifPresent(step -> steps.add(CROP + ":" + step.scale()));
    if (flip) {
      steps.add(FLIP);
    }
    randAugment.ifPresent(
        step -> steps.add(RAND_AUGMENT + ":" + step.operations() + ":" + step.magnitude()));
    jitter.ifPresent(step -> steps.add(JITTER + ":" + step.strength()));
    erasing.ifPresent(step -> steps.add(ERASE + ":" + step.probability()));
    return String.join("+", steps);
  }
}
