package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.format.CounterGenerator.Stream;
import io.pemn.format.storage.ArchiveFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The generator against testdata/prototype_vectors.py, which was written from its description. */
class PrototypeVectorsTest {
  private static final int SHOWN_WHOLE = 32;

  static List<String> vectors() throws IOException {
    return Files.readAllLines(
        Path.of(System.getProperty("pemn.home"), "testdata", "prototype-vectors.txt"));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void equalsTheIndependentImplementationBitForBit(String vector) {
    String[] fields = vector.split(" ");
    long seed = Long.parseUnsignedLong(fields[1], 16);
    int length = Integer.parseInt(fields[2]);
    int[] bits =
        fields[0].equals("permutation")
            ? Prototype.permutation(seed, length)
            : bits(new Prototype(seed, distribution(fields[0]), length).values());
    assertEquals(vector, fields[0] + " " + fields[1] + " " + shown(bits));
  }

  @Test
  void everyDistributionLengthAndSeedHasAVector() throws IOException {
    List<String> kinds =
        vectors().stream().map(v -> v.split(" ")[0] + " " + v.split(" ")[2]).distinct().toList();
    assertEquals(2 * 8 + 4, kinds.size());
    assertEquals(3 * kinds.size(), vectors().size());
    assertEquals(3, vectors().stream().map(v -> v.split(" ")[1]).distinct().count());
  }

  @Test
  void theGeneratorIsSplitMix64() {
    assertEquals(0xE220A8397B1DCDAFL, CounterGenerator.word(0, 0));
    assertEquals(0x6E789E6AA1B965F4L, CounterGenerator.word(0, 1));
    assertEquals(0x06C45D188009454FL, CounterGenerator.word(0, 2));
  }

  @Test
  void theStreamsOfASeedAreItsFirstThreeWords() {
    assertEquals(0xE220A8397B1DCDAFL, CounterGenerator.key(0, Stream.VALUES));
    assertEquals(0x6E789E6AA1B965F4L, CounterGenerator.key(0, Stream.ORDER));
    assertEquals(0x06C45D188009454FL, CounterGenerator.key(0, Stream.SHUFFLE));
  }

  private static Distribution distribution(String name) {
    return Distribution.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  private static int[] bits(float[] values) {
    return IntStream.range(0, values.length).map(i -> Float.floatToRawIntBits(values[i])).toArray();
  }

  private static String shown(int[] bits) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * bits.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(bits);
    IntStream shown =
        IntStream.range(0, bits.length)
            .filter(i -> bits.length <= SHOWN_WHOLE || Math.min(i, bits.length - 1 - i) < 16);
    return bits.length
        + " "
        + HexFormat.of().formatHex(ArchiveFormat.digest(bytes))
        + " "
        + shown.mapToObj(i -> HexFormat.of().toHexDigits(bits[i])).collect(Collectors.joining(" "));
  }
}
