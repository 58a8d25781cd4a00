package io.pemn.format.mask;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.github.luben.zstd.Zstd;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.storage.ZstdFrame;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every codec in {@link MaskCodecs} promises. */
class MaskCodecContractTest {
  private static final int[] SIZES = {0, 1, 63, 64, 65, 65535, 65536, 65537, 200_000};
  private static final double[] DENSITIES = {0, 0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.99, 1};

  static List<MaskCodec> codecs() {
    return MaskCodecs.all();
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void isFoundByItsEncoding(MaskCodec codec) throws PemnFormatException {
    assertSame(codec, MaskCodecs.of(codec.encoding()));
  }

  @Test
  void anEncodingWithoutACodecIsUnsupported() {
    assertThrows(
        PemnFormatException.Unsupported.class,
        () -> MaskCodecs.of(MaskEncoding.MASK_ENCODING_UNSPECIFIED));
    assertThrows(
        PemnFormatException.Unsupported.class, () -> MaskCodecs.of(MaskEncoding.UNRECOGNIZED));
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void decodesWhatItEncoded(MaskCodec codec) throws PemnFormatException {
    for (int size : SIZES) {
      for (double density : DENSITIES) {
        Mask mask = random(size, density);
        for (MaskLayout layout : layouts(mask).subList(0, size < 1000 ? 6 : 3)) {
          EncodedMask encoded = codec.encode(mask, layout);
          assertEquals(
              mask,
              codec.decode(ByteBuffer.wrap(encoded.stored()), encoded.decodedBytes(), layout),
              size + " positions at " + density);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void readsFromPositionToLimitAndLeavesTheBufferAsItWas(MaskCodec codec)
      throws PemnFormatException {
    Mask mask = random(1000, 0.3);
    EncodedMask encoded = codec.encode(mask, MaskLayout.of(1000));
    ByteBuffer within = ByteBuffer.allocate(encoded.stored().length + 9);
    within.position(4).put(encoded.stored()).limit(within.position()).position(4);
    assertEquals(
        mask, codec.decode(within.asReadOnlyBuffer(), encoded.decodedBytes(), MaskLayout.of(1000)));
    ByteBuffer again = within.asReadOnlyBuffer();
    codec.decode(again, encoded.decodedBytes(), MaskLayout.of(1000));
    assertEquals(4, again.position());
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void equalMasksGiveEqualBytes(MaskCodec codec) {
    for (int size : SIZES) {
      EncodedMask first = codec.encode(random(size, 0.3), MaskLayout.of(size));
      EncodedMask second = codec.encode(random(size, 0.3), MaskLayout.of(size));
      assertArrayEquals(first.stored(), second.stored());
      assertEquals(first.decodedBytes(), second.decodedBytes());
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void aTruncatedMaskIsRefusedOrAnother(MaskCodec codec) {
    for (double density : DENSITIES) {
      Mask mask = random(500, density);
      for (MaskLayout layout : layouts(mask)) {
        EncodedMask encoded = codec.encode(mask, layout);
        for (int length = 0; length < encoded.stored().length; length++) {
          ByteBuffer cut = ByteBuffer.wrap(encoded.stored(), 0, length);
          try {
            // The beginning of an entropy code can be the code of another mask; never of the same.
            assertNotEquals(mask, codec.decode(cut, encoded.decodedBytes(), layout));
            assertSame(MaskEncoding.ENTROPY, codec.encoding());
          } catch (PemnFormatException expected) {
            // Refused, as nearly all of these are.
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void aLengthenedMaskIsRefused(MaskCodec codec) {
    EncodedMask encoded = codec.encode(random(500, 0.3), MaskLayout.of(500));
    for (int more : new int[] {1, 8, encoded.stored().length}) {
      byte[] longer = Arrays.copyOf(encoded.stored(), encoded.stored().length + more);
      System.arraycopy(encoded.stored(), 0, longer, encoded.stored().length, more);
      assertThrows(
          PemnFormatException.class,
          () -> codec.decode(ByteBuffer.wrap(longer), encoded.decodedBytes(), MaskLayout.of(500)));
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void aChangedByteGivesAMaskOrAFormatException(MaskCodec codec) {
    for (double density : new double[] {0, 0.01, 0.3, 0.5, 0.99, 1}) {
      Mask mask = random(300, density);
      MaskLayout layout = layouts(mask).get(1);
      EncodedMask encoded = codec.encode(mask, layout);
      for (int at = 0; at < encoded.stored().length; at++) {
        for (int change = 1; change < 256; change++) {
          byte[] changed = encoded.stored().clone();
          changed[at] ^= (byte) change;
          decodeOrRefuse(codec, changed, encoded.decodedBytes(), layout);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void garbageGivesAMaskOrAFormatException(MaskCodec codec) {
    Random random = new Random(2);
    for (int round = 0; round < 5000; round++) {
      byte[] garbage = new byte[random.nextInt(200)];
      random.nextBytes(garbage);
      MaskLayout layout = garbageLayout(random);
      decodeOrRefuse(codec, garbage, random.nextInt(300), layout);
      decodeOrRefuse(codec, garbage, 0, layout);
      // The same inside a sound frame, so that it reaches what is behind the compression.
      byte[] frame = ZstdFrame.compress(garbage);
      decodeOrRefuse(codec, frame, garbage.length, layout);
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void aKeptPositionBeyondTheLastIsRefused(MaskCodec codec) {
    for (int size : new int[] {64, 65, 65_537, 200_000}) {
      EncodedMask encoded = codec.encode(random(size, 1), MaskLayout.of(size));
      for (int positions : new int[] {0, 1, size - 1}) {
        if (codec.encoding() == MaskEncoding.ENTROPY) {
          // What the code says is bounded by the layout; nothing can be beyond.
          decodeOrRefuse(codec, encoded.stored(), encoded.decodedBytes(), MaskLayout.of(positions));
          continue;
        }
        assertThrows(
            PemnFormatException.class,
            () ->
                codec.decode(
                    ByteBuffer.wrap(encoded.stored()),
                    encoded.decodedBytes(),
                    MaskLayout.of(positions)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void anotherDecodedSizeThanTheRealOneIsRefused(MaskCodec codec) {
    EncodedMask encoded = codec.encode(random(500, 0.3), MaskLayout.of(500));
    for (byte[] stored :
        new byte[][] {encoded.stored(), {}, {1, 2, 3}, unknownSizeFrame(), skippableFrame()}) {
      for (long decodedBytes :
          new long[] {
            Long.MIN_VALUE, -3, -2, -1, 0, 1, encoded.decodedBytes() + 1, 1L << 31, 1L << 40
          }) {
        if (decodedBytes == encoded.decodedBytes()) {
          continue;
        }
        for (int positions : new int[] {500, Integer.MAX_VALUE}) {
          assertThrows(
              PemnFormatException.class,
              () -> codec.decode(ByteBuffer.wrap(stored), decodedBytes, MaskLayout.of(positions)),
              () -> decodedBytes + " bytes of " + positions + " positions");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void aMaskOfAnotherSizeThanTheLayoutIsNotEncoded(MaskCodec codec) {
    for (int positions : new int[] {63, 65}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> codec.encode(Mask.all(64), MaskLayout.of(positions)));
    }
  }

  /**
   * Room for the containers is taken before they are read, so that their number is compared first.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 65_536, 65_537, 200_000})
  void aRoaringBitmapAnnouncesNoMoreContainersThanItsPositionsNeed(int positions)
      throws PemnFormatException {
    int possible = (positions + 65_535) / 65_536;
    MaskCodec codec = MaskCodecs.of(MaskEncoding.ROARING_ZSTD);
    for (boolean runs : new boolean[] {false, true}) {
      for (int more : new int[] {0, 1}) {
        ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        if (runs) {
          header.putInt(12347 | possible + more - 1 << 16);
        } else {
          header.putInt(12346).putInt(possible + more);
        }
        PemnFormatException refused =
            assertThrows(
                PemnFormatException.Corrupt.class,
                () ->
                    codec.decode(
                        ByteBuffer.wrap(ZstdFrame.compress(header.array())),
                        16,
                        MaskLayout.of(positions)));
        assertEquals(
            more > 0,
            refused.found().equals(possible + 1 + " containers"),
            () -> runs + ": " + refused.getMessage());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 65_536, 65_537, 200_000})
  void aRoaringBitmapTakesNoMoreThanItsContainersCan(int positions) throws PemnFormatException {
    long most = 16 + (positions + 65_535) / 65_536 * (8192L + 9);
    MaskCodec codec = MaskCodecs.of(MaskEncoding.ROARING_ZSTD);
    for (long size : new long[] {most, most + 1}) {
      PemnFormatException refused =
          assertThrows(
              PemnFormatException.class,
              () ->
                  codec.decode(
                      ByteBuffer.wrap(ZstdFrame.compress(new byte[3])),
                      size,
                      MaskLayout.of(positions)));
      assertEquals(size > most, refused.section() == ArchiveSection.METADATA, refused::getMessage);
      if (size > most) {
        assertEquals("at most " + most + " bytes", refused.expected());
      }
    }
  }

  @Test
  void aBitmapIsItsBitsFromTheLowestEightAByte() throws PemnFormatException {
    byte[] bits = new byte[17];
    bits[0] = bits[9] = bits[16] = 1;
    EncodedMask encoded =
        MaskCodecs.of(MaskEncoding.BITMAP_ZSTD).encode(Mask.ofBytes(bits), MaskLayout.of(17));
    assertEquals(3, encoded.decodedBytes());
    assertArrayEquals(new byte[] {1, 2, 1}, Zstd.decompress(encoded.stored(), 3));
  }

  @Test
  void aFewBytesThatClaimManyZerosTakeNoMoreThanTheMask() throws PemnFormatException {
    int size = 50_000_000;
    MaskLayout layout = MaskLayout.of(size);
    EncodedMask encoded = new EntropyMaskCodec().encode(Mask.none(size), layout);
    assertEquals(1, encoded.stored().length);
    Mask mask = new EntropyMaskCodec().decode(ByteBuffer.wrap(encoded.stored()), 0, layout);
    assertEquals(0, mask.kept());
    assertThrows(
        PemnFormatException.class,
        () ->
            new EntropyMaskCodec()
                .decode(
                    ByteBuffer.allocate(1),
                    0,
                    new MaskLayout(List.of(new MaskLayout.Segment(size, 1000, 1)))));
  }

  @Test
  void randomHalvesOfTheSmallConvMixerTakeLittleMoreThanABitAPosition() {
    byte[] stored =
        new RoaringMaskCodec().encode(random(23_680, 0.5), MaskLayout.of(23_680)).stored();
    assertEquals(2_960, stored.length, 40);
  }

  private static void decodeOrRefuse(
      MaskCodec codec, byte[] stored, long decodedBytes, MaskLayout layout) {
    try {
      Mask mask = codec.decode(ByteBuffer.wrap(stored), decodedBytes, layout);
      assertEquals(layout.positions(), mask.size());
    } catch (PemnFormatException expected) {
      // Refused, as most of these must be.
    }
  }

  /** A frame as zstd's streaming interface writes it: without its content size, holding nothing. */
  private static byte[] unknownSizeFrame() {
    return new byte[] {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0x00, 0x58, 0x01, 0x00, 0x00};
  }

  private static byte[] skippableFrame() {
    return new byte[] {0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 7};
  }

  /** One segment, then ever more and smaller ones, with and without their numbers of ones. */
  static List<MaskLayout> layouts(Mask mask) {
    int size = mask.size();
    List<MaskLayout> layouts = new ArrayList<>();
    layouts.add(MaskLayout.of(size));
    for (int[] shape :
        new int[][] {{size, 8}, {size, 64}, {size / 2 + 1, 1}, {size / 3 + 1, 784}, {64, 9}}) {
      List<MaskLayout.Segment> segments = new ArrayList<>();
      for (int at = 0; at < size || segments.isEmpty(); at += Math.max(1, shape[0])) {
        int positions = Math.min(shape[0], size - at);
        int ones = mask.slice(at, positions).kept();
        segments.add(
            new MaskLayout.Segment(
                positions, shape[1], segments.size() % 3 == 2 ? MaskLayout.UNKNOWN : ones));
      }
      layouts.add(new MaskLayout(segments));
    }
    return layouts;
  }

  private static MaskLayout garbageLayout(Random random) {
    List<MaskLayout.Segment> segments = new ArrayList<>();
    for (int i = random.nextInt(5); i >= 0; i--) {
      int positions = random.nextInt(20_000);
      int ones = random.nextBoolean() ? MaskLayout.UNKNOWN : random.nextInt(positions + 1);
      segments.add(new MaskLayout.Segment(positions, 1 + random.nextInt(300), ones));
    }
    return new MaskLayout(segments);
  }

  private static Mask random(int size, double density) {
    Random random = new Random(size + 1);
    byte[] kept = new byte[size];
    for (int i = 0; i < size; i++) {
      kept[i] = (byte) (random.nextDouble() < density ? 1 : 0);
    }
    return Mask.ofBytes(kept);
  }
}
