package io.pemn.compressor.masking;

import java.util.Locale;

/** Which weights a mask keeps, given the strengths of all of them. */
public enum Selection {
  /** In every layer the density's share of its weights, the strongest ones, as in the paper. */
  TOP_K,
  /** Of all layers together the density's share, so that density goes where it pays. */
  GLOBAL,
  /**
   * Those beyond a bound that stays where a layer's first scores had the density; how many they
   * become is learned.
   */
  THRESHOLD;

  /** The name on the command line and in messages, such as {@code top-k}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
