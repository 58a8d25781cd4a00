package io.pemn.cli;

import io.pemn.format.text.ShownText;

/** Makes text from files safe for a terminal. */
final class Printable {
  private Printable() {}

  /** The text with a question mark for every character that ends a line, controls or hides. */
  static String of(String text) {
    return text.codePoints()
        .map(c -> ShownText.isSeen(c) ? c : '?')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
