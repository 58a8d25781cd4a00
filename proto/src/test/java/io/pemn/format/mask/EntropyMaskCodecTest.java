package io.pemn.format.mask;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.mask.MaskLayout.Masked;
import io.pemn.format.mask.MaskLayout.Segment;
import io.pemn.format.proto.MaskKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The entropy code: its bytes, its lengths, and that a mask has but one. */
class EntropyMaskCodecTest {
  private static final EntropyMaskCodec CODEC = new EntropyMaskCodec();
  private static final Path VECTORS =
      Path.of(System.getProperty("pemn.home"), "testdata", "mask-code-vectors.txt");

  static List<String> vectors() throws IOException {
    return Files.readAllLines(VECTORS).stream().filter(line -> !line.startsWith("#")).toList();
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void knownMasksHaveKnownCodes(String line) throws PemnFormatException {
    String[] parts = line.split(" ", -1);
    MaskLayout layout = parse(parts[0]);
    byte[] code = HexFormat.of().parseHex(parts[2]);
    Mask mask = CODEC.decode(ByteBuffer.wrap(code), 0, layout);
    assertEquals(parts[1], hex(mask));
    assertArrayEquals(code, CODEC.encode(mask, layout).stored());
  }

  @Test
  void theVectorsAreThoseOfTheMasksBelow() throws IOException {
    assertEquals(lines(), vectors());
  }

  /** The vectors' lines, for a day on which there are more. */
  static List<String> lines() {
    Random random = new Random(11);
    List<String> lines = new ArrayList<>();
    lines.add(line(Mask.none(0), new Segment(0, 1, 0)));
    lines.add(line(Mask.none(0), new Segment(0, 1, MaskLayout.UNKNOWN)));
    lines.add(line(Mask.all(1), new Segment(1, 1, 1)));
    lines.add(line(Mask.all(1), new Segment(1, 1, MaskLayout.UNKNOWN)));
    lines.add(line(Mask.none(100), new Segment(100, 10, MaskLayout.UNKNOWN)));
    lines.add(line(Mask.ofBytes(new byte[] {0, 0, 1, 0}), new Segment(4, 2, 1)));
    lines.add(line(random(random, 64, 0.5), new Segment(64, 8, MaskLayout.UNKNOWN)));
    lines.add(line(random(random, 200, 0.1), new Segment(200, 200, MaskLayout.UNKNOWN)));
    lines.add(line(random(random, 70, 0.98), new Segment(70, 7, MaskLayout.UNKNOWN)));
    Mask rows = rows(random, 40, 24, 5);
    lines.add(line(rows, new Segment(960, 24, rows.kept())));
    lines.add(line(rows, new Segment(960, 25, MaskLayout.UNKNOWN)));
    Mask first = rows(random, 12, 33, 0);
    Mask second = random(random, first.kept(), 0.5);
    lines.add(
        line(
            Mask.concat(List.of(first, rows, second)),
            new Segment(396, 33, first.kept()),
            new Segment(960, 24, MaskLayout.UNKNOWN),
            new Segment(second.size(), second.size(), MaskLayout.UNKNOWN)));
    return lines;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99})
  void independentBitsTakeTheirEntropy(double density) {
    for (int size : new int[] {64, 1000, 4096, 20_000, 100_000}) {
      for (int rowLength : new int[] {9, 64, 1024, size}) {
        Mask mask = random(new Random(size), size, density);
        int bytes = CODEC.encode(mask, layout(mask, rowLength, true)).stored().length;
        double bound = entropyBytes(mask) * 1.01 + 16;
        assertTrue(bytes <= bound, () -> size + "/" + rowLength + ": " + bytes + " > " + bound);
        int unknown = CODEC.encode(mask, layout(mask, rowLength, false)).stored().length;
        assertTrue(unknown <= bound && unknown <= bytes + 4, () -> unknown + " > " + bound);
      }
    }
  }

