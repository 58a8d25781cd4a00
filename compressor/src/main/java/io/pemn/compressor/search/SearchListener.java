package io.pemn.compressor.search;

import io.pemn.compressor.training.TrainingListener;

/** Watches a search. Called on its thread. */
public interface SearchListener {
  /** Hears nothing. */
  SearchListener SILENT = new SearchListener() {};

  /** A kind of masks was left out, for the reason that the sentence says. */
  default void skipped(String sentence) {}

  /**
   * A training begins, or goes on.
   *
   * @param what in words
   * @param epochs how long it will be
   * @param validation whether what it measures are the validation samples
   * @return watches it
   */
  default TrainingListener training(String what, int epochs, boolean validation) {
    return TrainingListener.SILENT;
  }

  /** A training is over. */
  default void tried(Trial trial) {}

  /** What drops are measured from is known. */
  default void measured(Reference reference) {}

  /** Something else that a user wants to know, in one sentence. */
  default void noted(String sentence) {}
}
