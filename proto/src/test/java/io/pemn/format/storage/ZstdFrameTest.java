package io.pemn.format.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDictCompress;
import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZstdFrameTest {
  private static final String MAGIC = "28B52FFD";

  private static byte[] decompress(byte[] frame, int expected) throws PemnFormatException {
    byte[] content = ZstdFrame.decompress(ByteBuffer.wrap(frame), expected, ArchiveSection.MASKS);
    assertArrayEquals(
        content, ZstdFrame.decompressUpTo(ByteBuffer.wrap(frame), expected, ArchiveSection.MASKS));
    return content;
  }

  private static PemnFormatException assertRefused(byte[] frame) {
    assertThrows(PemnFormatException.class, () -> decompress(frame, 0));
    PemnFormatException e =
        assertThrows(
            PemnFormatException.class,
            () -> ZstdFrame.decompressUpTo(ByteBuffer.wrap(frame), 1 << 20, ArchiveSection.MODULE));
    assertEquals(ArchiveSection.MODULE, e.section());
    assertTrue(e.getMessage().contains(e.found()), e.getMessage());
    assertTrue(e.getMessage().contains(e.expected()), e.getMessage());
    return e;
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static byte[] joined(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  @Test
  void framesOfNothingAndOfSomethingComeBack() throws PemnFormatException {
    for (byte[] content : new byte[][] {{}, {1, 2, 3}, new byte[100_000]}) {
      assertArrayEquals(content, decompress(ZstdFrame.compress(content), content.length));
    }
  }

  @Test
  void framesAreReadWhereverTheyStandInMemory() throws PemnFormatException {
    byte[] content = {1, 2, 3};
    byte[] frame = ZstdFrame.compress(content);
    ByteBuffer within = ByteBuffer.allocate(frame.length + 9).position(5).put(frame).flip();
    within.position(5);
    ByteBuffer direct = ByteBuffer.allocateDirect(frame.length).put(frame).flip();
    for (ByteBuffer stored :
        new ByteBuffer[] {within, within.slice(), within.asReadOnlyBuffer(), direct}) {
      int position = stored.position();
      assertArrayEquals(content, ZstdFrame.decompress(stored, 3, ArchiveSection.MASKS));
      assertEquals(position, stored.position());
    }
  }

  @Test
  void whatIsNoFrameOfTodayIsRefusedThoughZstdReadsIt() {
    // Skippable frames hold no content and hide any bytes.
    assertRefused(bytes("502A4D1803000000010203"));
    // The beginning of a frame of zstd 0.7, which states that it is empty.
    assertRefused(bytes("27B52FFD20000000C00000"));
    assertRefused(new byte[0]);
    assertRefused(bytes("28B52F"));
    assertRefused(bytes(MAGIC));
    assertRefused(bytes(MAGIC + "20"));
  }

  @Test
  void aFrameThatDoesNotStateItsSizeIsRefused() {
    // As zstd's streaming interface writes an empty one.
    PemnFormatException e = assertRefused(bytes(MAGIC + "0058010000"));
    assertEquals("its content size", e.expected());
    assertEquals(4, e.offset().orElseThrow());
  }

  @Test
  void aFrameThatStatesMoreThanIsAllowedIsRefusedBeforeItIsAllocated() {
    // 2^63 - 1, 2^64 - 3 and 2^31 bytes, and none of them there.
    for (String size : new String[] {"FFFFFFFFFFFFFF7F", "FDFFFFFFFFFFFFFF", "0000008000000000"}) {
      byte[] frame = bytes(MAGIC + "E0" + size + "010000");
      assertRefused(frame);
      assertThrows(
          PemnFormatException.class,
          () ->
              ZstdFrame.decompressUpTo(
                  ByteBuffer.wrap(frame), Long.MAX_VALUE, ArchiveSection.REMAINDER));
    }
    byte[] bomb = ZstdFrame.compress(new byte[(1 << 20) + 1]);
    assertInstanceOf(PemnFormatException.LimitExceeded.class, assertRefused(bomb));
  }

  @Test
  void aFrameThatHoldsMoreOrFewerBytesThanItStatesIsRefused() throws PemnFormatException {
    // One block of three bytes as they are, in a frame of one segment that states its size.
    assertArrayEquals(new byte[] {1, 2, 3}, decompress(bytes(MAGIC + "2003190000010203"), 3));
    assertRefused(bytes(MAGIC + "2002190000010203"));
    assertRefused(bytes(MAGIC + "2004190000010203"));
  }

  @Test
  void whateverStandsBehindTheFrameIsRefused() {
    byte[] frame = ZstdFrame.compress(new byte[] {1, 2, 3});
    for (byte[] more :
        new byte[][] {
          {0}, frame, ZstdFrame.compress(new byte[0]), bytes("502A4D1803000000010203")
        }) {
      PemnFormatException e = assertRefused(joined(frame, more));
      if (e.expected().equals("nothing")) {
        assertEquals(frame.length, e.offset().orElseThrow());
        assertEquals(more.length + " bytes more", e.found());
      }
    }
  }

  @Test
  void aHugeWindowCostsNothing() throws PemnFormatException {
    // 256 zeros as one byte that repeats; the window is 2 GiB (2^31), which streaming would take.
    byte[] frame = bytes(MAGIC + "40A8" + "0000" + "03080000");
    assertArrayEquals(new byte[256], decompress(frame, 256));
    // 2^41 bytes are more than the specification's decoders must take.
    assertRefused(bytes(MAGIC + "40F8" + "0000" + "03080000"));
  }

  @Test
  void aFrameThatNeedsADictionaryIsRefused() {
    byte[] content = new byte[2000];
    new Random(1).nextBytes(content);
    try (ZstdDictCompress dictionary = new ZstdDictCompress(dictionary(), 3);
        ZstdCompressCtx context = new ZstdCompressCtx()) {
      context.setContentSize(true).setDictID(true).loadDict(dictionary);
      PemnFormatException e = assertRefused(context.compress(content));
      assertEquals("the number of a dictionary", e.found());
    }
  }

  /** Trained by zstd on random samples, so that it has a number. */
  private static byte[] dictionary() {
    com.github.luben.zstd.ZstdDictTrainer trainer =
        new com.github.luben.zstd.ZstdDictTrainer(1 << 20, 1 << 12);
    Random random = new Random(2);
    byte[] common = new byte[400];
    random.nextBytes(common);
    for (int i = 0; i < 500; i++) {
      byte[] sample = common.clone();
      for (int change = 0; change < 40; change++) {
        sample[random.nextInt(sample.length)] = (byte) random.nextInt();
      }
      trainer.addSample(sample);
    }
    return trainer.trainSamples();
  }

  @Test
  void aChecksumIsCheckedWhereThereIsOne() throws PemnFormatException {
    byte[] content = {1, 2, 3, 4};
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      byte[] frame = context.setContentSize(true).setChecksum(true).compress(content);
      assertArrayEquals(content, decompress(frame, 4));
      frame[frame.length - 1] ^= 1;
      assertRefused(frame);
    }
  }
}
