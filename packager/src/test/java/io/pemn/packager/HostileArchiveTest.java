package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.pemn.format.ArchiveFormat;
import io.pemn.format.PemnFormatException;
import io.pemn.format.PemnFormatException.Corrupt;
import io.pemn.format.PemnFormatException.LimitExceeded;
import io.pemn.format.PemnFormatException.Unsupported;
import io.pemn.format.ZstdFrame;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.ConvMixer;
import io.pemn.format.proto.Distribution;
import io.pemn.format.proto.Layer;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Mlp;
import io.pemn.format.proto.PrototypeSection;
import io.pemn.format.proto.Remainder;
import io.pemn.loader.Limits;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives whose digests are all right and whose claims are not. */
class HostileArchiveTest {
  private static final long HUGE = 1L << 60;

  private static Arguments claim(
      String claim,
      Class<? extends PemnFormatException> refusal,
      Consumer<Metadata.Builder> metadata) {
    return Arguments.of(claim, refusal, metadata);
  }

  private static Arguments layer(String claim, Consumer<Layer.Builder> layer) {
    return claim(claim, Corrupt.class, metadata -> layer.accept(metadata.getLayersBuilder(0)));
  }

  private static Arguments network(String claim, Consumer<Metadata.Builder> metadata) {
    return claim(claim, Corrupt.class, metadata);
  }

  private static ConvMixer.Builder convMixer(Metadata.Builder metadata) {
    return metadata.getNetworkBuilder().getConvMixerBuilder();
  }

