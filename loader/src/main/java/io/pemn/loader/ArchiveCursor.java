package io.pemn.loader;

import io.pemn.format.PemnFormatException;
import java.nio.ByteBuffer;

/** Walks over the fields of an archive; no length is believed before it is found in the file. */
final class ArchiveCursor {
  private static final int VARINT = 0;
  private static final int BYTES = 2;

  private final ByteBuffer file;

  ArchiveCursor(ByteBuffer file) {
    this.file = file;
  }

  int position() {
    return file.position();
  }

  boolean atEnd() {
    return !file.hasRemaining();
  }

  /** The number in a varint field that must come next. */
  long readNumber(int field, String what) throws PemnFormatException {
    readTag(field, VARINT, what);
    return readVarint(what);
  }

  /** The contents of a bytes field that must come next. */
  ByteBuffer readBytes(int field, String what) throws PemnFormatException {
    readTag(field, BYTES, what);
    int at = file.position();
    long length = readVarint(what);
    if (length < 0 || length > file.remaining()) {
      throw new PemnFormatException.Truncated(
          "At byte "
              + at
              + " the archive announces "
              + Long.toUnsignedString(length)
              + " bytes of "
              + what
              + ", but only "
              + file.remaining()
              + " follow: the file is cut short or damaged; get it again.");
    }
    ByteBuffer contents = file.slice(file.position(), (int) length);
    file.position(file.position() + (int) length);
    return contents;
  }

  private void readTag(int field, int wireType, String what) throws PemnFormatException {
    if (!file.hasRemaining()) {
      throw new PemnFormatException.Truncated(
          "The archive ends at byte "
              + file.position()
              + ", where its "
              + what
              + " should begin: the file is cut short; get it again.");
    }
    int at = file.position();
    int expected = field << 3 | wireType;
    int found = file.get() & 0xFF;
    if (found != expected) {
      throw new PemnFormatException.Corrupt(
          String.format(
              "At byte %d the archive has tag %#04x, but %#04x should begin its %s:"
                  + " the file is damaged; get it again.",
              at, found, expected, what));
    }
  }

  private long readVarint(String what) throws PemnFormatException {
    int at = file.position();
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (!file.hasRemaining()) {
        throw new PemnFormatException.Truncated(
            "The archive ends at byte "
                + file.position()
                + " within a number of its "
                + what
                + ": the file is cut short; get it again.");
      }
      byte next = file.get();
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
}
