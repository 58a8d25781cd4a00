package io.pemn.compressor.search;

import java.io.IOException;

/** Where a search tries things out: real ones train, those of tests pretend. */
interface Workbench {
  /** How large a candidate's archive would be; takes no training. */
  Prediction predict(Candidate candidate) throws IOException;

  /** Trains for a moment on all but the validation samples, and measures these. */
  Trial explore(Candidate candidate, Prediction prediction) throws IOException;

  /**
   * Trains as long as is asked for.
   *
   * @param hold whether the validation samples are kept from it, and measured
   */
  Trial train(Candidate candidate, Prediction prediction, boolean hold) throws IOException;

  /** What a drop is measured from. */
  Reference reference() throws IOException;

  /** How many samples are kept to choose by. */
  int validationSamples();

  /** Makes a full training the result of the run directory. */
  void adopt(Trial winner) throws IOException;
}
