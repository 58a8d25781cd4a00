package io.pemn.cli;

/** Makes text from files safe for a terminal. */
final class Printable {
  private Printable() {}

  /** The text with a question mark for every character that ends a line, controls or hides. */
  static String of(String text) {
    return text.codePoints()
        .map(c -> isShown(c) ? c : '?')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** Whether a terminal only shows it. */
  static boolean isShown(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
