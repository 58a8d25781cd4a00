package io.pemn.fuzz;

import java.io.IOException;

/** What a refusal says to people. */
final class OneSentence {
  private OneSentence() {}

  /**
   * Checks that a refusal is a sentence that a terminal can show: its own words, not a stranger's
   * control characters.
   */
  static void check(IOException refusal) {
    String message = refusal.getMessage();
    if (message == null || message.chars().anyMatch(Character::isISOControl)) {
      throw new AssertionError("This is no sentence: " + message, refusal);
    }
  }
}
