package io.pemn.packager.tensors;

/** A name that a file gave, made fit for a one-line message. */
public final class PrintableName {

  private static final int LONGEST = 80;

  private PrintableName() {}

  /**
   * The text in double quotes, on one line, control characters escaped, cut after 80 characters.
   */
  public static String quoted(String text) {
    StringBuilder printable = new StringBuilder("\"");
    for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
      char c = text.charAt(i);
      if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029) {
        printable.append(String.format("\\u%04x", (int) c));
      } else {
        printable.append(c);
      }
    }
    return printable.append(text.length() > LONGEST ? "...\"" : "\"").toString();
  }
}
