package io.pemn.compressor.training;

import io.pemn.compressor.data.SampleSet;
import java.util.Locale;

/** What a network is trained for; decides the losses and what is measured. */
public enum Objective {
  /** Class scores: cross-entropy with labels, Kullback-Leibler divergence from the teacher. */
  CLASSIFY,
  /** Numbers: mean squared error. */
  REGRESS,
  /** Directions: one minus the cosine similarity along the last dimension. */
  EMBED;

  /** Whether samples say themselves what is right, so that no teacher is needed to learn it. */
  public boolean isAnsweredBy(SampleSet samples) {
    return this == CLASSIFY ? samples.labelled() : samples.target().isPresent();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
