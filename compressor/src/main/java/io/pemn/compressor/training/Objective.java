package io.pemn.compressor.training;

import java.util.Locale;

/** What a network is trained for; decides the losses and what is measured. */
public enum Objective {
  /** Class scores: cross-entropy with labels, Kullback-Leibler divergence from the teacher. */
  CLASSIFY,
  /** Numbers: mean squared error. */
  REGRESS,
  /** Directions: one minus the cosine similarity along the last dimension. */
  EMBED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
