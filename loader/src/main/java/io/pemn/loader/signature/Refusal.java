package io.pemn.loader.signature;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;

/** Why a signature is not taken, in one sentence. */
final class Refusal {
  private Refusal() {}

  /**
   * The usual sentence: that it has one thing, but another is expected.
   *
   * @param subject what it is of, to begin the sentence with
   * @param found what is there; a stranger may have written it
   * @param expected what should be there
   * @param advice what to do
   */
  static PemnFormatException.NotTrusted of(
      String subject, String found, String expected, String advice) {
    return saying(
        subject, found, expected, "has {found}, but {expected} is expected; " + advice + ".");
  }

  /**
   * A sentence of its own.
   *
   * @param sentence what follows the subject, with {found} and {expected} where they stand
   */
  static PemnFormatException.NotTrusted saying(
      String subject, String found, String expected, String sentence) {
    return new PemnFormatException.NotTrusted(
        Finding.of(ArchiveSection.SIGNATURE, found, expected), subject + " " + sentence);
  }
}
