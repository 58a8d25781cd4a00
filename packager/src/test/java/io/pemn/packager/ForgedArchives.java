package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.Metadata;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.util.function.Consumer;

/** Archives whose metadata lie, under digests that are right. */
final class ForgedArchives {
  private ForgedArchives() {}

  /** One of {@link TinyNetworks} as it is written. */
  static Archive sound(String name) throws IOException {
    return Archive.parseFrom(ArchiveWriter.toBytes(TinyNetworks.all().get(name)));
  }

  /** The archive with its own metadata changed, and the head digest that they need. */
  static byte[] with(Archive archive, Consumer<Metadata.Builder> change) {
    return with(archive, archive.getMetadata().toBuilder(), change);
  }

  /** The archive with changed metadata and the head digest that they need. */
  static byte[] with(
      Archive archive, Metadata.Builder metadata, Consumer<Metadata.Builder> change) {
    change.accept(metadata);
    Archive head =
        Archive.newBuilder()
            .setMagic(archive.getMagic())
            .setFormatVersion(archive.getFormatVersion())
            .setMetadata(metadata)
            .build();
    return archive.toBuilder()
        .setMetadata(metadata)
        .setHeadDigest(digest(head.toByteString()))
        .build()
        .toByteArray();
  }

  static ByteString digest(ByteString bytes) {
    return ByteString.copyFrom(ArchiveFormat.digest(bytes.asReadOnlyByteBuffer()));
  }

  /** Why the archive is refused; that it tells so is checked. */
  static PemnFormatException refusal(byte[] bytes) {
    PemnFormatException e =
        assertThrows(PemnFormatException.class, () -> PemnArchive.read(bytes).verify());
    Telling.assertTells(e, bytes);
    return e;
  }
}
