package io.pemn.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import io.pemn.format.storage.ZstdFrame;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a zstd frame, of which zstd's own library reads more than there should be. */
class ZstdFrameFuzzTest {
  private static final int MOST = 1 << 16;

  static List<byte[]> seeds() {
    byte[] noise = new byte[2000];
    new Random(1).nextBytes(noise);
    byte[] text = "a frame of many words, of many words, of words".repeat(20).getBytes();
    return List.of(
        ZstdFrame.compress(new byte[0]),
        ZstdFrame.compress(new byte[MOST]),
        ZstdFrame.compress(new byte[MOST + 1]),
        ZstdFrame.compress(noise),
        ZstdFrame.compress(text, List.of(100, 500)));
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isDecompressedOrRefused(byte[] frame) {
    try {
      byte[] content = ZstdFrame.decompressUpTo(ByteBuffer.wrap(frame), MOST, ArchiveSection.MASKS);
      assertTrue(content.length <= MOST);
      assertEquals(
          ByteBuffer.wrap(content),
          ByteBuffer.wrap(
              ZstdFrame.decompress(ByteBuffer.wrap(frame), content.length, ArchiveSection.MASKS)));
    } catch (PemnFormatException e) {
      // As it should be.
    }
  }
}
