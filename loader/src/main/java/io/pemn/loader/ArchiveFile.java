package io.pemn.loader;

import com.google.protobuf.ByteString;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Metadata;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.loader.ArchiveCursor.Section;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * An archive's bytes, taken apart: the head is read and checked against its digest, and each
 * section is read and checked against its own when it is asked for.
 *
 * @param bytes the whole file
 * @param digest SHA-256 of the head in hexadecimal
 * @param version of the format
 * @param metadata as it stands in the file; only its form is checked
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
    Part masks,
    Part remainder,
    Part prototypeValues,
    Part module,
    Part codedPrototype) {
  /** Ten times what 100,000 layers with long names take. */
  private static final int MOST_HEAD_BYTES = 1 << 28;

  /**
   * Takes a file apart.
   *
   * @param limits what it may ask for
   */
  static ArchiveFile parse(ArchiveBytes bytes, Limits limits) throws IOException {
    checkMagic(bytes);
    ArchiveCursor cursor = new ArchiveCursor(bytes);
    cursor.skipBytes(1, "magic");
    long version = cursor.readNumber(2, "format version");
    if (version == 0) {
      throw new PemnFormatException.Corrupt(
          "The archive has format version 0, which never was: the file is damaged; get it again.");
    }
    if (Long.compareUnsigned(version, ArchiveFormat.VERSION) > 0) {
      throw new PemnFormatException.TooNew(
          "The archive has format version "
              + Long.toUnsignedString(version)
              + ", but this version of pemn reads up to "
              + ArchiveFormat.VERSION
              + "; use a newer pemn, or get the file again if it is damaged.");
    }
    Section metadataSection = cursor.skipBytes(3, "metadata");
    if (cursor.position() > MOST_HEAD_BYTES) {
      throw new PemnFormatException.LimitExceeded(
          "The archive's head has "
              + cursor.position()
              + " bytes, more than the "
              + MOST_HEAD_BYTES
              + " that are possible; it was written by a faulty tool.");
    }
    ByteBuffer head = bytes.read(0, (int) cursor.position());
    ByteBuffer metadataBytes = head.slice((int) metadataSection.from(), metadataSection.length());
    ByteBuffer headDigest = cursor.readBytes(4, "head digest");
    checkDigest(head, headDigest, "head");
    MetadataSize.check(metadataBytes, limits);
    Metadata metadata = CanonicalMessage.parse(Metadata.parser(), metadataBytes, "the metadata");
    boolean old = version <= ArchiveFormat.LAST_SPELLED_OUT;
    int lowest = ArchiveFormat.versionFor(metadata);
    boolean newer = lowest > ArchiveFormat.LAST_SPELLED_OUT + 1;
    int expected = old && !newer ? ArchiveFormat.oldVersionFor(metadata) : lowest;
    if (version != expected) {
      throw new PemnFormatException.Corrupt(
          "The archive has format version "
              + version
              + ", but what it holds has version "
              + expected
              + "; it was written by a faulty tool.");
    }

    Part masks =
        part(bytes, cursor, 5, "masks", metadata.hasMasks(), metadata.getMasks().getDigest());
    Part remainder =
        part(
            bytes,
            cursor,
            6,
            "remainder",
            metadata.hasRemainder(),
            metadata.getRemainder().getDigest());
    Part prototypeValues =
        part(
            bytes,
            cursor,
            7,
            "prototype values",
            metadata.hasPrototypeValues(),
            metadata.getPrototypeValues().getDigest());
    Part module =
        part(bytes, cursor, 8, "module", metadata.hasModule(), metadata.getModule().getDigest());
    Part codedPrototype =
        part(
            bytes,
            cursor,
            9,
            "coded prototype",
            metadata.hasCodedPrototype(),
            metadata.getCodedPrototype().getDigest());
    checkLength(masks, old, metadata.getMasks().getStoredBytes());
    checkLength(remainder, old, metadata.getRemainder().getStoredBytes());
    checkLength(prototypeValues, old, metadata.getPrototypeValues().getStoredBytes());
    checkLength(module, old, metadata.getModule().getStoredBytes());
    if (!cursor.atEnd()) {
      throw new PemnFormatException.Corrupt(
          "The archive ends at byte "
              + cursor.position()
              + ", but more bytes follow: something was appended to it; get it again.");
    }

    return new ArchiveFile(
        bytes instanceof ArrivingBytes arrived ? arrived.whole() : bytes,
        Layer.hex(ArchiveFormat.digest(head)),
        (int) version,
        metadata,
        masks,
        remainder,
        prototypeValues,
        module,
        codedPrototype);
  }

  /**
   * A section.
   *
   * @param name for messages
   * @param section where its contents are
   * @param digest what their SHA-256 is stated to be
   * @param checked whether that was found so while they arrived
   */
  record Part(String name, Section section, ByteString digest, boolean checked) {
    int length() {
      return section.length();
    }
  }

  /** The contents of one of this file's sections, found equal to its digest. */
  ByteBuffer contents(Part part) throws IOException {
    ByteBuffer contents = bytes.read(part.section().from(), part.length());
    if (!part.checked()) {
      checkDigest(contents, part.digest().asReadOnlyByteBuffer(), part.name());
    }
    return contents;
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
    if (!Arrays.equals(found, 0, found.length, expected, 0, found.length)) {
      throw new PemnFormatException.NotAnArchive(
          "The file does not begin as a .pemn archive does; if it is meant to be one, it was"
              + " damaged, perhaps by a transfer in text mode.");
    }
    if (found.length < expected.length) {
      throw new PemnFormatException.Truncated(
          "The file has only "
              + found.length
              + " bytes, fewer than the beginning of any .pemn archive; get it again.");
    }
  }

  private static void checkDigest(ByteBuffer bytes, ByteBuffer expected, String what)
      throws PemnFormatException {
    checkDigest(ArchiveFormat.digest(bytes), expected, what);
  }

  private static void checkDigest(byte[] digest, ByteBuffer expected, String what)
      throws PemnFormatException {
    if (!ByteBuffer.wrap(digest).equals(expected)) {
      byte[] stated = new byte[expected.remaining()];
      expected.duplicate().get(stated);
      throw new PemnFormatException.Corrupt(
          "The archive's "
              + what
              + " has SHA-256 "
              + Layer.hex(digest).substring(0, 16)
              + "..., but "
              + (stated.length == digest.length
                  ? Layer.hex(stated).substring(0, 16) + "..."
                  : "a digest of " + stated.length + " bytes")
              + " is stated: the file is damaged; get it again.");
    }
  }

  /** The section that must come next; one that is on its way is checked while it arrives. */
  private static Part part(
      ArchiveBytes bytes,
      ArchiveCursor cursor,
      int field,
      String name,
      boolean present,
      ByteString digest)
      throws IOException {
    if (!present) {
      return new Part(name, Section.NONE, digest, false);
    }
    Section section = cursor.skipBytes(field, name);
    if (bytes instanceof ArrivingBytes arriving) {
      checkDigest(
          arriving.digest(section.from(), section.length()), digest.asReadOnlyByteBuffer(), name);
      return new Part(name, section, digest, true);
    }
    return new Part(name, section, digest, false);
  }

  /** Before version 3 the metadata repeat the length that stands before the section. */
  private static void checkLength(Part part, boolean old, long storedBytes)
      throws PemnFormatException {
    long expected = old ? part.length() : 0;
    if (storedBytes != expected) {
      throw new PemnFormatException.Corrupt(
          "The archive's "
              + part.name()
              + " should take "
              + Long.toUnsignedString(storedBytes)
              + " bytes, but "
              + (old
                  ? part.length() + " are there: the file is damaged; get it again."
                  : "this format version does not say so twice; it was written by a faulty tool."));
    }
  }
}
