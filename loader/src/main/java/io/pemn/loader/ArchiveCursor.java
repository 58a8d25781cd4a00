package io.pemn.loader;

import io.pemn.format.PemnFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks over the fields of an archive; no length is believed before it is found in the file. Of
 * what is passed over, no byte is read.
 */
final class ArchiveCursor {
  private static final int VARINT = 0;
  private static final int BYTES = 2;

  /** What is read ahead: most heads are not longer. */
  private static final int WINDOW_BYTES = 1 << 13;

  private final ArchiveBytes source;
  private long position;
  private ByteBuffer window = ByteBuffer.allocate(0);
  private long windowFrom;

  ArchiveCursor(ArchiveBytes source) {
    this.source = source;
  }

  /** Walks over a message in memory. */
  ArchiveCursor(byte[] message) {
    this(new ArchiveBytes.InMemory(ByteBuffer.wrap(message)));
  }

  long position() {
    return position;
  }

  boolean atEnd() throws IOException {
    return source.endsAt(position);
  }

  private long remaining() {
    return source.size() - position;
  }

  /** The number in a varint field that must come next. */
  long readNumber(int field, String what) throws IOException {
    readTag(field, VARINT, what);
    return readVarint(what);
  }

  /** The contents of a bytes field that must come next. */
  ByteBuffer readBytes(int field, String what) throws IOException {
    Section section = skipBytes(field, what);
    return section.length() <= WINDOW_BYTES
        ? window(section.from(), section.length())
        : source.read(section.from(), section.length());
  }

  /** Where the contents of a bytes field are that must come next. */
  Section skipBytes(int field, String what) throws IOException {
    readTag(field, BYTES, what);
    long at = position;
    long length = readVarint(what);
    if (length < 0 || length > remaining()) {
      throw new PemnFormatException.Truncated(
          "At byte "
              + at
              + " the archive announces "
              + Long.toUnsignedString(length)
              + " bytes of "
              + what
              + ", but only "
              + remaining()
              + " follow: the file is cut short or damaged; get it again.");
    }
    if (length > Integer.MAX_VALUE - 8) {
      throw new PemnFormatException.LimitExceeded(
          "The archive's "
              + what
              + " has "
              + length
              + " bytes, more than the "
              + (Integer.MAX_VALUE - 8)
              + " that are possible.");
    }
    Section section = new Section(position, (int) length);
    position += length;
    return section;
  }

  /**
   * The contents of a field.
   *
   * @param from where they begin
   * @param length how many bytes they have
   */
  record Section(long from, int length) {
    static final Section NONE = new Section(0, 0);
  }

  private void readTag(int field, int wireType, String what) throws IOException {
    if (atEnd()) {
      throw new PemnFormatException.Truncated(
          "The archive ends at byte "
              + position
              + ", where its "
              + what
              + " should begin: the file is cut short; get it again.");
    }
    long at = position;
    int expected = field << 3 | wireType;
    int found = next() & 0xFF;
    if (found != expected) {
      throw new PemnFormatException.Corrupt(
          String.format(
              "At byte %d the archive has tag %#04x, but %#04x should begin its %s:"
                  + " the file is damaged; get it again.",
              at, found, expected, what));
    }
  }

  private long readVarint(String what) throws IOException {
    long at = position;
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (atEnd()) {
        throw new PemnFormatException.Truncated(
            "The archive ends at byte "
                + position
                + " within a number of its "
                + what
                + ": the file is cut short; get it again.");
      }
      byte next = next();
      value |= (long) (next & 0x7F) << shift;
      if (next == 0 && shift > 0) {
        break;
      }
      if (next >= 0) {
        return value;
      }
    }
    throw new PemnFormatException.Corrupt(
        "The number at byte "
            + at
            + " in the archive's "
            + what
            + " is not written in the shortest form: the file is damaged; get it again.");
  }

  private byte next() throws IOException {
    return window(position++, 1).get(0);
  }

  /** Bytes out of what was read ahead; at most {@link #WINDOW_BYTES}. */
  private ByteBuffer window(long from, int count) throws IOException {
    if (from < windowFrom || from + count > windowFrom + window.limit()) {
      window = source.readAhead(from, count, WINDOW_BYTES);
      windowFrom = from;
    }
    return window.slice((int) (from - windowFrom), count);
  }
}
