package io.pemn.format.mask;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.storage.ZstdFrame;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** RoaringBitmaps in the portable format, written by hand and wrong. */
class RoaringMaskCodecTest {
  private static final int POSITIONS = 200_000;

  /** Little-endian numbers of two bytes, the unit of most of the format. */
  private static byte[] shorts(int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(numbers).forEach(number -> bytes.putShort((short) number));
    return bytes.array();
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Stream.of(parts).forEach(bytes::writeBytes);
    return bytes.toByteArray();
  }

  /** A bitmap of one array container, its header complete. */
  private static byte[] array(int key, int... members) {
    return joined(shorts(12346, 0, 1, 0, key, members.length - 1, 16, 0), shorts(members));
  }

  /** Two array containers of one member each. */
  private static byte[] arrays(int firstKey, int secondKey) {
    return shorts(12346, 0, 2, 0, firstKey, 0, secondKey, 0, 24, 0, 26, 0, 7, 7);
  }

  /** One run container; runs are starts and lengths less one. */
  private static byte[] runs(int cardinality, int... runs) {
    return joined(
        shorts(12347, 0),
        new byte[] {1},
        shorts(0, cardinality - 1),
        shorts(runs.length / 2),
        shorts(runs));
  }

  /** One bitmap container with so many ones, and the cardinality that it claims. */
  private static byte[] bitmap(int ones, int cardinality) {
    byte[] words = new byte[8192];
    IntStream.range(0, ones).forEach(i -> words[i / 8] |= (byte) (1 << i % 8));
    return joined(shorts(12346, 0, 1, 0, 0, cardinality - 1, 16, 0), words);
  }

  private static Mask decode(byte[] portable) throws PemnFormatException {
    return new RoaringMaskCodec()
        .decode(
            ByteBuffer.wrap(ZstdFrame.compress(portable)),
            portable.length,
            MaskLayout.of(POSITIONS));
  }

  @Test
  void theTestsOwnFramingIsSound() throws PemnFormatException {
    assertEquals(3, decode(array(0, 1, 5, 9)).kept());
    assertTrue(decode(array(2, 9)).keeps(2 * 65536 + 9));
    assertTrue(decode(arrays(0, 1)).keeps(65536 + 7));
    assertEquals(30, decode(runs(30, 10, 9, 40, 19)).kept());
    assertEquals(5000, decode(bitmap(5000, 5000)).kept());
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
        Arguments.of("containers out of order", arrays(1, 0)),
        Arguments.of("a container twice", arrays(1, 1)),
        Arguments.of("members out of order", array(0, 5, 1)),
        Arguments.of("a member twice", array(0, 5, 5)),
        Arguments.of("runs out of order", runs(30, 40, 19, 10, 9)),
        Arguments.of("runs that overlap", runs(30, 10, 19, 20, 9)),
        Arguments.of("a run twice", runs(20, 10, 9, 10, 9)),
        Arguments.of("runs that touch", runs(20, 10, 9, 20, 9)),
        Arguments.of("a run beyond its container", runs(20, 65530, 19)),
        Arguments.of("no runs", runs(1)),
        Arguments.of("a bitmap with fewer ones than it says", bitmap(5000, 5001)),
        Arguments.of("a bitmap with more ones than it says", bitmap(5000, 4999)),
        Arguments.of("a bitmap too full for its container", bitmap(5000, 4096)),
        Arguments.of("the header alone", shorts(12346, 0, 1, 0, 0, 0)),
        Arguments.of("another cookie", shorts(12345, 0, 1, 0, 0, 0, 16, 0, 7)),
        Arguments.of("an array cut short", Arrays.copyOf(array(0, 1, 5, 9), 20)),
        Arguments.of("a byte more", Arrays.copyOf(array(0, 1, 5, 9), 23)),
        Arguments.of("another bitmap behind it", joined(array(0, 1), array(0, 1))),
        Arguments.of("two bytes", shorts(12347)),
        Arguments.of("nothing", new byte[0]));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void isCorrupt(String name, byte[] portable) {
    PemnFormatException e = assertThrows(PemnFormatException.class, () -> decode(portable));
    assertInstanceOf(PemnFormatException.Corrupt.class, e);
    assertEquals(ArchiveSection.MASKS, e.section());
    assertTrue(e.getMessage().contains(e.found()), e.getMessage());
    assertTrue(e.getMessage().contains(e.expected()), e.getMessage());
  }

  @Test
  void aPositionBeyondTheLastIsCorrupt() throws PemnFormatException {
    assertEquals(1, decode(array(3, POSITIONS - 1 - 3 * 65536)).kept());
    PemnFormatException e =
        assertThrows(
            PemnFormatException.Corrupt.class, () -> decode(array(3, POSITIONS - 3 * 65536)));
    assertEquals("position 200000", e.found());
  }

  @Test
  void moreContainersThanThePositionsFillAreNotBelieved() {
    // 4 containers hold 200,000 positions.
    for (byte[] header :
        new byte[][] {
          shorts(12346, 0, 5, 0, 0, 0),
          shorts(12346, 0, 0, 1, 0, 0),
          shorts(12346, 0, -1, -1, 0),
          shorts(12347, 4, 0, 0),
          shorts(12347, 65535, 0, 0)
        }) {
      PemnFormatException e = assertThrows(PemnFormatException.Corrupt.class, () -> decode(header));
      assertTrue(e.found().endsWith(" containers"), e.getMessage());
      assertTrue(e.expected().startsWith("4 containers"), e.getMessage());
    }
  }
}
