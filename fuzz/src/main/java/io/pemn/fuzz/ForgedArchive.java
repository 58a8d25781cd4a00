package io.pemn.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.proto.Metadata;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.format.storage.ZstdFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * An archive whose contents lie under digests that are right, so that a reader believes them long
 * enough to be attacked. Of old versions the stated lengths are right, too, unless {@link
 * #metadata} makes them wrong.
 */
final class ForgedArchive {
  /** More than any of these archives has in a frame. */
  private static final long MOST_CONTENT = 1 << 24;

  private final Archive.Builder archive;
  private long version;

  private ForgedArchive(Archive archive) {
    this.archive = archive.toBuilder();
    this.version = archive.getFormatVersion();
  }

  /** A copy of an archive. */
  static ForgedArchive of(Archive sound) {
    return new ForgedArchive(sound);
  }

  /** A copy of an archive. */
  static ForgedArchive of(byte[] sound) throws IOException {
    return new ForgedArchive(Archive.parseFrom(sound));
  }

  /**
   * An archive whose frames are replaced by their contents: what {@link #sealed} takes. A fuzzer
   * that changes such bytes changes what is decompressed.
   */
  static byte[] opened(byte[] sound) throws IOException {
    Archive.Builder opened = Archive.parseFrom(sound).toBuilder();
    if (opened.hasMetadata() && hasFrame(opened.getMetadata())) {
      opened.setMasks(content(opened.getMasks()));
    }
    if (!opened.getRemainder().isEmpty()) {
      opened.setRemainder(content(opened.getRemainder()));
    }
    if (!opened.getModule().isEmpty()) {
      opened.setModule(content(opened.getModule()));
    }
    if (!opened.getCodedPrototype().isEmpty()) {
      opened.setCodedPrototype(content(opened.getCodedPrototype()));
    }
    return opened.build().toByteArray();
  }

  /** Makes frames of the contents again, with right digests and lengths. */
  static ForgedArchive sealed(Archive opened) {
    ForgedArchive sealed = new ForgedArchive(opened);
    Metadata metadata = opened.getMetadata();
    if (metadata.hasMasks()) {
      byte[] masks = opened.getMasks().toByteArray();
      sealed.masks(hasFrame(metadata) ? ZstdFrame.compress(masks) : masks);
    }
    if (metadata.hasRemainder()) {
      sealed.remainder(opened.getRemainder().toByteArray());
    }
    if (metadata.hasPrototypeValues()) {
      sealed.prototypeValues();
    }
    if (metadata.hasModule()) {
      sealed.module(opened.getModule().toByteArray());
    }
    if (metadata.hasCodedPrototype()) {
      sealed.codedPrototype(opened.getCodedPrototype().toByteArray());
    }
    return sealed;
  }

  private static boolean hasFrame(Metadata metadata) {
    MaskEncoding encoding = metadata.getMasks().getEncoding();
    return encoding == MaskEncoding.ROARING_ZSTD || encoding == MaskEncoding.BITMAP_ZSTD;
  }

  private static ByteString content(ByteString frame) throws PemnFormatException {
    return ByteString.copyFrom(
        ZstdFrame.decompressUpTo(
            frame.asReadOnlyByteBuffer(), MOST_CONTENT, ArchiveSection.REMAINDER));
  }

  /** Another format version, taken as 64 unsigned bits. */
  ForgedArchive version(long other) {
    version = other;
    return this;
  }

  /** Other claims; the head's digest is right all the same. */
  ForgedArchive metadata(Consumer<Metadata.Builder> change) {
    change.accept(archive.getMetadataBuilder());
    return this;
  }

  /** Other masks, as they are stored. */
  ForgedArchive masks(byte[] section) {
    ByteString stored = ByteString.copyFrom(section);
    archive.setMasks(stored);
    archive.getMetadataBuilder().getMasksBuilder().setDigest(digest(stored));
    if (isOld()) {
      archive.getMetadataBuilder().getMasksBuilder().setStoredBytes(section.length);
    }
    return this;
  }

  /** Another remainder message, in a sound frame. */
  ForgedArchive remainder(byte[] message) {
    return remainderFrame(ZstdFrame.compress(message), message.length);
  }

  /** Another remainder section, sound or not, that is said to hold so many bytes. */
  ForgedArchive remainderFrame(byte[] section, long decodedBytes) {
    ByteString stored = ByteString.copyFrom(section);
    archive.setRemainder(stored);
    archive.getMetadataBuilder().getRemainderBuilder().setDigest(digest(stored));
    if (isOld()) {
      archive
          .getMetadataBuilder()
          .getRemainderBuilder()
          .setStoredBytes(section.length)
          .setDecodedBytes(decodedBytes);
    }
    return this;
  }

  /** Right digest and length of the prototype's values that are there. */
  ForgedArchive prototypeValues() {
    ByteBuffer values =
        ByteBuffer.allocate(Float.BYTES * archive.getPrototypeValuesCount())
            .order(java.nio.ByteOrder.LITTLE_ENDIAN);
    archive.getPrototypeValuesList().forEach(values::putFloat);
    archive
        .getMetadataBuilder()
        .getPrototypeValuesBuilder()
        .setDigest(digest(ByteString.copyFrom(values.flip())));
    if (isOld()) {
      archive.getMetadataBuilder().getPrototypeValuesBuilder().setStoredBytes(values.capacity());
    }
    return this;
  }

  /** Another value of the prototype, among those that are stored. */
  ForgedArchive prototypeValue(int index, float value) {
    archive.setPrototypeValues(index, value);
    return prototypeValues();
  }

  /** Another module message, in a sound frame. */
  ForgedArchive module(byte[] message) {
    ByteString stored = ByteString.copyFrom(ZstdFrame.compress(message));
    archive.setModule(stored);
    archive.getMetadataBuilder().getModuleBuilder().setDigest(digest(stored));
    if (isOld()) {
      archive
          .getMetadataBuilder()
          .getModuleBuilder()
          .setStoredBytes(stored.size())
          .setDecodedBytes(message.length);
    }
    return this;
  }

  /** Another message of coded prototype values, in a sound frame. */
  ForgedArchive codedPrototype(byte[] message) {
    ByteString stored = ByteString.copyFrom(ZstdFrame.compress(message));
    archive.setCodedPrototype(stored);
    archive.getMetadataBuilder().getCodedPrototypeBuilder().setDigest(digest(stored));
    return this;
  }

  private boolean isOld() {
    return version <= ArchiveFormat.LAST_SPELLED_OUT;
  }

  /** The file. */
  byte[] toBytes() {
    return toBytes(archive.getMetadata().toByteArray());
  }

  /** The file with metadata that no library would write. */
  byte[] toBytes(byte[] metadata) {
    try {
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(file);
      out.writeByteArray(Archive.MAGIC_FIELD_NUMBER, archive.getMagic().toByteArray());
      out.writeUInt64(Archive.FORMAT_VERSION_FIELD_NUMBER, version);
      out.writeByteArray(Archive.METADATA_FIELD_NUMBER, metadata);
      out.flush();
      byte[] head = file.toByteArray();
      Archive rest =
          archive.clone().clearMagic().clearFormatVersion().clearMetadata().build().toBuilder()
              .setHeadDigest(digest(ByteString.copyFrom(head)))
              .build();
      rest.writeTo(out);
      out.flush();
      return file.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("Memory is always written.", e);
    }
  }

  private static ByteString digest(ByteString bytes) {
    return ByteString.copyFrom(ArchiveFormat.digest(bytes.asReadOnlyByteBuffer()));
  }
}
