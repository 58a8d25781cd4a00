package io.pemn.cli;

/** Makes text from files safe for a terminal. */
final class Printable {
  private Printable() {}

  /** The text with a question mark for every control character. */
  static String of(String text) {
    return text.codePoints()
        .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
