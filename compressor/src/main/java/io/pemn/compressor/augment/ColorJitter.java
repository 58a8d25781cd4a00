package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.SeededRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Changes brightness, contrast and saturation, each once, in a random order, by factors of its own
 * that are equally likely between max(0, 1 - strength) and 1 + strength: torchvision's {@code
 * ColorJitter(strength, strength, strength)}. Grey images have no saturation to change.
 *
 * @param strength above 0, at most 100
 */
public record ColorJitter(double strength) implements RandomChange {
  private static final Blend[] BLENDS = {Blend.BRIGHTNESS, Blend.CONTRAST, Blend.COLOR};

  /**
   * Checks the strength.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public ColorJitter {
    if (!(strength > 0 && strength <= 100)) {
      throw new IllegalArgumentException(
          "The strength of a colour jitter must be above 0 and at most 100, not " + strength + ".");
    }
  }

  /**
   * What happens to one image.
   *
   * @param order which of brightness (0), contrast (1) and saturation (2) comes when
   * @param factors of each of these, in the order in which they come
   */
  record Draw(int[] order, float[] factors) {}

  /** Draws what happens to an image. */
  Draw draw(SeededRandom random) {
    int[] order = random.permutation(BLENDS.length);
    float[] factors = new float[BLENDS.length];
    double least = Math.max(0, 1 - strength);
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) (least + (1 + strength - least) * random.uniform());
    }
    return new Draw(order, factors);
  }

  @Override
  public BatchChange draw(SeededRandom[] random, Shape images, Numbers numbers) {
    Draw[] draws = new Draw[random.length];
    for (int i = 0; i < draws.length; i++) {
      draws[i] = draw(random[i]);
    }
    return change(draws, images.get(1) == 1, numbers);
  }

  /** What was drawn for each image. */
  static BatchChange change(Draw[] draws, boolean grey, Numbers numbers) {
    List<BatchChange> turns = new ArrayList<>();
    for (int turn = 0; turn < BLENDS.length; turn++) {
      BatchGroups groups = new BatchGroups(draws.length);
      for (int blend = 0; blend < BLENDS.length; blend++) {
        if (BLENDS[blend] == Blend.COLOR && grey) {
          continue;
        }
        int now = turn;
        int wanted = blend;
        int[] these =
            IntStream.range(0, draws.length).filter(i -> draws[i].order()[now] == wanted).toArray();
        float[] factors = new float[these.length];
        for (int i = 0; i < these.length; i++) {
          factors[i] = draws[these[i]].factors()[turn];
        }
        groups.add(these, BLENDS[wanted].by(factors, numbers));
      }
      turns.add(groups.together(numbers));
    }
    return images -> {
      NDArray changed = images;
      for (BatchChange turn : turns) {
        changed = turn.apply(changed);
      }
      return changed;
    };
  }
}
