package io.pemn.format.network;

import java.util.Locale;

/**
 * The non-linearity of a network.
 *
 * @since 0.1
 */
public enum Activation {
  /** x times the standard normal distribution function of x, computed with erf. */
  GELU,
  /** max(x, 0). */
  RELU;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
