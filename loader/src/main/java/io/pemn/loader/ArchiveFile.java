package io.pemn.loader;

import com.google.protobuf.ByteString;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Metadata;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.loader.ArchiveCursor.Extent;
import io.pemn.loader.ArchiveCursor.Field;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/**
 * An archive's bytes, taken apart: the head is read and checked against its digest, and each
 * section is read and checked against its own when it is asked for. What goes wrong in a section
 * gets its place in the file here.
 *
 * @param bytes the whole file
 * @param digest SHA-256 of the head in hexadecimal
 * @param version of the format
 * @param metadata as it stands in the file; only its form is checked
 * @param metadataExtent where it stands
 * @param masks the section, of length 0 if there is none
 * @param remainder likewise
 * @param prototypeValues likewise
 * @param module likewise
 * @param codedPrototype likewise
 */
record ArchiveFile(
    ArchiveBytes bytes,
    String digest,
    int version,
    Metadata metadata,
    Extent metadataExtent,
    Part masks,
    Part remainder,
    Part prototypeValues,
    Part module,
    Part codedPrototype) {
  private static final Field MAGIC = new Field(1, ArchiveSection.HEAD, "magic");
  private static final Field VERSION = new Field(2, ArchiveSection.HEAD, "format version");
  private static final Field METADATA = new Field(3, ArchiveSection.METADATA, "metadata");
  private static final Field HEAD_DIGEST = new Field(4, ArchiveSection.HEAD, "head digest");

  /** Digits of a digest that messages show: enough to tell two apart. */
  private static final int SHOWN_DIGITS = 16;

  /**
   * Takes a file apart.
   *
   * @param limits what it may ask for
   */
  static ArchiveFile parse(ArchiveBytes bytes, Limits limits) throws IOException {
    checkMagic(bytes);
    ArchiveCursor cursor = new ArchiveCursor(bytes);
    cursor.skipBytes(MAGIC);
    long versionAt = cursor.position();
    long version = cursor.readNumber(VERSION);
    checkVersion(version, versionAt);
    Extent metadataExtent = cursor.skipBytes(METADATA);
    if (metadataExtent.length() > limits.metadataBytes()) {
      throw new PemnFormatException.LimitExceeded(
          Finding.of(
                  ArchiveSection.METADATA,
                  metadataExtent.length() + " bytes",
                  "at most " + limits.metadataBytes() + " bytes")
              .at(metadataExtent.from()),
          "The archive's metadata take {found}, but {expected} are allowed; raise the limit if you"
              + " trust it.");
    }
    ByteBuffer head = bytes.read(0, Math.toIntExact(cursor.position()));
    long digestAt = cursor.position();
    ByteBuffer headDigest = cursor.readBytes(HEAD_DIGEST);
    byte[] digest = ArchiveFormat.digest(head);
    checkDigest(digest, headDigest, ArchiveSection.HEAD, digestAt);
    Metadata metadata = metadata(head, metadataExtent, limits);
    boolean old = version <= ArchiveFormat.LAST_SPELLED_OUT;
    checkVersion((int) version, metadata, versionAt);

    Part masks =
        part(
            bytes,
            cursor,
            new Field(5, ArchiveSection.MASKS, "masks"),
            metadata.hasMasks(),
            metadata.getMasks().getDigest());
    Part remainder =
        part(
            bytes,
            cursor,
            new Field(6, ArchiveSection.REMAINDER, "remainder"),
            metadata.hasRemainder(),
            metadata.getRemainder().getDigest());
    Part prototypeValues =
        part(
            bytes,
            cursor,
            new Field(7, ArchiveSection.PROTOTYPE_VALUES, "prototype values"),
            metadata.hasPrototypeValues(),
            metadata.getPrototypeValues().getDigest());
    Part module =
        part(
            bytes,
            cursor,
            new Field(8, ArchiveSection.MODULE, "module"),
            metadata.hasModule(),
            metadata.getModule().getDigest());
    Part codedPrototype =
        part(
            bytes,
            cursor,
            new Field(9, ArchiveSection.CODED_PROTOTYPE, "coded prototype"),
            metadata.hasCodedPrototype(),
            metadata.getCodedPrototype().getDigest());
    checkLength(masks, old, metadata.getMasks().getStoredBytes());
    checkLength(remainder, old, metadata.getRemainder().getStoredBytes());
    checkLength(prototypeValues, old, metadata.getPrototypeValues().getStoredBytes());
    checkLength(module, old, metadata.getModule().getStoredBytes());
    if (!cursor.atEnd()) {
      throw new PemnFormatException.Corrupt(
          Finding.of(ArchiveSection.FILE, "more bytes", "its end").at(cursor.position()),
          "At byte "
              + cursor.position()
              + " the archive has {found} where {expected} should be: something was appended to"
              + " it; get it again.");
    }

    return new ArchiveFile(
        bytes instanceof ArrivingBytes arrived ? arrived.whole() : bytes,
        Layer.hex(digest),
        (int) version,
        metadata,
        metadataExtent,
        masks,
        remainder,
        prototypeValues,
        module,
        codedPrototype);
  }

  /**
   * A section.
   *
   * @param section which
   * @param extent where its contents are
   * @param digest what their SHA-256 is stated to be
   * @param checked whether that was found so while they arrived
   */
  record Part(ArchiveSection section, Extent extent, ByteString digest, boolean checked) {
    int length() {
      return extent.length();
    }
  }

  /**
   * What is made of the contents of one of this file's sections, which are found equal to its
   * digest before.
   *
   * @throws PemnFormatException with its place in the file
   */
  <T> T decode(Part part, Decoder<T> decoder) throws IOException {
    ByteBuffer contents = bytes.read(part.extent().from(), part.length());
    if (!part.checked()) {
      checkDigest(
          ArchiveFormat.digest(contents),
          part.digest().asReadOnlyByteBuffer(),
          part.section(),
          part.extent().from());
    }
    return placing(() -> decoder.decode(contents));
  }

  /** Makes something of a section's contents. */
  interface Decoder<T> {
    /**
     * What they say.
     *
     * @param contents from position to limit; nobody writes to them
     * @throws PemnFormatException with offsets from the beginning of the section
     */
    T decode(ByteBuffer contents) throws IOException;
  }

  /** What comes of work; if it finds trouble in a section, that gets its place in the file. */
  <T> T placing(Once.Source<T> work) throws IOException {
    try {
      return work.decode();
    } catch (PemnFormatException e) {
      throw e.within(start(e.section()));
    }
  }

  private long start(ArchiveSection section) {
    return switch (section) {
      case FILE, HEAD, SIGNATURE -> 0;
      case METADATA -> metadataExtent.from();
      case MASKS -> masks.extent().from();
      case REMAINDER -> remainder.extent().from();
      case PROTOTYPE_VALUES -> prototypeValues.extent().from();
      case MODULE -> module.extent().from();
      case CODED_PROTOTYPE -> codedPrototype.extent().from();
    };
  }

  private static void checkMagic(ArchiveBytes bytes) throws IOException {
    byte[] magic = ArchiveFormat.magic();
    byte[] expected = new byte[magic.length + 2];
    expected[0] = 1 << 3 | 2;
    expected[1] = (byte) magic.length;
    System.arraycopy(magic, 0, expected, 2, magic.length);
    int length = 0;
    while (length < expected.length && !bytes.endsAt(length)) {
      length++;
    }
    byte[] found = new byte[length];
    bytes.read(0, length).get(found);
    int different = Arrays.mismatch(found, 0, length, expected, 0, length);
    if (different >= 0) {
      throw new PemnFormatException.NotAnArchive(
          Finding.of(ArchiveSection.HEAD, hex(found), hex(expected)).at(different),
          "The file begins with {found}, but a .pemn archive begins with {expected}; if it is"
              + " meant to be one, it was damaged, perhaps by a transfer in text mode.");
    }
    if (length < expected.length) {
      throw new PemnFormatException.Truncated(
          Finding.of(ArchiveSection.HEAD, length + " bytes", "at least the first 10 bytes")
              .at(length),
          "The file has only {found}, but every .pemn archive has {expected}; get it again.");
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
  }

  private static void checkVersion(long version, long at) throws PemnFormatException {
    if (version == 0) {
      throw new PemnFormatException.Corrupt(
          Finding.of(ArchiveSection.HEAD, "format version 0", "1 to " + ArchiveFormat.VERSION)
              .at(at),
          "The archive has {found}, which never was, not {expected}: the file is damaged; get it"
              + " again.");
    }
    if (Long.compareUnsigned(version, ArchiveFormat.VERSION) > 0) {
      throw new PemnFormatException.TooNew(
          Finding.of(
                  ArchiveSection.HEAD,
                  "format version " + Long.toUnsignedString(version),
                  "up to " + ArchiveFormat.VERSION)
              .at(at),
          "The archive has {found}, but this version of pemn reads {expected}; use a newer pemn,"
              + " or get the file again if it is damaged.");
    }
  }

  private static void checkVersion(int version, Metadata metadata, long at)
      throws PemnFormatException {
    int lowest = ArchiveFormat.versionFor(metadata);
    boolean old = version <= ArchiveFormat.LAST_SPELLED_OUT;
    boolean newer = lowest > ArchiveFormat.LAST_SPELLED_OUT + 1;
    int expected = old && !newer ? ArchiveFormat.oldVersionFor(metadata) : lowest;
    if (version != expected) {
      throw new PemnFormatException.Corrupt(
          Finding.of(ArchiveSection.HEAD, "format version " + version, "version " + expected)
              .at(at),
          "The archive has {found}, but what it holds has {expected}; it was written by a faulty"
              + " tool.");
    }
  }

  private static Metadata metadata(ByteBuffer head, Extent extent, Limits limits)
      throws PemnFormatException {
    ByteBuffer stored = head.slice((int) extent.from(), extent.length());
    try {
      MetadataSize.check(stored, limits);
      return CanonicalMessage.parse(
          Metadata.parser(), stored, ArchiveSection.METADATA, "the metadata", limits.nesting());
    } catch (PemnFormatException e) {
      throw e.within(extent.from());
    }
  }

  private static void checkDigest(
      byte[] digest, ByteBuffer expected, ArchiveSection section, long at)
      throws PemnFormatException {
    if (!ByteBuffer.wrap(digest).equals(expected)) {
      byte[] stated = new byte[expected.remaining()];
      expected.duplicate().get(stated);
      throw new PemnFormatException.Corrupt(
          Finding.of(
                  section,
                  "SHA-256 " + shown(digest),
                  stated.length == digest.length
                      ? "SHA-256 " + shown(stated)
                      : "a digest of " + stated.length + " bytes")
              .at(at),
          "The digest of the archive's "
              + name(section)
              + " is {found}, but {expected} is stated: the file is damaged; get it again.");
    }
  }

  private static String shown(byte[] digest) {
    return Layer.hex(digest).substring(0, SHOWN_DIGITS) + "...";
  }

  private static String name(ArchiveSection section) {
    return section.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** The section that must come next; one that is on its way is checked while it arrives. */
  private static Part part(
      ArchiveBytes bytes, ArchiveCursor cursor, Field field, boolean present, ByteString digest)
      throws IOException {
    if (!present) {
      return new Part(field.section(), Extent.NONE, digest, false);
    }
    Extent extent = cursor.skipBytes(field);
    if (bytes instanceof ArrivingBytes arriving) {
      checkDigest(
          arriving.digest(extent.from(), extent.length()),
          digest.asReadOnlyByteBuffer(),
          field.section(),
          extent.from());
      return new Part(field.section(), extent, digest, true);
    }
    return new Part(field.section(), extent, digest, false);
  }

  /** Before version 3 the metadata repeat the length that stands before the section. */
  private static void checkLength(Part part, boolean old, long storedBytes)
      throws PemnFormatException {
    if (storedBytes == (old ? part.length() : 0)) {
      return;
    }
    String stated = Long.toUnsignedString(storedBytes) + " bytes";
    throw new PemnFormatException.Corrupt(
        (old
                ? Finding.of(part.section(), part.length() + " bytes", stated)
                : Finding.of(part.section(), "a length of " + stated, "none"))
            .at(part.extent().from()),
        "The archive's "
            + name(part.section())
            + (old
                ? " should take {expected}, but {found} are there: the file is damaged; get it"
                    + " again."
                : " has {found} in the metadata, where this format version has {expected}; it was"
                    + " written by a faulty tool."));
  }
}
