package io.pemn.format.text;

/** Text that may come from a stranger, as terminals and logs may show it. */
public final class ShownText {
  private ShownText() {}

  /**
   * The text in one line of at most so many characters: what would end it, move the cursor, turn
   * the direction of writing or not be seen is written as Java does, such as {@code \u202E}.
   *
   * @param most how many characters are shown of a longer text, followed by three dots
   */
  public static String of(String text, int most) {
    StringBuilder shown = new StringBuilder(Math.min(text.length(), most));
    for (int i = 0; i < text.length(); i = text.offsetByCodePoints(i, 1)) {
      if (shown.length() >= most) {
        return shown.append("...").toString();
      }
      int codePoint = text.codePointAt(i);
      if (isSeen(codePoint)) {
        shown.appendCodePoint(codePoint);
      } else {
        for (char unit : Character.toChars(codePoint)) {
          shown.append(String.format("\\u%04X", (int) unit));
        }
      }
    }
    return shown.toString();
  }

  /** Whether a character shows, and does nothing else to a terminal, a log or its own line. */
  public static boolean isSeen(int codePoint) {
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
