package io.pemn.compressor.masking;

import java.util.Locale;

/** What of a score decides whether its weight is kept. */
public enum ScoreMode {
  /**
   * The greatest |s| are kept, as in the paper; the score's gradient is dL/dW * p * sign(s). A
   * weight that the gradient pushes out comes back once its score has passed zero.
   */
  ABSOLUTE(Integer.MAX_VALUE),
  /** The greatest s are kept; the score's gradient is dL/dW * p. */
  SIGNED(-1);

  private final int bits;

  ScoreMode(int bits) {
    this.bits = bits;
  }

  /** The bits of a float32 score that its strength depends on: all, or all but the sign. */
  int bits() {
    return bits;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
