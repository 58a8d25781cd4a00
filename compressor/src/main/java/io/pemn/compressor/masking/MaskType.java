package io.pemn.compressor.masking;

import java.util.Locale;

/** What a learned mask can make of a prototype value p. */
public enum MaskType {
  /** p or 0, as in the paper: the density's share of the greatest scores is kept. */
  BINARY(0.5),
  /** p or -p, as the sign of the score says: no weight is 0. */
  SIGN(1),
  /** p, -p or 0: the density's share of the greatest absolute scores is kept, with their signs. */
  TERNARY(0.3);

  private final double usualDensity;

  MaskType(double usualDensity) {
    this.usualDensity = usualDensity;
  }

  /** The density that is taken where none is asked for, greater than 0, at most 1. */
  public double usualDensity() {
    return usualDensity;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
