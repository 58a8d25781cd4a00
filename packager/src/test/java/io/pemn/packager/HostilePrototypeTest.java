package io.pemn.packager;

import static io.pemn.packager.ForgedArchives.digest;
import static io.pemn.packager.ForgedArchives.refusal;
import static io.pemn.packager.ForgedArchives.sound;
import static io.pemn.packager.ForgedArchives.with;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import io.pemn.format.PemnFormatException.Corrupt;
import io.pemn.format.PemnFormatException.LimitExceeded;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.CodedPrototype;
import io.pemn.format.proto.Distribution;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.PrototypeSection;
import io.pemn.format.storage.ZstdFrame;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Coded prototypes whose digests are all right and whose claims are not. */
class HostilePrototypeTest {
  private static final String KEPT = "explicit-kept";
  private static final String INDEXED = "explicit-indexed";
  private static final String WIDE_INDEXED = "explicit-wide-indexed";

  private static Arguments message(
      String claim, String name, Consumer<CodedPrototype.Builder> change) {
    return Arguments.of(claim, name, change);
  }

  private static ByteString without(ByteString bytes) {
    return bytes.substring(1);
  }

  private static ByteString more(ByteString bytes, int count) {
    return bytes.concat(ByteString.copyFrom(new byte[count]));
  }

  private static ByteString changed(ByteString bytes, int at, int value) {
    byte[] changed = bytes.toByteArray();
    changed[at] = (byte) value;
    return ByteString.copyFrom(changed);
  }

