package io.pemn.fuzz;

import com.google.protobuf.CodedOutputStream;
import io.pemn.format.proto.Archive;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The bytes around the sections, the head's digest, and files that are two things at once. */
final class ArchiveFraming {
  private static final String CORRUPT = "Corrupt";
  private static final String TRUNCATED = "Truncated";
  private static final String TOO_NEW = "TooNew";
  private static final String NO_ARCHIVE = "NotAnArchive";
  private static final String PERCEPTRON = "version-3/coded";

  private final HostileArchives archives;

  ArchiveFraming(HostileArchives archives) {
    this.archives = archives;
  }

  /** Adds them all. */
  void add() throws IOException {
    byte[] sound = TestData.golden(PERCEPTRON);
    ForgedArchive same = ForgedArchive.of(sound);
    archives.add("version-0", "format version 0", CORRUPT, same.version(0).toBytes());
    archives.add("version-5", "the next format version", TOO_NEW, same.version(5).toBytes());
    archives.add(
        "version-2^63",
        "a version beyond a signed long",
        TOO_NEW,
        same.version(1L << 63).toBytes());
    archives.add("version-2^64-1", "the greatest version", TOO_NEW, same.version(-1).toBytes());
    archives.add(
        "version-4-without-need",
        "a version that the network does not need",
        CORRUPT,
        same.version(4).toBytes());
    Archive archive = Archive.parseFrom(sound);
    int metadataAt = 12;
    int digestAt = metadataAt + 3 + archive.getMetadata().getSerializedSize();
    archives.add(
        "varint-overlong",
        "a version in two bytes where one does",
        CORRUPT,
        HostileArchives.splice(sound, 11, 1, new byte[] {(byte) 0x83, 0}));
    archives.add(
        "varint-endless",
        "a version of more than ten bytes",
        CORRUPT,
        HostileArchives.splice(sound, 11, 1, HostileArchives.filled(11, 0xFF)));
    archives.add(
        "varint-negative",
        "metadata of -1 bytes",
        TRUNCATED,
        HostileArchives.splice(
            sound, 13, 2, HandmadeFrame.join(HostileArchives.filled(9, 0xFF), new byte[] {1})));
    archives.add(
        "metadata-of-2-GiB",
        "metadata of more bytes than the file has",
        TRUNCATED,
        HostileArchives.splice(sound, 13, 2, new byte[] {-1, -1, -1, -1, 7}));
    archives.add(
        "head-digest-wrong",
        "another head digest",
        CORRUPT,
        HostileArchives.splice(sound, digestAt + 2, 1, new byte[] {(byte) ~sound[digestAt + 2]}));
    archives.add(
        "head-digest-short",
        "a head digest of 31 bytes",
        CORRUPT,
        HostileArchives.splice(sound, digestAt + 1, 2, new byte[] {31}));
    archives.add(
        "head-digest-empty",
        "a head digest of no bytes",
        CORRUPT,
        HostileArchives.splice(sound, digestAt + 1, 33, new byte[] {0}));
    archives.add(
        "version-twice",
        "a field that stands twice",
        CORRUPT,
        HostileArchives.splice(sound, metadataAt, 0, new byte[] {0x10, 3}));
    archives.add(
        "zip-behind",
        "a polyglot: a zip behind the archive, which unzip opens",
        CORRUPT,
        HandmadeFrame.join(sound, zip()));
    archives.add(
        "zip-before",
        "a polyglot: a zip before the archive",
        NO_ARCHIVE,
        HandmadeFrame.join(zip(), sound));
    archives.add(
        "script-before",
        "a polyglot: a shell script before the archive",
        NO_ARCHIVE,
        HandmadeFrame.join("#!/bin/sh\nexit\n".getBytes(StandardCharsets.UTF_8), sound));
    archives.add(
        "byte-behind",
        "one zero behind the archive",
        CORRUPT,
        HandmadeFrame.join(sound, new byte[1]));
    archives.add(
        "field-10",
        "a field that no version has, behind the others",
        CORRUPT,
        HandmadeFrame.join(sound, new byte[] {0x52, 3, 'x', 'x', 'x'}));
    archives.add(
        "text-mode",
        "the line ends of a transfer in text mode",
        NO_ARCHIVE,
        new String(sound, StandardCharsets.ISO_8859_1)
            .replace("\r\n", "\n")
            .getBytes(StandardCharsets.ISO_8859_1));
    int masksAt = digestAt + 34;
    int remainderAt =
        masksAt
            + CodedOutputStream.computeBytesSize(Archive.MASKS_FIELD_NUMBER, archive.getMasks());
    archives.add("cut-in-magic", "cut off within the magic", TRUNCATED, Arrays.copyOf(sound, 7));
    archives.add(
        "cut-at-metadata",
        "cut off before the metadata",
        TRUNCATED,
        Arrays.copyOf(sound, metadataAt));
    archives.add(
        "cut-at-digest",
        "cut off before the head's digest",
        TRUNCATED,
        Arrays.copyOf(sound, digestAt));
    archives.add(
        "cut-at-masks", "cut off before the masks", TRUNCATED, Arrays.copyOf(sound, masksAt));
    archives.add(
        "cut-at-remainder",
        "cut off before the remainder",
        TRUNCATED,
        Arrays.copyOf(sound, remainderAt));
    archives.add(
        "cut-at-end",
        "cut off one byte too early",
        TRUNCATED,
        Arrays.copyOf(sound, sound.length - 1));
    archives.add(
        "sections-swapped",
        "the remainder before the masks",
        CORRUPT,
        HandmadeFrame.join(
            Arrays.copyOf(sound, masksAt),
            Arrays.copyOfRange(sound, remainderAt, sound.length),
            Arrays.copyOfRange(sound, masksAt, remainderAt)));
    archives.add(
        "masks-twice",
        "a section that stands twice",
        CORRUPT,
        HostileArchives.splice(
            sound, remainderAt, 0, Arrays.copyOfRange(sound, masksAt, remainderAt)));
  }

  private static byte[] zip() throws IOException {
    byte[] content = "anything\n".getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      ZipEntry entry = new ZipEntry("readme.txt");
      CRC32 crc = new CRC32();
      crc.update(content);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(content.length);
      entry.setCrc(crc.getValue());
      entry.setTime(0);
      zip.putNextEntry(entry);
      zip.write(content);
    }
    return bytes.toByteArray();
  }
}
