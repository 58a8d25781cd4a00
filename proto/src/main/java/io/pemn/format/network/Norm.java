package io.pemn.format.network;

import java.util.Locale;

/**
 * What the normalisation layers of a network learn (the paper's {@code bn_type}).
 *
 * @since 0.1
 */
public enum Norm {
  /** A scale and a shift a channel. */
  LEARN,
  /** Nothing: they normalise, and no more. */
  NOT_LEARN;

  /** {@return whether there are scales and shifts} */
  public boolean isLearned() {
    return this == LEARN;
  }

  /** What is added to a network's description: nothing where it is as usual. */
  String inWords() {
    return isLearned() ? "" : ", plain normalisation";
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
