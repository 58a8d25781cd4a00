package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.PemnFormatException;

/** What everything that refuses an archive must tell, to people and to programs. */
final class Telling {
  private Telling() {}

  /**
   * The place is one of the file, what was found and what was expected stand in the sentence, and
   * the sentence is one line.
   */
  static void assertTells(PemnFormatException e, long fileBytes) {
    String message = e.getMessage();
    assertTrue(e.section() != null, message);
    assertTrue(e.offset().isPresent(), message);
    assertTrue(
        e.offset().getAsLong() >= 0 && e.offset().getAsLong() <= fileBytes,
        e.offset() + " of " + fileBytes + ": " + message);
    assertFalse(e.found().isBlank(), message);
    assertFalse(e.expected().isBlank(), message);
    assertTrue(message.contains(e.found()), e.found() + " | " + message);
    assertTrue(message.contains(e.expected()), e.expected() + " | " + message);
    assertFalse(message.contains("{found}") || message.contains("{expected}"), message);
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.endsWith("."), message);
    assertTrue(message.length() < 2_100, message);
  }
}
