package io.pemn.compressor.masking;

/**
 * How scores become masks.
 *
 * @param type what a mask can say of a weight
 * @param selection which weights it keeps; of sign masks, which keep all, it says nothing
 * @param budget how layers share the density
 * @param density fraction of the weights to keep, greater than 0, at most 1; of sign masks 1
 * @param scores what of a score decides, under binary masks
 */
public record MaskRule(
    MaskType type, Selection selection, LayerBudget.Kind budget, double density, ScoreMode scores) {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException in one sentence, if one is out of range
   */
  public MaskRule {
    require(density > 0 && density <= 1, "density", "greater than 0 and at most 1", density);
    require(
        type != MaskType.SIGN || density == 1,
        "density of sign masks",
        "1, since they keep every weight",
        density);
  }

  private static void require(boolean sound, String what, String range, Object value) {
    if (!sound) {
      throw new IllegalArgumentException(
          "The " + what + " must be " + range + ", not " + value + ".");
    }
  }

  /** Whether bounds stay where first scores put them, which a training that goes on must know. */
  public boolean keepsBounds() {
    return type != MaskType.SIGN && selection == Selection.THRESHOLD;
  }

  /** What of a score says how strongly its weight is wanted: of ternary masks its size. */
  ScoreMode strength() {
    return type == MaskType.TERNARY ? ScoreMode.ABSOLUTE : scores;
  }
}
