package io.pemn.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.Metadata;
import io.pemn.format.storage.ArchiveFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Metadata that a protobuf library would read, and in which something could hide. */
class StrictMetadataTest {
  private static final int VARINT = 0;
  private static final int BYTES = 2;
  private static final int START_GROUP = 3;
  private static final int END_GROUP = 4;

  private static Archive golden(String name) throws IOException {
    return Archive.parseFrom(
        Files.readAllBytes(
            Path.of(System.getProperty("pemn.home")).resolve("testdata/golden/version-3/" + name)));
  }

  /** The archive with other metadata, whatever these are, and the digest that they need. */
  private static byte[] archive(Archive sound, byte[] metadata) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(file);
    out.writeBytes(1, sound.getMagic());
    out.writeUInt32(2, sound.getFormatVersion());
    out.writeByteArray(3, metadata);
    out.flush();
    out.writeByteArray(4, ArchiveFormat.digest(ByteBuffer.wrap(file.toByteArray())));
    out.flush();
    byte[] rest =
        sound.toBuilder()
            .clearMagic()
            .clearFormatVersion()
            .clearMetadata()
            .clearHeadDigest()
            .build()
            .toByteArray();
    file.writeBytes(rest);
    return file.toByteArray();
  }

  private static byte[] field(int number, int wireType, byte... content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int tag = number << 3 | wireType; ; tag >>>= 7) {
      bytes.write(tag < 128 ? tag : tag & 127 | 128);
      if (tag < 128) {
        break;
      }
    }
    bytes.writeBytes(content);
    return bytes.toByteArray();
  }

  private static byte[] nested(int depth) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < depth; i++) {
      bytes.writeBytes(field(100, START_GROUP));
    }
    for (int i = 0; i < depth; i++) {
      bytes.writeBytes(field(100, END_GROUP));
    }
    return bytes.toByteArray();
  }

  static Stream<Arguments> additions() {
    byte[] badUtf8 = {2, (byte) 0xC3, 0x28};
    return Stream.of(
        Arguments.of("an unknown number", field(100, VARINT, (byte) 1)),
        Arguments.of("unknown bytes", field(100, BYTES, (byte) 1, (byte) 7)),
        Arguments.of("unknown bytes of a field of the file", field(12, BYTES, (byte) 0)),
        Arguments.of("an empty group", nested(1)),
        Arguments.of("groups within groups", nested(10)),
        Arguments.of("groups deeper than any stack", nested(1_000_000)),
        Arguments.of("a group that never ends", field(100, START_GROUP)),
        Arguments.of("the end of a group", field(100, END_GROUP)),
        Arguments.of("field number 0", new byte[] {0, 0}),
        Arguments.of("a wire type that there is not", new byte[] {7}),
        Arguments.of("a second network", field(1, BYTES, (byte) 0)),
        Arguments.of("a second prototype", field(3, BYTES, (byte) 0)),
        Arguments.of("a network as a number", field(1, VARINT, (byte) 1)),
        Arguments.of("a layer as a group", field(4, START_GROUP)),
        Arguments.of("a label that is no UTF-8", field(8, BYTES, badUtf8)),
        Arguments.of("a number that never ends", field(100, VARINT, (byte) 0x80)),
        Arguments.of("bytes that are not there", field(100, BYTES, (byte) 100)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("additions")
  void isRefusedBehindSoundMetadata(String name, byte[] more) throws IOException {
    Archive sound = golden("mlp.pemn");
    ByteString metadata = sound.getMetadata().toByteString().concat(ByteString.copyFrom(more));
    PemnFormatException e = refusal(archive(sound, metadata.toByteArray()));
    assertInstanceOf(PemnFormatException.Corrupt.class, e);
    // Where the sound ones end, or behind what is wrong with the others.
    long start = 12 + 1 + size(metadata.size());
    long at = e.offset().orElseThrow();
    assertTrue(at >= start && at <= start + metadata.size(), e.toString());
  }

  private static int size(int length) {
    return CodedOutputStream.computeUInt32SizeNoTag(length);
  }

  @Test
  void whatIsOutOfOrderOrLongerThanNeedBeIsRefused() throws IOException {
    Archive sound = golden("mlp.pemn");
    Metadata metadata = sound.getMetadata();
    byte[] first = Metadata.newBuilder().setNetwork(metadata.getNetwork()).build().toByteArray();
    byte[] rest = metadata.toBuilder().clearNetwork().build().toByteArray();
    PemnArchive.read(archive(sound, joined(first, rest))).verify();

    // The first byte of the metadata is the tag of another field.
    long start = 12 + 1 + size(first.length + rest.length);
    assertEquals(start, refusal(archive(sound, joined(rest, first))).offset().orElseThrow());
    // The network's tag, 0A, and its length in one byte more than they need.
    assertTrue(first[1] < 128);
    byte[] length = first.clone();
    length[1] |= (byte) 128;
    byte[] longLength =
        ByteBuffer.allocate(first.length + 1)
            .put(length, 0, 2)
            .put((byte) 0)
            .put(first, 2, first.length - 2)
            .array();
    refusal(archive(sound, joined(longLength, rest)));
    byte[] longTag =
        ByteBuffer.allocate(first.length + 1)
            .put((byte) 0x8A)
            .put((byte) 0)
            .put(first, 1, first.length - 1)
            .array();
    refusal(archive(sound, joined(longTag, rest)));
    // A default that is spelt out: classes 0 before the sound ones.
    byte[] twice =
        ByteBuffer.allocate(first.length + 2)
            .put((byte) 0x0A)
            .put((byte) (first[1] + 2))
            .put((byte) 8)
            .put((byte) 0)
            .put(first, 2, first.length - 2)
            .array();
    refusal(archive(sound, joined(twice, rest)));
  }

  @Test
  void numbersOfAListThatStandOneByOneAreRefused() throws IOException {
    Archive sound = golden("mlp.pemn");
    Metadata metadata = sound.getMetadata();
    ByteArrayOutputStream input = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(input);
    out.writeUInt32(1, metadata.getInput().getChannels());
    out.writeUInt32(2, metadata.getInput().getHeight());
    out.writeUInt32(3, metadata.getInput().getWidth());
    out.writeFloat(4, metadata.getInput().getMean(0));
    out.writeFloat(5, metadata.getInput().getDeviation(0));
    out.flush();
    byte[] whole =
        joined(
            Metadata.newBuilder().setNetwork(metadata.getNetwork()).build().toByteArray(),
            field(2, BYTES, joined(new byte[] {(byte) input.size()}, input.toByteArray())),
            metadata.toBuilder().clearNetwork().clearInput().build().toByteArray());
    assertEquals(metadata, Metadata.parseFrom(whole));
    refusal(archive(sound, whole));
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Stream.of(parts).forEach(bytes::writeBytes);
    return bytes.toByteArray();
  }

  @Test
  void aNameThatForgesALineOfALogIsShownEscaped() throws IOException {
    Archive sound = golden("module.pemn");
    for (String name : new String[] {"a\nERROR all is lost", "\u001B[2J", "\u202Etxt.exe", "a\0"}) {
      Metadata.Builder metadata = sound.getMetadata().toBuilder();
      metadata.getLayersBuilder(0).setName(name);
      PemnFormatException e = refusal(archive(sound, metadata.build().toByteArray()));
      assertInstanceOf(PemnFormatException.Corrupt.class, e);
      assertFalse(e.getMessage().contains(name), e.getMessage());
      assertTrue(e.getMessage().contains("\\u"), e.getMessage());
    }
    Metadata.Builder metadata = sound.getMetadata().toBuilder();
    metadata.getLayersBuilder(0).setName("x".repeat(4097));
    assertTrue(
        refusal(archive(sound, metadata.build().toByteArray())).getMessage().length() < 2_100);
  }

  @Test
  void limitsOfMetadataAreEnforcedToTheLastOne() throws IOException {
    Archive sound = golden("module.pemn");
    byte[] bytes = sound.toByteArray();
    PemnArchive archive = PemnArchive.read(bytes);
    long size = sound.getMetadata().toByteArray().length;
    int labels = archive.classLabels().size();
    long inputs = archive.network().inputs().get(0).elements();
    // Metadata > network > torch_script > inputs.
    Limits least =
        Limits.DEFAULT
            .withMetadataBytes(size)
            .withClassLabels(labels)
            .withInputNumbers(inputs)
            .withNesting(3);
    assertEquals(1, archive.network().inputs().size());
    assertTrue(labels > 0);
    PemnArchive.read(bytes, LoadPolicy.standard().withLimits(least)).verify();
    for (Limits less :
        new Limits[] {
          least.withMetadataBytes(size - 1),
          least.withClassLabels(labels - 1),
          least.withInputNumbers(inputs - 1)
        }) {
      PemnFormatException e =
          assertThrows(
              PemnFormatException.LimitExceeded.class,
              () -> PemnArchive.read(bytes, LoadPolicy.standard().withLimits(less)));
      assertEquals(ArchiveSection.METADATA, e.section());
      assertTrue(e.getMessage().contains("raise the limit"), e.getMessage());
    }
    assertThrows(
        PemnFormatException.class,
        () -> PemnArchive.read(bytes, LoadPolicy.standard().withLimits(least.withNesting(2))));
  }

  @Test
  void aPrototypeThatMustBeWholeInMemoryIsHeldAgainstItsLimit() throws IOException {
    byte[] bytes = golden("stored-values-shuffled.pemn").toByteArray();
    Metadata metadata = Archive.parseFrom(bytes).getMetadata();
    long needed =
        4 * (metadata.getPrototype().getLength() + metadata.getPrototype().getShuffledLength());
    PemnArchive.read(
            bytes, LoadPolicy.standard().withLimits(Limits.DEFAULT.withPrototypeBytes(needed)))
        .verify();
    PemnFormatException e =
        assertThrows(
            PemnFormatException.LimitExceeded.class,
            () ->
                PemnArchive.read(
                    bytes,
                    LoadPolicy.standard()
                        .withLimits(Limits.DEFAULT.withPrototypeBytes(needed - 1))));
    assertTrue(e.found().contains("prototype of " + needed + " bytes"), e.found());
  }

  private static PemnFormatException refusal(byte[] archive) {
    PemnFormatException e =
        assertThrows(PemnFormatException.class, () -> PemnArchive.read(archive));
    assertEquals(ArchiveSection.METADATA, e.section(), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
    return e;
  }
}
