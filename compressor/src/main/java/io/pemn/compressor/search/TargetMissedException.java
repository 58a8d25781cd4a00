package io.pemn.compressor.search;

import java.io.IOException;

/** What is asked for cannot be had; the message says what can. */
public final class TargetMissedException extends IOException {
  private static final long serialVersionUID = 1;

  /** With one sentence. */
  public TargetMissedException(String sentence) {
    super(sentence);
  }
}
