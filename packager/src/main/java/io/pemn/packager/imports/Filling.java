package io.pemn.packager.imports;

import java.util.Locale;

/** How the fixed weights of a network were found to be filled (section 3.2 of the paper). */
public enum Filling {
  /** No masks: the weights themselves were trained. */
  DENSE,
  /** Every layer has values of its own. */
  OWN_WEIGHTS,
  /** Layers of equal shape share their values. */
  ONE_LAYER,
  /** Every layer has the first values of the largest. */
  MAX_LAYER,
  /** A short vector is repeated through every layer. */
  RANDOM_VECTOR_COPY,
  /** A short vector, repeated and shuffled once, fills every layer from its beginning. */
  RANDOM_VECTOR_SHUFFLED,
  /** Some layers share values in another way. */
  PARTLY_SHARED;

  /** Such as {@code one-layer}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
