package io.pemn.compressor.training;

/**
 * What a student takes over from its teacher, the trained network that is compressed.
 *
 * @param warmStart whether scores and scales begin at the teacher's weights; the remainder always
 *     does
 * @param share of the teacher's outputs in the loss, 0 to 1; the labels have the rest
 * @param temperature by which logits are divided before the softmax of the teacher's part (Hinton
 *     et al., "Distilling the knowledge in a neural network", 2015), greater than 0
 */
public record Distillation(boolean warmStart, double share, double temperature) {
  /** Nothing is taken over. */
  public static final Distillation NONE = new Distillation(false, 0, 1);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException in one sentence, if one is out of range
   */
  public Distillation {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "The share of distillation must be at least 0 and at most 1, not " + share + ".");
    }
    if (!(temperature > 0 && Double.isFinite(temperature))) {
      throw new IllegalArgumentException(
          "The temperature must be greater than 0, not " + temperature + ".");
    }
  }
}
