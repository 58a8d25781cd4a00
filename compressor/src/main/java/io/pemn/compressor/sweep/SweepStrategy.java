package io.pemn.compressor.sweep;

import java.util.Locale;

/** What a run of a sweep trains. */
public enum SweepStrategy {
  /** The weights themselves. */
  DENSE,
  /** Masks over random weights of every layer's own: the paper's "mask". */
  NONE,
  /** Masks; layers of equal shape share their random weights. */
  ONE_LAYER,
  /** Masks; every layer reads the beginning of one vector as long as the largest layer: MP. */
  MAX_LAYER,
  /** Masks; every layer reads a short vector again and again: RP. */
  RANDOM_VECTOR,
  /** The greatest weights of a trained dense network, trained on. */
  PRUNED_MAGNITUDE,
  /** Weights of a trained dense network that were drawn at random, trained on. */
  PRUNED_RANDOM;

  /** The name on the command line and in tables. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether masks are learned. */
  public boolean masked() {
    return this != DENSE && !pruned();
  }

  /** Whether a dense network is pruned. */
  public boolean pruned() {
    return this == PRUNED_MAGNITUDE || this == PRUNED_RANDOM;
  }

  /**
   * The strategy of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static SweepStrategy of(String name) {
    for (SweepStrategy strategy : values()) {
      if (strategy.toString().equals(name)) {
        return strategy;
      }
    }
    throw new IllegalArgumentException("There is no strategy \"" + name + "\".");
  }
}