  /**
   * Where the ones are all read, or nothing but ones is left, no decision follows: a reader that
   * went on would find a bit of the other kind in one of 65,536 places.
   */
  @ParameterizedTest
  @ValueSource(ints = {64, 40_000})
  void aLongEndOfEqualBitsIsNotRead(int rowLength) throws PemnFormatException {
    Random random = new Random(12);
    for (int i = 0; i < 60; i++) {
      Mask begin = rows(random, 10, 64, 0);
      Mask end = i % 2 == 0 ? Mask.none(20_000) : Mask.all(20_000);
      Mask mask = Mask.concat(List.of(begin, end));
      MaskLayout layout = layout(mask, rowLength, true);
      byte[] code = CODEC.encode(mask, layout).stored();
      assertEquals(mask, CODEC.decode(ByteBuffer.wrap(code), 0, layout));
    }
  }

  @Test
  void manyTinyLayersTakeFewBitsMoreThanTheirEntropy() {
    Random random = new Random(4);
    List<Mask> masks = new ArrayList<>();
    List<Segment> segments = new ArrayList<>();
    double entropy = 0;
    for (int i = 0; i < 200; i++) {
      Mask mask = random(random, 64, 0.5);
      masks.add(mask);
      segments.add(new Segment(64, 8, mask.kept()));
      entropy += entropyBytes(mask);
    }
    int bytes = CODEC.encode(Mask.concat(masks), new MaskLayout(segments)).stored().length;
    assertTrue(bytes <= entropy + 200 * 2 / 8.0, bytes + " of " + entropy);
  }

