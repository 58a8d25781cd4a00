package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks over the fields of an archive, or of a message that was decompressed out of it; no length
 * is believed before so many bytes are found. Of what is passed over, no byte is read.
 */
final class ArchiveCursor {
  private static final int VARINT = 0;
  private static final int BYTES = 2;

  /** What is read ahead: most heads are not longer. */
  private static final int WINDOW_BYTES = 1 << 13;

  private final ArchiveBytes source;

  /** Whether the bytes are those of the file. */
  private final boolean whole;

  private long position;
  private ByteBuffer window = ByteBuffer.allocate(0);
  private long windowFrom;

  /** Walks over a file. */
  ArchiveCursor(ArchiveBytes file) {
    this(file, true);
  }

  /** Walks over a message that stood compressed in the file. */
  ArchiveCursor(byte[] message) {
    this(new ArchiveBytes.InMemory(ByteBuffer.wrap(message)), false);
  }

  private ArchiveCursor(ArchiveBytes source, boolean whole) {
    this.source = source;
    this.whole = whole;
  }

  /**
   * A field that must come next.
   *
   * @param number its number
   * @param section what it belongs to
   * @param name what it is, for messages
   */
  record Field(int number, ArchiveSection section, String name) {}

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
  long readNumber(Field field) throws IOException {
    readTag(field, VARINT);
    return readVarint(field);
  }

  /** The contents of a bytes field that must come next. */
  ByteBuffer readBytes(Field field) throws IOException {
    Extent extent = skipBytes(field);
    return extent.length() <= WINDOW_BYTES
        ? window(extent.from(), extent.length())
        : source.read(extent.from(), extent.length());
  }

  /** Where the contents of a bytes field are that must come next. */
  Extent skipBytes(Field field) throws IOException {
    readTag(field, BYTES);
    long at = position;
    long length = readVarint(field);
    if (length < 0 || length > remaining()) {
      throw cut(
          Finding.of(
                  field.section(),
                  remaining() + " bytes that follow",
                  Long.toUnsignedString(length) + " bytes of " + field.name())
              .at(at),
          "announces {expected}, but has only {found}");
    }
    if (length > Integer.MAX_VALUE - 8) {
      throw new PemnFormatException.LimitExceeded(
          Finding.of(
                  field.section(),
                  length + " bytes",
                  "at most " + (Integer.MAX_VALUE - 8) + " bytes")
              .at(at),
          "The archive's "
              + field.name()
              + " has {found}, but {expected} are possible; use a smaller network.");
    }
    Extent extent = new Extent(position, (int) length);
    position += length;
    return extent;
  }

  /**
   * Where the contents of a field are.
   *
   * @param from where they begin
   * @param length how many bytes they have
   */
  record Extent(long from, int length) {
    static final Extent NONE = new Extent(0, 0);
  }

  private void readTag(Field field, int wireType) throws IOException {
    if (atEnd()) {
      throw cut(
          Finding.of(field.section(), "the end", "the beginning of its " + field.name())
              .at(position),
          "has {found} where {expected} should be");
    }
    long at = position;
    int expected = field.number() << 3 | wireType;
    int found = next() & 0xFF;
    if (found != expected) {
      throw new PemnFormatException.Corrupt(
          placed(
              Finding.of(
                      field.section(),
                      String.format("tag %#04x", found),
                      String.format("tag %#04x of its %s", expected, field.name()))
                  .at(at)),
          where(at) + " has {found} instead of {expected}: the file is damaged; get it again.");
    }
  }

  private long readVarint(Field field) throws IOException {
    long at = position;
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (atEnd()) {
        throw cut(
            Finding.of(field.section(), "the end", "the rest of a number of its " + field.name())
                .at(position),
            "has {found} where {expected} should be");
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
        placed(
            Finding.of(
                    field.section(),
                    "a number of more bytes than it needs",
                    "one in its shortest form")
                .at(at)),
        where(at)
            + " has {found} in its "
            + field.name()
            + ", not {expected}: the file is damaged; get it again.");
  }

  /** A file was cut short; a message within it was never whole. */
  private PemnFormatException cut(Finding finding, String sentence) {
    String found = where(finding.offset().orElse(0)) + " " + sentence;
    return whole
        ? new PemnFormatException.Truncated(
            finding, found + ": the file is cut short or damaged; get it again.")
        : new PemnFormatException.Corrupt(
            placed(finding), found + "; it was written by a faulty tool.");
  }

  private String where(long at) {
    return whole
        ? "At byte " + at + " the archive"
        : "At byte " + at + " of its decompressed content, a section of the archive";
  }

  /** Bytes of what is decompressed have no place in the file of their own. */
  private Finding placed(Finding finding) {
    return whole ? finding : Finding.of(finding.section(), finding.found(), finding.expected());
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