  static Stream<Arguments> claims() {
    return Stream.of(
        layer("a layer that the network lacks", l -> l.setName("nose")),
        layer("a layer that cannot be masked", l -> l.setName("stem.norm.weight")),
        claim("a layer twice", Corrupt.class, m -> m.addLayers(m.getLayers(0))),
        layer("another shape", l -> l.setShape(0, 7)),
        layer("a shape of more dimensions", l -> l.addShape(1)),
        layer("no shape", Layer.Builder::clearShape),
        layer("a shape that overflows", l -> l.setShape(0, 1L << 32 | 8)),
        layer("an infinite scale", l -> l.setScale(Float.NEGATIVE_INFINITY)),
        layer("a scale that is no number", l -> l.setScale(Float.NaN)),
        layer("another scale", l -> l.setScale(0.2f)),
        layer("a negative offset", l -> l.setOffset(-1)),
        layer("an offset that overflows", l -> l.setOffset(Long.MAX_VALUE)),
        layer("another offset", l -> l.setOffset(1)),
        layer("more kept weights than there are", l -> l.setKept(97)),
        layer("a negative number of kept weights", l -> l.setKept(-1)),
        layer("another number of kept weights", l -> l.setKept(l.getKept() + 1)),
        layer("a short digest", l -> l.setDigest(ByteString.copyFrom(new byte[7]))),
        layer("another digest", l -> l.setDigest(ByteString.copyFrom(new byte[8]))),
        claim("no layers but masks", Corrupt.class, Metadata.Builder::clearLayers),
        claim("layers but no prototype", Corrupt.class, Metadata.Builder::clearPrototype),
        claim("layers but no masks", Corrupt.class, Metadata.Builder::clearMasks),
        claim("a prototype of no values", Corrupt.class, m -> prototypeLength(m, 0)),
        claim("a prototype of 2^60 values", Corrupt.class, m -> prototypeLength(m, HUGE)),
        claim("a prototype of -1 values", Corrupt.class, m -> prototypeLength(m, -1)),
        claim("another prototype length", Corrupt.class, m -> prototypeLength(m, 6)),
        claim("another seed", Corrupt.class, m -> m.getPrototypeBuilder().setSeed(8)),
        claim(
            "a distribution that only its values tell",
            Unsupported.class,
            m -> m.getPrototypeBuilder().setDistribution(Distribution.EXPLICIT)),
        claim(
            "an unknown distribution",
            Unsupported.class,
            m -> m.getPrototypeBuilder().setDistributionValue(77)),
        claim("a permutation of 2^60 elements", Corrupt.class, m -> shuffledLength(m, HUGE)),
        claim("a permutation of -1 elements", Corrupt.class, m -> shuffledLength(m, -1)),
        claim("a permutation shorter than a layer", Corrupt.class, m -> shuffledLength(m, 95)),
        claim("a permutation of more than all", Corrupt.class, m -> shuffledLength(m, 1 << 20)),
        claim(
            "a shuffled prototype of 4 GiB",
            Corrupt.class,
            m -> {
              shuffledLength(m, 96);
              prototypeLength(m, 1 << 30);
            }),
        claim(
            "an unknown mask encoding",
            Unsupported.class,
            m -> m.getMasksBuilder().setEncodingValue(9)),
        claim("no mask encoding", Unsupported.class, m -> m.getMasksBuilder().clearEncoding()),
        claim("masks of -1 bytes", Corrupt.class, m -> m.getMasksBuilder().setDecodedBytes(-1)),
        claim("masks of -2 bytes", Corrupt.class, m -> m.getMasksBuilder().setDecodedBytes(-2)),
        claim("masks of 2^60 bytes", Corrupt.class, m -> m.getMasksBuilder().setDecodedBytes(HUGE)),
        claim(
            "masks stored in -1 bytes", Corrupt.class, m -> m.getMasksBuilder().setStoredBytes(-1)),
        claim(
            "a short masks digest",
            Corrupt.class,
            m -> m.getMasksBuilder().setDigest(ByteString.EMPTY)),
        claim(
            "a remainder of 2^60 bytes",
            LimitExceeded.class,
            m -> m.getRemainderBuilder().setDecodedBytes(HUGE)),
        claim(
            "a remainder smaller than its parameters",
            Corrupt.class,
            m -> m.getRemainderBuilder().setDecodedBytes(3)),
        claim(
            "an accuracy that is no number",
            Corrupt.class,
            m -> m.getProvenanceBuilder().getMetricsBuilder().setAccuracy(Double.NaN)),
        claim(
            "an infinite loss",
            Corrupt.class,
            m -> m.getProvenanceBuilder().getMetricsBuilder().setLoss(Double.POSITIVE_INFINITY)),
        claim(
            "an unknown field deep within",
            Corrupt.class,
            m ->
                m.getLayersBuilder(0)
                    .setUnknownFields(
                        UnknownFieldSet.newBuilder()
                            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                            .build())),
        claim(
            "a remainder of -1 bytes",
            LimitExceeded.class,
            m -> m.getRemainderBuilder().setDecodedBytes(-1)),
        claim(
            "a remainder of 1 GiB",
            Corrupt.class,
            m -> m.getRemainderBuilder().setDecodedBytes(1 << 30)),
        claim(
            "another number of remaining parameters",
            Corrupt.class,
            m -> m.getRemainderBuilder().setParameters(1)),
        claim("no remainder", Corrupt.class, Metadata.Builder::clearRemainder),
        claim(
            "stored values that are not there",
            PemnFormatException.Truncated.class,
            m -> m.setPrototypeValues(PrototypeSection.newBuilder().setStoredBytes(20))),
        claim("too few class labels", Corrupt.class, m -> m.clearClassLabels().addClassLabels("a")),
        claim("too many class labels", Corrupt.class, m -> m.addClassLabels("a")),
        claim("a mean too many", Corrupt.class, m -> m.getInputBuilder().addMean(1)),
        claim("a deviation of 0", Corrupt.class, m -> m.getInputBuilder().setDeviation(0, 0)),
        network("a dim of 0", m -> convMixer(m).setDim(0)),
        network("a dim of 2^31", m -> convMixer(m).setDim(Integer.MIN_VALUE)),
        network("a depth of 2^32-1", m -> convMixer(m).setDepth(-1)),
        network("an even kernel", m -> convMixer(m).setKernel(4)),
        network("a patch beyond the image", m -> convMixer(m).setPatch(9)),
        network("no classes", m -> m.getNetworkBuilder().setClasses(0)),
        network("no channels", m -> m.getInputBuilder().setChannels(0)),
        network("a height of 2^32-1", m -> m.getInputBuilder().setHeight(-1)),
        network(
            "hidden widths that overflow",
            m ->
                m.getNetworkBuilder()
                    .setMlp(Mlp.newBuilder().addAllHidden(Collections.nCopies(3, 1 << 16)))),
        network(
            "a million hidden layers",
            m ->
                m.getNetworkBuilder()
                    .setMlp(Mlp.newBuilder().addAllHidden(Collections.nCopies(1_000_000, 1)))),
        claim("an unknown activation", Unsupported.class, m -> convMixer(m).setActivationValue(2)),
        claim("no architecture", Unsupported.class, m -> m.getNetworkBuilder().clearArchitecture()),
        claim(
            "a field of another version",
            Corrupt.class,
            m ->
                m.setUnknownFields(
                    UnknownFieldSet.newBuilder()
                        .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                        .build())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("claims")
  void isRefused(
      String claim,
      Class<? extends PemnFormatException> refusal,
      Consumer<Metadata.Builder> metadata)
      throws IOException {
    Archive sound = sound("random-vector-copy");
    byte[] hostile = with(sound, sound.getMetadata().toBuilder(), metadata);
    PemnFormatException e = refusal(hostile);
    assertInstanceOf(refusal, e, e.toString());
    assertTrue(e.getMessage().endsWith(".") || e.getCause() != null, e.getMessage());
  }

  @Test
  void theTestsOwnFramingIsSound() throws IOException {
    for (String name : TinyNetworks.all().keySet()) {
      Archive sound = sound(name);
      byte[] bytes = with(sound, sound.getMetadata().toBuilder(), metadata -> {});
      assertArrayEquals(ArchiveWriter.toBytes(TinyNetworks.all().get(name)), bytes);
    }
  }

  @Test
  void storedValuesNeedNoKnownDistribution() throws IOException {
    Archive sound = sound("stored-values");
    for (int distribution : new int[] {0, 77}) {
      byte[] bytes =
          with(
              sound,
              sound.getMetadata().toBuilder(),
              m -> m.getPrototypeBuilder().setDistributionValue(distribution));
      PemnArchive archive = PemnArchive.read(bytes, Limits.DEFAULT);
      assertEquals(Optional.empty(), archive.prototype());
      archive.verify();
    }
  }

  @Test
  void storedValuesThatTheSeedDoesNotGiveAreCorrupt() throws IOException {
    Archive sound = sound("stored-values");
    byte[] bytes =
        with(sound, sound.getMetadata().toBuilder(), m -> m.getPrototypeBuilder().setSeed(123));
    assertInstanceOf(Corrupt.class, refusal(bytes));
  }

  @Test
  void aStoredValueThatIsNoNumberIsCorrupt() throws IOException {
    Archive.Builder nan = sound("stored-values").toBuilder().setPrototypeValues(3, Float.NaN);
    ByteBuffer values = ByteBuffer.allocate(4 * nan.getPrototypeValuesCount());
    values.order(java.nio.ByteOrder.LITTLE_ENDIAN);
    nan.getPrototypeValuesList().forEach(values::putFloat);
    byte[] bytes =
        with(
            nan.build(),
            nan.getMetadata().toBuilder(),
            m ->
                m.getPrototypeValuesBuilder()
                    .setDigest(digest(ByteString.copyFrom(values.flip()))));
    assertInstanceOf(Corrupt.class, refusal(bytes));
  }

  @Test
  void storedValuesThatNoLayerReadsAreCorrupt() throws IOException {
    Archive withValues = sound("dense").toBuilder().addPrototypeValues(1).build();
    byte[] bytes =
        with(
            withValues,
            withValues.getMetadata().toBuilder(),
            m -> m.getPrototypeValuesBuilder().setStoredBytes(4));
    assertInstanceOf(Corrupt.class, refusal(bytes));
  }

  static List<Arguments> remainders() throws IOException {
    Remainder sound = remainder();
    return List.of(
        Arguments.of("no tensors", Corrupt.class, Remainder.getDefaultInstance()),
        Arguments.of("one tensor less", Corrupt.class, sound.toBuilder().removeTensors(3).build()),
        Arguments.of(
            "a tensor twice",
            Corrupt.class,
            sound.toBuilder().addTensors(sound.getTensors(0)).build()),
        Arguments.of(
            "a tensor that is masked",
            Corrupt.class,
            change(sound, t -> t.setName("stem.conv.weight"))),
        Arguments.of("another shape", Corrupt.class, change(sound, t -> t.setShape(0, 9))),
        Arguments.of("too few bytes", Corrupt.class, change(sound, t -> t.clearData())),
        Arguments.of(
            "tensors in another order",
            Corrupt.class,
            sound.toBuilder()
                .setTensors(0, sound.getTensors(1))
                .setTensors(1, sound.getTensors(0))
                .build()),
        Arguments.of(
            "a value that is no number",
            Corrupt.class,
            change(
                sound,
                t ->
                    t.setData(
                        ByteString.copyFrom(new byte[] {0, 0, (byte) 0xC0, 0x7F})
                            .concat(t.getData().substring(4))))),
        Arguments.of("a type to come", Unsupported.class, change(sound, t -> t.setTypeValue(1))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("remainders")
  void aRemainderThatDoesNotFitIsRefused(
      String claim, Class<? extends PemnFormatException> refusal, Remainder remainder)
      throws IOException {
    assertInstanceOf(refusal, refusal(withRemainder(remainder.toByteArray())));
  }

  @Test
  void aRemainderThatIsNoMessageIsCorruptHoweverLargeItUnpacks() throws IOException {
    assertInstanceOf(Corrupt.class, refusal(withRemainder(new byte[] {1, 2, 3})));
    assertInstanceOf(Corrupt.class, refusal(withRemainder(new byte[] {0x0A, 2, 9, 9})));
    // 64 million empty tensors in a few kilobytes: as objects, more than this test's heap.
    byte[] many = new byte[1 << 27];
    for (int i = 0; i < many.length; i += 2) {
      many[i] = 0x0A;
    }
    byte[] bytes = withRemainder(many);
    assertTrue(bytes.length < 100_000);
    assertInstanceOf(Corrupt.class, refusal(bytes));
  }

  private static Remainder remainder() throws IOException {
    Archive sound = sound("random-vector-copy");
    return Remainder.parseFrom(
        ZstdFrame.decompress(
            sound.getRemainder().asReadOnlyByteBuffer(),
            sound.getMetadata().getRemainder().getDecodedBytes(),
            "The remainder"));
  }

  private static Remainder change(
      Remainder sound, Consumer<io.pemn.format.proto.RemainderTensor.Builder> tensor) {
    Remainder.Builder changed = sound.toBuilder();
    tensor.accept(changed.getTensorsBuilder(0));
    return changed.build();
  }

  private static byte[] withRemainder(byte[] message) throws IOException {
    ByteString frame = ByteString.copyFrom(ZstdFrame.compress(message));
    Archive archive = sound("random-vector-copy").toBuilder().setRemainder(frame).build();
    return with(
        archive,
        archive.getMetadata().toBuilder(),
        m ->
            m.getRemainderBuilder()
                .setStoredBytes(frame.size())
                .setDigest(digest(frame))
                .setDecodedBytes(message.length));
  }

  private static Archive sound(String name) throws IOException {
    return Archive.parseFrom(ArchiveWriter.toBytes(TinyNetworks.all().get(name)));
  }

  /** The archive with changed metadata and the head digest that they need. */
  private static byte[] with(
      Archive archive, Metadata.Builder metadata, Consumer<Metadata.Builder> change) {
    change.accept(metadata);
    Archive head =
        Archive.newBuilder()
            .setMagic(archive.getMagic())
            .setFormatVersion(archive.getFormatVersion())
            .setMetadata(metadata)
            .build();
    return archive.toBuilder()
        .setMetadata(metadata)
        .setHeadDigest(digest(head.toByteString()))
        .build()
        .toByteArray();
  }

  private static ByteString digest(ByteString bytes) {
    return ByteString.copyFrom(ArchiveFormat.digest(bytes.asReadOnlyByteBuffer()));
  }

  private static PemnFormatException refusal(byte[] bytes) {
    return assertThrows(
        PemnFormatException.class, () -> PemnArchive.read(bytes, Limits.DEFAULT).verify());
  }

  private static void prototypeLength(Metadata.Builder metadata, long length) {
    metadata.getPrototypeBuilder().setLength(length);
  }

  private static void shuffledLength(Metadata.Builder metadata, long length) {
    metadata.getPrototypeBuilder().setShuffledLength(length);
  }
}
