package io.pemn.format.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ZstdFrameTest {
  private static byte[] decompress(byte[] frame, int expected) throws PemnFormatException {
    byte[] content = ZstdFrame.decompress(ByteBuffer.wrap(frame), expected, ArchiveSection.MASKS);
    assertArrayEquals(
        content, ZstdFrame.decompressUpTo(ByteBuffer.wrap(frame), expected, ArchiveSection.MASKS));
    return content;
  }

  private static void assertRefused(byte[] frame) {
    assertThrows(PemnFormatException.class, () -> decompress(frame, 0));
    assertThrows(
        PemnFormatException.class,
        () -> ZstdFrame.decompressUpTo(ByteBuffer.wrap(frame), 1 << 20, ArchiveSection.MASKS));
  }

  @Test
  void framesOfNothingAndOfSomethingComeBack() throws PemnFormatException {
    for (byte[] content : new byte[][] {{}, {1, 2, 3}, new byte[100_000]}) {
      assertArrayEquals(content, decompress(ZstdFrame.compress(content), content.length));
    }
  }

  @Test
  void aFrameIsReadFromPositionToLimitWhereverItsBufferBegins() throws PemnFormatException {
    byte[] frame = ZstdFrame.compress(new byte[] {1, 2, 3});
    ByteBuffer larger = ByteBuffer.allocate(frame.length + 9).position(2).slice();
    larger.put(3, frame).position(3).limit(3 + frame.length);
    for (ByteBuffer buffer : new ByteBuffer[] {larger, larger.asReadOnlyBuffer()}) {
      assertArrayEquals(
          new byte[] {1, 2, 3}, ZstdFrame.decompress(buffer, 3, ArchiveSection.MASKS));
      assertEquals(3, buffer.position());
    }
  }

  @Test
  void whatIsNoFrameOfTodayIsRefusedThoughZstdReadsIt() {
    // Skippable frames hold no content and hide any bytes.
    assertRefused(new byte[] {0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3});
    // The beginning of a frame of zstd 0.7, which states that it is empty.
    assertRefused(
        new byte[] {0x27, (byte) 0xB5, 0x2F, (byte) 0xFD, 0x20, 0, 0, 0, (byte) 0xC0, 0, 0});
    assertRefused(new byte[0]);
    assertRefused(new byte[] {0x28, (byte) 0xB5, 0x2F});
  }
}