  @Test
  void whatDiffersBetweenRowsColumnsAndNeighboursIsSaved() {
    Random random = new Random(5);
    Mask rows = rows(random, 128, 256, 0);
    int flat = CODEC.encode(rows, layout(rows, rows.size(), true)).stored().length;
    int known = CODEC.encode(rows, layout(rows, 256, true)).stored().length;
    assertTrue(known < 0.93 * entropyBytes(rows), known + " of " + entropyBytes(rows));
    assertTrue(known < flat, known + " of " + flat);

    byte[] columns = new byte[128 * 256];
    byte[] images = new byte[128 * 256];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = (byte) (random.nextInt(100) < 1 + i % 256 % 4 * 12 ? 1 : 0);
      int above = i % 256 < 16 ? 0 : images[i - 16];
      images[i] = (byte) (random.nextInt(100) < (above == 0 ? 5 : 60) ? 1 : 0);
    }
    for (byte[] bits : List.of(columns, images)) {
      Mask mask = Mask.ofBytes(bits);
      int bytes = CODEC.encode(mask, layout(mask, 256, true)).stored().length;
      assertTrue(bytes < 0.9 * entropyBytes(mask), bytes + " of " + entropyBytes(mask));
    }
  }

  @Test
  void everyOtherCodeThatDecodesIsAnotherMasks() {
    Random random = new Random(6);
    for (int round = 0; round < 40; round++) {
      Mask mask = random(random, 30 + random.nextInt(100), random.nextDouble());
      MaskLayout layout = layout(mask, 10, round % 2 == 0);
      byte[] code = CODEC.encode(mask, layout).stored();
      for (int bit = 0; bit < 8 * code.length; bit++) {
        byte[] changed = code.clone();
        changed[bit / 8] ^= (byte) (1 << bit % 8);
        requireOther(mask, changed, layout);
      }
      for (int last = 0; last < 256; last++) {
        byte[] longer = Arrays.copyOf(code, code.length + 1);
        longer[code.length] = (byte) last;
        requireOther(mask, longer, layout);
      }
    }
  }

  /** Settings that the encoder did not choose may give the same mask; the code is then longer. */
  private static void requireOther(Mask mask, byte[] code, MaskLayout layout) {
    try {
      assertNotEquals(mask, CODEC.decode(ByteBuffer.wrap(code), 0, layout));
    } catch (PemnFormatException expected) {
      // Refused, as most of these are.
    }
  }

  @Test
  void whatDecodesIsEncodedToTheSameBytesOnceItsSettingsAreThoseOfTheEncoder()
      throws PemnFormatException {
    Random random = new Random(7);
    int same = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] code = new byte[1 + random.nextInt(3)];
      random.nextBytes(code);
      MaskLayout layout = new MaskLayout(List.of(new Segment(14, 14, 7)));
      Mask mask;
      try {
        mask = CODEC.decode(ByteBuffer.wrap(code), 0, layout);
      } catch (PemnFormatException e) {
        continue;
      }
      if ((code[0] & 128) == 0) { // The flat model has no settings.
        byte[] again = CODEC.encode(mask, layout).stored();
        if ((again[0] & 128) == 0) {
          assertArrayEquals(code, again);
          same++;
        }
      }
    }
    assertTrue(same > 100, "only " + same);
  }

  @Test
  void aCodeOfNoBitsIsOneByte() throws PemnFormatException {
    MaskLayout layout = new MaskLayout(List.of(new Segment(5, 1, 0), new Segment(3, 1, 3)));
    Mask mask = Mask.concat(List.of(Mask.none(5), Mask.all(3)));
    assertArrayEquals(new byte[1], CODEC.encode(mask, layout).stored());
    assertEquals(mask, CODEC.decode(ByteBuffer.allocate(1), 0, layout));
    for (byte[] other : new byte[][] {{}, {1}, {0, 0}, {(byte) 128}}) {
      assertThrows(
          PemnFormatException.class, () -> CODEC.decode(ByteBuffer.wrap(other), 0, layout));
    }
  }

  @Test
  void aDistanceAsLongAsARowIsRefusedWhereItWasRead() {
    int rowLength = 20;
    RangeEncoder encoder = new RangeEncoder();
    encoder.putEven(1, 1);
    encoder.putEven(0, SegmentSettings.STRENGTH_BITS);
    encoder.putEven(0, SegmentSettings.STRENGTH_BITS);
    encoder.putEven(rowLength, SegmentSettings.bits(rowLength - 1));
    byte[] code = encoder.finish();
    MaskLayout layout = new MaskLayout(List.of(new Segment(200, rowLength, 50)));
    PemnFormatException refused =
        assertThrows(
            PemnFormatException.Corrupt.class,
            () -> CODEC.decode(ByteBuffer.wrap(code), 0, layout));
    assertEquals("the distance 20", refused.found());
    assertEquals("less than the row's 20 bits", refused.expected());
    assertEquals(code.length - 1, refused.offset().orElseThrow());
  }

  @Test
  void aCodeOfAnotherNumberOfOnesSaysHowManyMoreOrFewer() {
    Random random = new Random(13);
    int told = 0;
    for (int i = 0; i < 300; i++) {
      byte[] code = new byte[20];
      random.nextBytes(code);
      code[0] &= 0x7F; // The flat model.
      MaskLayout layout = new MaskLayout(List.of(new Segment(130, 130, 40)));
      try {
        CODEC.decode(ByteBuffer.wrap(code), 0, layout);
      } catch (PemnFormatException e) {
        if (e.found().contains(" ones ")) {
          assertTrue(e.found().matches("[1-9]\\d* ones (more|fewer) than the 40 .*"), e.found());
          told++;
        }
      }
    }
    assertTrue(told > 0);
  }

  @Test
  void aMaskThatIsNotOfTheLayoutIsNotEncoded() {
    MaskLayout layout = new MaskLayout(List.of(new Segment(8, 2, 3)));
    assertThrows(IllegalArgumentException.class, () -> CODEC.encode(Mask.all(8), layout));
    assertThrows(IllegalArgumentException.class, () -> CODEC.encode(Mask.none(9), layout));
    for (int[] wrong : new int[][] {{-1, 1, 0}, {5, 0, 0}, {5, 1, 6}, {5, 1, -2}}) {
      assertThrows(IllegalArgumentException.class, () -> new Segment(wrong[0], wrong[1], wrong[2]));
    }
    Segment large = new Segment(1 << 30, 1, 0);
    assertThrows(IllegalArgumentException.class, () -> new MaskLayout(List.of(large, large)));
  }

  @Test
  void theLayoutOfAnArchiveIsItsLayersAndThenSigns() {
    Masked keep = new Masked(List.of(4, 5, 6), 60, MaskKind.KEEP);
    Masked sign = new Masked(List.of(4, 5, 6), 120, MaskKind.SIGN);
    Masked ternary = new Masked(List.of(9), 7, MaskKind.TERNARY);
    MaskLayout layout = MaskLayout.of(List.of(ternary, keep, sign, ternary));
    assertEquals(
        List.of(
            new Segment(9, 9, 7),
            new Segment(120, 30, 60),
            new Segment(120, 30, MaskLayout.UNKNOWN),
            new Segment(9, 9, 7),
            new Segment(7, 7, MaskLayout.UNKNOWN),
            new Segment(7, 7, MaskLayout.UNKNOWN)),
        layout.segments());
    assertEquals(272, layout.positions());
    assertFalse(layout.equals(MaskLayout.of(272)));
  }

  @Test
  void longRowsAreCut() throws PemnFormatException {
    Mask mask = rows(new Random(8), 3, 100_000, 0);
    MaskLayout layout = layout(mask, 100_000, true);
    byte[] code = CODEC.encode(mask, layout).stored();
    assertEquals(mask, CODEC.decode(ByteBuffer.wrap(code), 0, layout));
  }

  private static MaskLayout layout(Mask mask, int rowLength, boolean known) {
    return new MaskLayout(
        List.of(new Segment(mask.size(), rowLength, known ? mask.kept() : MaskLayout.UNKNOWN)));
  }

  private static Mask random(Random random, int size, double density) {
    byte[] bits = new byte[size];
    for (int i = 0; i < size; i++) {
      bits[i] = (byte) (random.nextDouble() < density ? 1 : 0);
    }
    return Mask.ofBytes(bits);
  }

  /** Rows of 2, 10 or 40 % ones, more where there is one at a distance before. */
  private static Mask rows(Random random, int rows, int rowLength, int distance) {
    byte[] bits = new byte[rows * rowLength];
    for (int row = 0; row < rows; row++) {
      int ofHundred = List.of(2, 10, 40).get(random.nextInt(3));
      for (int i = 0; i < rowLength; i++) {
        int at = row * rowLength + i;
        int more = distance > 0 && i >= distance ? 40 * bits[at - distance] : 0;
        bits[at] = (byte) (random.nextInt(100) < ofHundred + more ? 1 : 0);
      }
    }
    return Mask.ofBytes(bits);
  }

  private static double entropyBytes(Mask mask) {
    double p = (double) mask.kept() / mask.size();
    double nats = p == 0 || p == 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    return mask.size() * nats / Math.log(2) / 8;
  }

  private static String line(Mask mask, Segment... segments) {
    MaskLayout layout = new MaskLayout(List.of(segments));
    String text =
        layout.segments().stream()
            .map(
                segment ->
                    segment.positions()
                        + ","
                        + segment.rowLength()
                        + ","
                        + (segment.ones() == MaskLayout.UNKNOWN ? "?" : segment.ones()))
            .collect(Collectors.joining(";"));
    return text
        + " "
        + hex(mask)
        + " "
        + HexFormat.of().formatHex(CODEC.encode(mask, layout).stored());
  }

  private static MaskLayout parse(String text) {
    List<Segment> segments = new ArrayList<>();
    for (String segment : text.split(";")) {
      String[] numbers = segment.split(",");
      segments.add(
          new Segment(
              Integer.parseInt(numbers[0]),
              Integer.parseInt(numbers[1]),
              numbers[2].equals("?") ? MaskLayout.UNKNOWN : Integer.parseInt(numbers[2])));
    }
    return new MaskLayout(segments);
  }

  private static String hex(Mask mask) {
    byte[] bytes = new byte[(mask.size() + 7) / 8];
    for (int i = 0; i < mask.size(); i++) {
      bytes[i / 8] |= (byte) ((mask.keeps(i) ? 1 : 0) << i % 8);
    }
    return HexFormat.of().formatHex(bytes);
  }
}
