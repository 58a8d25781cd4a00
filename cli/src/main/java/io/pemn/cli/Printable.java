package io.pemn.cli;

/** Makes text from files safe for a terminal. */
final class Printable {
  private Printable() {}

  /** The text with a question mark for every control character. */
  static String of(String text) {
    return text.codePoints()
        .map(c -> isPrintable(c) ? c : '?')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** Whether a terminal only shows it: it is neither a control nor a format character. */
  static boolean isPrintable(int codePoint) {
    return !Character.isISOControl(codePoint) && Character.getType(codePoint) != Character.FORMAT;
  }
}
