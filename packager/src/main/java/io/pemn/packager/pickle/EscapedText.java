package io.pemn.packager.pickle;

import java.nio.ByteBuffer;
import java.util.Optional;

/** The strings of protocol 0, which stand on a line as Python's code would write them. */
final class EscapedText {
  private static final int HEXADECIMAL = 16;
  private static final int OCTAL = 8;

  private final byte[] line;
  private int at;

  private EscapedText(byte[] line) {
    this.line = line;
  }

  /** The bytes between quotes, their escapes undone; nothing if it is not written like that. */
  static Optional<ByteBuffer> quoted(byte[] line) {
    int end = line.length - 1;
    if (end < 1 || line[0] != line[end] || line[0] != '\'' && line[0] != '"') {
      return Optional.empty();
    }
    EscapedText text = new EscapedText(line);
    ByteBuffer bytes = ByteBuffer.allocate(line.length);
    text.at = 1;
    while (text.at < end) {
      int c = line[text.at++];
      if (c != '\\') {
        bytes.put((byte) c);
      } else if (text.at >= end || !text.escape(end, bytes)) {
        return Optional.empty();
      }
    }
    return Optional.of(bytes.flip());
  }

  /** The text, each byte a character but for <code>&#92;uXXXX</code>; nothing if one is cut. */
  static Optional<String> rawUnicode(byte[] line) {
    EscapedText text = new EscapedText(line);
    StringBuilder characters = new StringBuilder(line.length);
    while (text.at < line.length) {
      int c = line[text.at++] & 0xFF;
      int next = text.at < line.length ? line[text.at] : 0;
      if (c != '\\' || next != 'u' && next != 'U') {
        characters.append((char) c);
        continue;
      }
      text.at++;
      int length = next == 'u' ? 4 : 8;
      long point = text.digits(line.length, length, length, HEXADECIMAL);
      if (point < 0 || point > Character.MAX_CODE_POINT) {
        return Optional.empty();
      }
      characters.appendCodePoint((int) point);
    }
    return Optional.of(characters.toString());
  }

  private boolean escape(int end, ByteBuffer bytes) {
    int c = line[at++];
    int plain = "\\'\"abfnrtv".indexOf(c);
    if (plain >= 0) {
      bytes.put((byte) "\\'\"\u0007\b\f\n\r\t\u000b".charAt(plain));
    } else if (c == 'x') {
      long number = digits(end, 2, 2, HEXADECIMAL);
      bytes.put((byte) number);
      return number >= 0;
    } else if (c >= '0' && c < '0' + OCTAL) {
      at--;
      bytes.put((byte) digits(end, 1, 3, OCTAL));
    } else {
      // As Python: a backslash that escapes nothing stands for itself.
      bytes.put((byte) '\\').put((byte) c);
    }
    return true;
  }

  /** The number that the next digits are, or -1 if there are too few. */
  private long digits(int end, int least, int most, int base) {
    long number = 0;
    int count = 0;
    while (count < most && at < end && Character.digit(line[at], base) >= 0) {
      number = number * base + Character.digit(line[at++], base);
      count++;
    }
    return count < least ? -1 : number;
  }
}
