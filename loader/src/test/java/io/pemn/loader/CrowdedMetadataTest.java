package io.pemn.loader;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedOutputStream;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Metadata;
import io.pemn.format.storage.ArchiveFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Metadata of a few megabytes must not become gigabytes of objects before they are counted. */
class CrowdedMetadataTest {
  private static final int MANY = 12_000_000;

  @Test
  void millionsOfEmptyLayers() throws IOException {
    byte[] archive = archive(repeated(Metadata.LAYERS_FIELD_NUMBER, MANY));
    PemnFormatException e =
        assertThrows(PemnFormatException.LimitExceeded.class, () -> PemnArchive.read(archive));
    assertTrue(
        e.getMessage().contains("100001 layers or more, but at most 100000"), e.getMessage());
  }

  @Test
  void millionsOfEmptyLabels() throws IOException {
    byte[] archive = archive(repeated(Metadata.CLASS_LABELS_FIELD_NUMBER, MANY));
    assertThrows(PemnFormatException.LimitExceeded.class, () -> PemnArchive.read(archive));
  }

  @Test
  void millionsOfEmptyOptionsInTheProvenance() throws IOException {
    ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(metadata);
    out.writeByteArray(Metadata.PROVENANCE_FIELD_NUMBER, repeated(3, MANY));
    out.flush();
    byte[] archive = archive(metadata.toByteArray());
    assertThrows(PemnFormatException.LimitExceeded.class, () -> PemnArchive.read(archive));
  }

  /** So many empty messages of one field. */
  private static byte[] repeated(int field, int times) {
    byte[] bytes = new byte[2 * times];
    for (int i = 0; i < bytes.length; i += 2) {
      bytes[i] = (byte) (field << 3 | 2);
    }
    return bytes;
  }

  private static byte[] archive(byte[] metadata) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(head);
    out.writeByteArray(1, ArchiveFormat.magic());
    out.writeUInt64(2, 3);
    out.writeByteArray(3, metadata);
    out.flush();
    byte[] digest = ArchiveFormat.digest(ByteBuffer.wrap(head.toByteArray()));
    out.writeByteArray(4, digest);
    out.flush();
    return Arrays.copyOf(head.toByteArray(), head.size());
  }
}