  static Stream<Arguments> messages() {
    return Stream.of(
        message("nothing", KEPT, CodedPrototype.Builder::clear),
        message("nothing that is indexed", INDEXED, CodedPrototype.Builder::clear),
        message("a byte less", KEPT, m -> m.setNumbers(without(m.getNumbers()))),
        message("a byte more", KEPT, m -> m.setNumbers(more(m.getNumbers(), 1))),
        message("a value less", KEPT, m -> m.setNumbers(m.getNumbers().substring(4))),
        message("a value more", KEPT, m -> m.setNumbers(more(m.getNumbers(), 4))),
        message(
            "an infinity",
            KEPT,
            m -> {
              // The two highest bytes of the last number.
              int size = m.getNumbers().size();
              m.setNumbers(
                  changed(changed(m.getNumbers(), size - 1, 0x7F), size - 1 - size / 4, 0xFF));
            }),
        message("indices of numbers enough", KEPT, m -> m.setIndices(m.getNumbers())),
        message("no indices", INDEXED, CodedPrototype.Builder::clearIndices),
        message("an index less", INDEXED, m -> m.setIndices(without(m.getIndices()))),
        message("an index more", INDEXED, m -> m.setIndices(more(m.getIndices(), 1))),
        message(
            "wider indices",
            INDEXED,
            m -> m.setIndices(more(m.getIndices(), m.getIndices().size()))),
        message(
            "an index beyond the numbers",
            INDEXED,
            m -> m.setIndices(changed(m.getIndices(), 3, 6))),
        message(
            "an index far beyond the numbers",
            INDEXED,
            m -> m.setIndices(changed(m.getIndices(), 0, 255))),
        message("no numbers", INDEXED, CodedPrototype.Builder::clearNumbers),
        message(
            "more numbers than values", INDEXED, m -> m.setNumbers(more(m.getNumbers(), 4 * 96))),
        message("another number", INDEXED, m -> m.setNumbers(changed(m.getNumbers(), 2, 7))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("messages")
  void aMessageThatDoesNotHoldTogetherIsCorrupt(
      String claim, String name, Consumer<CodedPrototype.Builder> change) throws IOException {
    CodedPrototype.Builder message = message(sound(name)).toBuilder();
    change.accept(message);
    assertInstanceOf(Corrupt.class, refusal(withMessage(name, message.build().toByteArray())));
  }

  private static Arguments claim(String claim, String name, Consumer<Metadata.Builder> change) {
    return Arguments.of(claim, name, change);
  }

  static Stream<Arguments> claims() {
    return Stream.of(
        claim("a value more", KEPT, m -> m.getPrototypeBuilder().setLength(length(m) + 1)),
        claim("a value less", KEPT, m -> m.getPrototypeBuilder().setLength(length(m) - 1)),
        claim("2^30 values", INDEXED, m -> m.getPrototypeBuilder().setLength(1 << 30)),
        claim(
            "a generator", KEPT, m -> m.getPrototypeBuilder().setDistribution(Distribution.NORMAL)),
        claim("a distribution to come", KEPT, m -> m.getPrototypeBuilder().setDistributionValue(9)),
        claim("a permutation", INDEXED, m -> m.getPrototypeBuilder().setShuffledLength(96)),
        claim(
            "plain values, too",
            KEPT,
            m -> m.setPrototypeValues(PrototypeSection.getDefaultInstance())),
        claim("another digest", KEPT, m -> m.getCodedPrototypeBuilder().clearDigest()),
        claim("no coded values", KEPT, Metadata.Builder::clearCodedPrototype));
  }

  private static long length(Metadata.Builder metadata) {
    return metadata.getPrototype().getLength();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("claims")
  void metadataThatDoNotGoWithItAreRefused(
      String claim, String name, Consumer<Metadata.Builder> change) throws IOException {
    PemnFormatException e = refusal(with(sound(name), change));
    assertTrue(e.getMessage().endsWith("."), e.getMessage());
  }

  @Test
  void theTestsOwnFramingIsSound() throws IOException {
    for (String name : new String[] {KEPT, INDEXED, WIDE_INDEXED}) {
      Archive sound = sound(name);
      assertEquals(4, sound.getFormatVersion());
      assertArrayEquals(sound.toByteArray(), with(sound, metadata -> {}));
      PemnArchive.read(withMessage(name, message(sound).toByteArray())).verify();
    }
  }

  @Test
  void aValueThatIsNotFiniteIsNamed() throws IOException {
    CodedPrototype.Builder message = message(sound(KEPT)).toBuilder();
    int size = message.getNumbers().size();
    message.setNumbers(
        changed(changed(message.getNumbers(), size - 1, 0xFF), size - 1 - size / 4, 0x80));
    PemnFormatException e = refusal(withMessage(KEPT, message.build().toByteArray()));
    assertEquals("the value NaN", e.found());
  }

  @Test
  void ofMoreThan256NumbersIndicesTakeTwoBytes() throws IOException {
    CodedPrototype message = message(sound(WIDE_INDEXED));
    int numbers = message.getNumbers().size() / Float.BYTES;
    assertTrue(numbers > 256, () -> numbers + " numbers");
    CodedPrototype beyond =
        message.toBuilder()
            .setIndices(
                changed(message.getIndices(), message.getIndices().size() - 1, numbers >> 8))
            .setNumbers(message.getNumbers())
            .build();
    PemnArchive.read(withMessage(WIDE_INDEXED, message.toByteArray())).verify();
    assertInstanceOf(Corrupt.class, refusal(withMessage(WIDE_INDEXED, beyond.toByteArray())));
  }

  @Test
  void whatNoLayerKeepsIsNotStoredAndIsZero() throws IOException {
    MaskedNetwork network = TinyNetworks.all().get(KEPT);
    int kept = network.layers().stream().mapToInt(layer -> layer.mask().kept().kept()).sum();
    assertEquals(4 * kept, message(sound(KEPT)).getNumbers().size());
    assertTrue(message(sound(KEPT)).getIndices().isEmpty());
  }

  @Test
  void fewDifferentValuesAreStoredOnce() throws IOException {
    CodedPrototype message = message(sound(INDEXED));
    assertEquals(4 * 6, message.getNumbers().size());
    assertTrue(message.getIndices().size() <= 96);
  }

  @Test
  void aFrameLargerThanTheValuesIsRefusedBeforeItIsAllocated() throws IOException {
    byte[] bomb = withMessage(KEPT, new byte[1 << 28]);
    assertTrue(bomb.length < 100_000);
    assertInstanceOf(LimitExceeded.class, refusal(bomb));
  }

  @Test
  void aFrameThatIsNoneOrHasMoreBehindItIsCorrupt() throws IOException {
    byte[] frame = ZstdFrame.compress(message(sound(KEPT)).toByteArray());
    assertInstanceOf(Corrupt.class, refusal(withFrame(KEPT, new byte[] {1, 2, 3})));
    assertInstanceOf(
        Corrupt.class, refusal(withFrame(KEPT, Arrays.copyOf(frame, frame.length + 1))));
  }

  private static CodedPrototype message(Archive archive) throws IOException {
    return CodedPrototype.parseFrom(
        ZstdFrame.decompressUpTo(
            archive.getCodedPrototype().asReadOnlyByteBuffer(),
            1 << 20,
            ArchiveSection.CODED_PROTOTYPE));
  }

  private static byte[] withMessage(String name, byte[] message) throws IOException {
    return withFrame(name, ZstdFrame.compress(message));
  }

  private static byte[] withFrame(String name, byte[] frame) throws IOException {
    ByteString bytes = ByteString.copyFrom(frame);
    return with(
        sound(name).toBuilder().setCodedPrototype(bytes).build(),
        m -> m.getCodedPrototypeBuilder().setDigest(digest(bytes)));
  }
}
