package io.pemn.compressor.masking;

import java.util.Locale;

/** What of a score decides whether its weight is kept. */
public enum ScoreMode {
  /**
   * The greatest |s| are kept, as in the paper; the score's gradient is dL/dW * p * sign(s). A
   * weight that the gradient pushes out comes back once its score has passed zero.
   */
  ABSOLUTE,
  /** The greatest s are kept; the score's gradient is dL/dW * p. */
  SIGNED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
