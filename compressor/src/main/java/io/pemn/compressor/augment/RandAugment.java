package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.augment.AffineSampling.Source;
import io.pemn.compressor.data.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * RandAugment (Cubuk et al., CVPR workshops 2020): some operations, drawn from 14 with replacement,
 * all of one magnitude. Operations, magnitudes and signs are those of torchvision's {@code
 * RandAugment} with 31 magnitudes; pictures are sampled at the nearest pixel, what comes from
 * outside is black, and every operation leaves whole numbers 0..255 as Pillow would.
 *
 * @param operations how many are applied to each image, one after the other; 1..100
 * @param magnitude how strong they are, 0..30
 */
public record RandAugment(int operations, int magnitude) implements RandomChange {
  private static final int MAX_OPERATIONS = 100;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is exceeded
   */
  public RandAugment {
    if (operations < 1
        || operations > MAX_OPERATIONS
        || magnitude < 0
        || magnitude >= Operation.MAGNITUDES) {
      throw new IllegalArgumentException(
          "RandAugment must have 1 to "
              + MAX_OPERATIONS
              + " operations and a magnitude of 0 to "
              + (Operation.MAGNITUDES - 1)
              + ", not "
              + operations
              + " and "
              + magnitude
              + ".");
    }
  }

  /**
   * What happens to one image.
   *
   * @param opposite whether the operation's strength is negated
   */
  record Draw(Operation operation, boolean opposite) {}

  /** Draws one operation. */
  static Draw draw(SeededRandom random) {
    Operation operation = Operation.values()[random.below(Operation.values().length)];
    return new Draw(operation, operation.signed() && random.coin());
  }

  @Override
  public BatchChange draw(SeededRandom[] random, Shape images, Numbers numbers) {
    List<BatchChange> rounds = new ArrayList<>();
    for (int i = 0; i < operations; i++) {
      Draw[] draws = Arrays.stream(random).map(RandAugment::draw).toArray(Draw[]::new);
      rounds.add(change(draws, images, numbers));
    }
    return batch -> {
      NDArray changed = batch;
      for (BatchChange round : rounds) {
        changed = round.apply(changed);
      }
      return changed;
    };
  }

  /** One operation for each image of a batch of a shape. */
  BatchChange change(Draw[] draws, Shape images, Numbers numbers) {
    int height = (int) images.get(2);
    int width = (int) images.get(3);
    BatchGroups groups = new BatchGroups(draws.length);
    Map<Operation, int[]> drawn = new EnumMap<>(Operation.class);
    for (Operation operation : Operation.values()) {
      drawn.put(operation, which(draws, operation));
    }
    // Everything that moves pixels is one kind of sampling, so one group.
    Source[] sources =
        Arrays.stream(draws).map(draw -> source(draw, height, width)).toArray(Source[]::new);
    int[] moved = IntStream.range(0, draws.length).filter(i -> sources[i] != Source.SAME).toArray();
    Source[] theirs = Arrays.stream(moved).mapToObj(i -> sources[i]).toArray(Source[]::new);
    groups.add(moved, AffineSampling.of(height, width, theirs, numbers));
    addBlend(groups, Blend.BRIGHTNESS, draws, drawn.get(Operation.BRIGHTNESS), numbers);
    if (images.get(1) > 1) {
      addBlend(groups, Blend.COLOR, draws, drawn.get(Operation.COLOR), numbers);
    }
    addBlend(groups, Blend.CONTRAST, draws, drawn.get(Operation.CONTRAST), numbers);
    addBlend(groups, Blend.SHARPNESS, draws, drawn.get(Operation.SHARPNESS), numbers);
    groups.add(drawn.get(Operation.POSTERIZE), curve(Operation.POSTERIZE));
    groups.add(drawn.get(Operation.SOLARIZE), curve(Operation.SOLARIZE));
    groups.add(drawn.get(Operation.AUTO_CONTRAST), ToneCurve::autoContrast);
    groups.add(drawn.get(Operation.EQUALIZE), ToneCurve::equalize);
    return groups.together(numbers);
  }

  private static int[] which(Draw[] draws, Operation operation) {
    return IntStream.range(0, draws.length)
        .filter(i -> draws[i].operation() == operation)
        .toArray();
  }

  private BatchChange curve(Operation operation) {
    float strength = operation.strength(magnitude, 0, 0);
    return operation == Operation.POSTERIZE
        ? part -> ToneCurve.posterize(part, (int) strength)
        : part -> ToneCurve.solarize(part, strength);
  }

  private void addBlend(
      BatchGroups groups, Blend blend, Draw[] draws, int[] images, Numbers numbers) {
    float[] factors = new float[images.length];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) (1.0 + strength(draws[images[i]], 0, 0));
    }
    groups.add(images, blend.by(factors, numbers));
  }

  /** Where an image's pixels come from; {@link Source#SAME} itself if none moves. */
  private Source source(Draw draw, int height, int width) {
    double strength = strength(draw, height, width);
    return switch (draw.operation()) {
      case SHEAR_X -> Source.shearedAcross(strength);
      case SHEAR_Y -> Source.shearedDown(strength);
      case TRANSLATE_X -> Source.moved((int) strength, 0);
      case TRANSLATE_Y -> Source.moved(0, (int) strength);
      case ROTATE -> Source.turned(strength, height, width);
      default -> Source.SAME;
    };
  }

  private double strength(Draw draw, int height, int width) {
    float strength = draw.operation().strength(magnitude, height, width);
    return draw.opposite() ? -strength : strength;
  }
}
