package io.pemn.packager;

import static io.pemn.packager.ForgedArchives.digest;
import static io.pemn.packager.ForgedArchives.refusal;
import static io.pemn.packager.ForgedArchives.with;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.PemnFormatException.Corrupt;
import io.pemn.format.PemnFormatException.LimitExceeded;
import io.pemn.format.PemnFormatException.Unsupported;
import io.pemn.format.mask.EncodedMask;
import io.pemn.format.mask.MaskCodecs;
import io.pemn.format.mask.MaskLayout;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.ConvMixer;
import io.pemn.format.proto.Distribution;
import io.pemn.format.proto.Layer;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.proto.MaskKind;
import io.pemn.format.proto.MaskSection;
import io.pemn.format.proto.Measure;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Metrics;
import io.pemn.format.proto.Mlp;
import io.pemn.format.proto.ModuleEntry;
import io.pemn.format.proto.PrototypeSection;
import io.pemn.format.proto.Remainder;
import io.pemn.format.proto.RemainderTensor;
import io.pemn.format.proto.StoredTensor;
import io.pemn.format.proto.TensorStorage;
import io.pemn.format.proto.TensorType;
import io.pemn.format.proto.TorchScript;
import io.pemn.format.proto.TorchScriptModule;
import io.pemn.format.storage.ZstdFrame;
import io.pemn.loader.Limits;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Archives of versions 1 and 2 whose digests are all right and whose claims are not; those of later
 * versions are in {@link HostileVersion3Test}.
 */
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
    for (int version : new int[] {1, 2}) {
      for (String name : TinyNetworks.namesOfVersion(version)) {
        Archive sound = sound(name);
        assertEquals(version, sound.getFormatVersion());
        byte[] bytes = with(sound, sound.getMetadata().toBuilder(), metadata -> {});
        assertArrayEquals(golden(name), bytes);
      }
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
      PemnArchive archive = PemnArchive.read(bytes);
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
    Remainder sound = remainder("random-vector-copy");
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
        Arguments.of(
            "a constant of a later version",
            Corrupt.class,
            change(sound, t -> t.setConstant(true))),
        Arguments.of(
            "a scale of a later version", Corrupt.class, change(sound, t -> t.setScale(1))),
        Arguments.of(
            "a negative zero as scale", Corrupt.class, change(sound, t -> t.setScale(-0.0f))),
        Arguments.of(
            "numbers of a later version",
            Corrupt.class,
            sound.toBuilder().setNumbers(ByteString.copyFrom(new byte[4])).build()),
        Arguments.of(
            "numbers only where a later version has them",
            Corrupt.class,
            change(sound, RemainderTensor.Builder::clearData).toBuilder()
                .setNumbers(sound.getTensors(0).getData())
                .build()),
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
        Arguments.of("a type to come", Unsupported.class, change(sound, t -> t.setTypeValue(10))),
        Arguments.of(
            "numbers that are no float32",
            Corrupt.class,
            change(
                sound,
                t ->
                    t.setType(TensorType.FLOAT16)
                        .setData(t.getData().substring(t.getData().size() / 2)))),
        Arguments.of(
            "an infinite value",
            Corrupt.class,
            change(
                sound,
                t ->
                    t.setData(
                        ByteString.copyFrom(new byte[] {0, 0, (byte) 0x80, (byte) 0xFF})
                            .concat(t.getData().substring(4))))));
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

  @Test
  void shapesOfMillionsOfDimensionsAreCorruptHoweverTheyAreCut() throws IOException {
    // As numbers of eight bytes they are more than this test's heap.
    for (int piece : new int[] {1 << 26, 1 << 8}) {
      ByteString.Output shape = ByteString.newOutput();
      CodedOutputStream out = CodedOutputStream.newInstance(shape);
      for (int i = 0; i < 1 << 26; i += piece) {
        out.writeByteArray(RemainderTensor.SHAPE_FIELD_NUMBER, new byte[piece]);
      }
      out.flush();
      ByteString.Output message = ByteString.newOutput();
      out = CodedOutputStream.newInstance(message);
      out.writeBytes(Remainder.TENSORS_FIELD_NUMBER, shape.toByteString());
      out.flush();
      byte[] bomb = withRemainder(sound("module"), message.toByteString().toByteArray());
      assertTrue(bomb.length < 100_000);
      assertInstanceOf(Corrupt.class, refusal(bomb));
    }
  }

  private static Remainder remainder(String name) throws IOException {
    Archive sound = sound(name);
    return Remainder.parseFrom(
        ZstdFrame.decompress(
            sound.getRemainder().asReadOnlyByteBuffer(),
            sound.getMetadata().getRemainder().getDecodedBytes(),
            ArchiveSection.REMAINDER));
  }

  @Test
  void aFileOfAnotherVersionThanWhatItHoldsIsCorrupt() throws IOException {
    for (int version : new int[] {1, 2}) {
      for (String name : TinyNetworks.namesOfVersion(version)) {
        Archive other = sound(name).toBuilder().setFormatVersion(3 - version).build();
        PemnFormatException e = refusal(with(other, other.getMetadata().toBuilder(), m -> {}));
        assertInstanceOf(Corrupt.class, e);
        assertTrue(e.getMessage().contains("version " + version), e.getMessage());
        Archive third = other.toBuilder().setFormatVersion(3).build();
        assertInstanceOf(
            Corrupt.class, refusal(with(third, third.getMetadata().toBuilder(), m -> {})));
      }
    }
    Archive one = sound("mlp");
    Consumer<Metadata.Builder> measure =
        m -> m.getProvenanceBuilder().getMetricsBuilder().setMeasure(Measure.AGREEMENT);
    assertInstanceOf(Corrupt.class, refusal(with(one, one.getMetadata().toBuilder(), measure)));
    Archive two = one.toBuilder().setFormatVersion(2).build();
    PemnArchive.read(with(two, two.getMetadata().toBuilder(), measure)).verify();
  }

  static Stream<Arguments> claimsOfMasks() {
    // The layers' kinds are ternary, keep, sign, ternary, sign, keep.
    return Stream.of(
        layerOfKind(
            "a sign mask that keeps fewer", 2, Corrupt.class, l -> l.setKept(l.getKept() - 1)),
        layerOfKind("a sign mask that keeps nothing", 2, Corrupt.class, Layer.Builder::clearKept),
        layerOfKind(
            "a ternary mask that keeps one less",
            0,
            Corrupt.class,
            l -> l.setKept(l.getKept() - 1)),
        layerOfKind(
            "a ternary mask that keeps one more",
            3,
            Corrupt.class,
            l -> l.setKept(l.getKept() + 1)),
        layerOfKind("a ternary mask called keep", 0, Corrupt.class, l -> l.setKind(MaskKind.KEEP)),
        layerOfKind("a sign mask called keep", 2, Corrupt.class, l -> l.setKind(MaskKind.KEEP)),
        layerOfKind(
            "a keep mask called ternary", 1, Corrupt.class, l -> l.setKind(MaskKind.TERNARY)),
        layerOfKind("a keep mask called sign", 1, Corrupt.class, l -> l.setKind(MaskKind.SIGN)),
        layerOfKind("an unknown kind", 1, Unsupported.class, l -> l.setKindValue(3)),
        layerOfKind("a negative kind", 1, Unsupported.class, l -> l.setKindValue(-1)),
        claim("a measure to come", Unsupported.class, m -> metrics(m).setMeasureValue(4)),
        claim("a built-in network without images", Corrupt.class, Metadata.Builder::clearInput));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("claimsOfMasks")
  void isRefusedInVersion2(
      String claim,
      Class<? extends PemnFormatException> refusal,
      Consumer<Metadata.Builder> metadata)
      throws IOException {
    Archive sound = sound("mixed-masks");
    PemnFormatException e = refusal(with(sound, sound.getMetadata().toBuilder(), metadata));
    assertInstanceOf(refusal, e, e.toString());
  }

  @Test
  void masksOfAnotherEncodingOrSizeThanStatedAreRefused() throws IOException {
    Archive sound = sound("mixed-masks");
    MaskSection masks = sound.getMetadata().getMasks();
    for (int encoding = 1; encoding <= 3; encoding++) {
      for (long decoded : new long[] {-1, 0, 1, masks.getDecodedBytes(), 58, HUGE}) {
        MaskSection claimed =
            masks.toBuilder().setEncodingValue(encoding).setDecodedBytes(decoded).build();
        if (!claimed.equals(masks)) {
          byte[] archive = with(sound, sound.getMetadata().toBuilder(), m -> m.setMasks(claimed));
          assertInstanceOf(Corrupt.class, refusal(archive), claimed::toString);
        }
      }
    }
  }

  @Test
  void missingSignsAreNoticedByTheWeightsAndSignsTooManyByTheMasks() throws IOException {
    Archive sound = sound("mixed-masks");
    PemnArchive archive = PemnArchive.read(sound.toByteArray());
    int weights = (int) archive.maskedWeights();
    int signs =
        archive.layers().stream()
            .filter(layer -> layer.kind() == MaskKind.TERNARY)
            .mapToInt(io.pemn.loader.Layer::kept)
            .sum();
    Mask bits =
        MaskCodecs.of(MaskEncoding.ROARING_ZSTD)
            .decode(
                sound.getMasks().asReadOnlyByteBuffer(),
                sound.getMetadata().getMasks().getDecodedBytes(),
                MaskLayout.of(weights + signs));
    assertTrue(bits.slice(weights, signs).kept() > 0);
    PemnArchive.read(withMasks(sound, bits)).verify();

    PemnFormatException missing = refusal(withMasks(sound, bits.slice(0, weights)));
    assertInstanceOf(Corrupt.class, missing);
    assertTrue(missing.getMessage().contains("digest"), missing.getMessage());
    PemnFormatException more =
        refusal(withMasks(sound, Mask.concat(List.of(bits, Mask.none(70), Mask.all(1)))));
    assertInstanceOf(Corrupt.class, more);
    assertTrue(more.getMessage().contains("" + (weights + signs + 70)), more.getMessage());
  }

  static Stream<Arguments> claimsOfModules() {
    return Stream.of(
        claim("a module that is not there", Corrupt.class, Metadata.Builder::clearModule),
        claim(
            "a module and a built-in network",
            Corrupt.class,
            m -> m.getNetworkBuilder().setMlp(Mlp.newBuilder().addHidden(4))),
        claim("no architecture", Unsupported.class, m -> m.getNetworkBuilder().clearArchitecture()),
        claim("no inputs", Corrupt.class, m -> torchScript(m).clearInputs()),
        claim(
            "an input type to come",
            Unsupported.class,
            m -> torchScript(m).getInputsBuilder(0).setTypeValue(10)),
        claim(
            "an input of 2^32 rows",
            Corrupt.class,
            m -> torchScript(m).getInputsBuilder(0).setShape(1, 1L << 32 | 2)),
        claim("images of another shape", Corrupt.class, m -> m.getInputBuilder().setHeight(3)),
        claim("labels of no classes", Corrupt.class, m -> m.getNetworkBuilder().clearClasses()),
        claim("too many classes", Corrupt.class, m -> m.getNetworkBuilder().setClasses(-1)),
        layer("a layer without a name", Layer.Builder::clearName),
        layer("two layers of one name", l -> l.setName("head.weight")),
        layer("a layer of a remainder tensor's name", l -> l.setName("half")),
        layer("a layer of a name that the module lacks", l -> l.setName("nose")),
        layer("a name of control characters", l -> l.setName("a\nb")),
        layer("a scalar layer", Layer.Builder::clearShape),
        layer("a layer of no weights", l -> l.setShape(0, 0)),
        layer("a layer of -1 rows", l -> l.setShape(0, -1)),
        layer("a layer of 2^32 rows", l -> l.setShape(0, 1L << 32 | 6)),
        layer("more weights", l -> l.setShape(0, 7)),
        layer("a layer of 65 dimensions", l -> l.addAllShape(Collections.nCopies(63, 1L))),
        claim(
            "weights beyond the limit",
            LimitExceeded.class,
            m -> m.getLayersBuilder(0).clearShape().addShape(1 << 30)),
        claim(
            "weights that overflow",
            Corrupt.class,
            m -> m.getLayersBuilder(0).setShape(0, 1 << 20).setShape(1, 1 << 20)),
        claim(
            "another number of numbers",
            Corrupt.class,
            m -> m.getRemainderBuilder().setParameters(1)),
        claim(
            "more numbers than bytes",
            Corrupt.class,
            m -> m.getRemainderBuilder().setParameters(HUGE)),
        claim("-1 numbers", Corrupt.class, m -> m.getRemainderBuilder().setParameters(-1)),
        claim(
            "a remainder of 2^60 bytes",
            LimitExceeded.class,
            m -> m.getRemainderBuilder().setDecodedBytes(HUGE)),
        claim(
            "a remainder of -1 bytes",
            LimitExceeded.class,
            m -> m.getRemainderBuilder().setDecodedBytes(-1)),
        claim("no remainder", Corrupt.class, Metadata.Builder::clearRemainder),
        claim(
            "a module of 2^60 bytes",
            LimitExceeded.class,
            m -> m.getModuleBuilder().setDecodedBytes(HUGE)),
        claim(
            "a module of -1 bytes",
            LimitExceeded.class,
            m -> m.getModuleBuilder().setDecodedBytes(-1)),
        claim(
            "a module of one byte more",
            Corrupt.class,
            m -> m.getModuleBuilder().setDecodedBytes(m.getModule().getDecodedBytes() + 1)),
        claim(
            "another module's digest",
            Corrupt.class,
            m -> m.getModuleBuilder().setDigest(ByteString.copyFrom(new byte[32]))),
        claim(
            "a module stored in fewer bytes",
            Corrupt.class,
            m -> m.getModuleBuilder().setStoredBytes(1)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("claimsOfModules")
  void aModuleIsRefusedWith(
      String claim,
      Class<? extends PemnFormatException> refusal,
      Consumer<Metadata.Builder> metadata)
      throws IOException {
    Archive sound = sound("module");
    PemnFormatException e = refusal(with(sound, sound.getMetadata().toBuilder(), metadata));
    assertInstanceOf(refusal, e, e.toString());
    assertTrue(e.getMessage().endsWith(".") || e.getCause() != null, e.getMessage());
  }

  static Stream<Arguments> modules() {
    return Stream.of(
        module("a module of no entries", Corrupt.class, TorchScriptModule.Builder::clearEntries),
        module("an entry twice", Corrupt.class, m -> m.addEntries(m.getEntries(0))),
        module(
            "a tensor that does not exist",
            Corrupt.class,
            m -> storage(m, 16).addTensors(StoredTensor.newBuilder().setName("nose"))),
        module(
            "a tensor twice in one storage",
            Corrupt.class,
            m -> storage(m, 2).addTensors(storage(m, 2).getTensors(0))),
        module(
            "a layer in two storages",
            Corrupt.class,
            m -> storage(m, 16).addTensors(storage(m, 0).getTensors(0))),
        module("a layer in no storage", Corrupt.class, m -> storage(m, 0).clearTensors()),
        module("a tensor in no storage", Corrupt.class, m -> storage(m, 14).clearTensors()),
        module("a tensor without a name", Corrupt.class, m -> tensor(m, 0).clearName()),
        module("a tensor that ends beyond", Corrupt.class, m -> tensor(m, 0).setOffset(5)),
        module("an offset of 2^64-1", Corrupt.class, m -> tensor(m, 0).setOffset(-1)),
        module("an offset of 2^63-1", Corrupt.class, m -> tensor(m, 0).setOffset(Long.MAX_VALUE)),
        module(
            "no numbers far beyond", Corrupt.class, m -> tensor(m, 15).setOffset(Long.MAX_VALUE)),
        module("a stride too many", Corrupt.class, m -> tensor(m, 1).addStrides(1)),
        module("a stride of -1", Corrupt.class, m -> tensor(m, 1).setStrides(0, -1)),
        module("a stride that overflows", Corrupt.class, m -> tensor(m, 1).setStrides(0, HUGE)),
        module("a stride that reaches beyond", Corrupt.class, m -> tensor(m, 1).setStrides(1, 9)),
        module("a type to come", Unsupported.class, m -> storage(m, 0).setTypeValue(10)),
        module(
            "a layer among integers", Corrupt.class, m -> storage(m, 0).setType(TensorType.INT32)),
        module(
            "a tensor in another type",
            Corrupt.class,
            m -> storage(m, 6).setType(TensorType.FLOAT64)),
        module("a storage of 2^60 numbers", Corrupt.class, m -> storage(m, 0).setElements(HUGE)),
        module("a storage of 2^64-1 numbers", Corrupt.class, m -> storage(m, 0).setElements(-1)),
        module(
            "storages of 16 GiB",
            LimitExceeded.class,
            m -> {
              for (int i = 0; i < 8; i++) {
                m.addEntries(
                    ModuleEntry.newBuilder()
                        .setPath("more/" + i)
                        .setStorage(
                            TensorStorage.newBuilder()
                                .setType(TensorType.INT8)
                                .setElements(Integer.MAX_VALUE - 8)));
              }
            }),
        module(
            "a path out of the folder", Corrupt.class, m -> m.getEntriesBuilder(0).setPath("../a")),
        module("an absolute path", Corrupt.class, m -> m.getEntriesBuilder(0).setPath("/a")),
        module("no path", Corrupt.class, m -> m.getEntriesBuilder(0).clearPath()),
        module(
            "content and a storage",
            Corrupt.class,
            m -> m.getEntriesBuilder(2).setContent(ByteString.copyFromUtf8("a"))),
        module(
            "an unknown field",
            Corrupt.class,
            m ->
                m.getEntriesBuilder(0)
                    .setUnknownFields(
                        UnknownFieldSet.newBuilder()
                            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                            .build())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("modules")
  void aModuleThatDoesNotFitIsRefused(
      String claim,
      Class<? extends PemnFormatException> refusal,
      Consumer<TorchScriptModule.Builder> change)
      throws IOException {
    TorchScriptModule.Builder changed = module().toBuilder();
    change.accept(changed);
    PemnFormatException e = refusal(withModule(changed.build().toByteArray()));
    assertInstanceOf(refusal, e, e.toString());
  }

  @Test
  void aModuleThatIsNoMessageIsCorruptAndOneThatIsIsNot() throws IOException {
    byte[] sound = module().toByteArray();
    PemnArchive.read(withModule(sound)).verify();
    for (byte[] message :
        List.of(
            new byte[] {1, 2, 3},
            new byte[] {0x0A, 2, 9, 9},
            Arrays.copyOf(sound, sound.length - 1),
            Arrays.copyOf(sound, sound.length + 1))) {
      assertInstanceOf(Corrupt.class, refusal(withModule(message)));
    }
    // Sixteen million entries in a few kilobytes.
    byte[] many = new byte[1 << 25];
    for (int i = 0; i < many.length; i += 2) {
      many[i] = 0x0A;
    }
    assertInstanceOf(Corrupt.class, refusal(withModule(many)));
  }

  @Test
  void bytesBehindAModuleAndModulesThatNoNetworkNeedsAreCorrupt() throws IOException {
    Archive sound = sound("module");
    ByteString longer = sound.getModule().concat(ByteString.copyFrom(new byte[1]));
    Archive archive = sound.toBuilder().setModule(longer).build();
    assertInstanceOf(
        Corrupt.class,
        refusal(
            with(
                archive,
                archive.getMetadata().toBuilder(),
                m ->
                    m.getModuleBuilder().setStoredBytes(longer.size()).setDigest(digest(longer)))));
    byte[] bytes = sound.toByteArray();
    assertInstanceOf(Corrupt.class, refusal(Arrays.copyOf(bytes, bytes.length + 1)));
    Archive built = sound("sign").toBuilder().setModule(sound.getModule()).build();
    assertInstanceOf(
        Corrupt.class,
        refusal(
            with(
                built,
                built.getMetadata().toBuilder(),
                m -> m.setModule(sound.getMetadata().getModule()))));
    // The same section, but the metadata do not mention it.
    assertInstanceOf(Corrupt.class, refusal(built.toByteArray()));
  }

  static Stream<Arguments> remaindersOfModules() {
    return Stream.of(
        tensors("a tensor twice", Corrupt.class, r -> r.addTensors(r.getTensors(1))),
        tensors(
            "a tensor of a layer's name",
            Corrupt.class,
            r -> r.getTensorsBuilder(1).setName("linear.weight")),
        tensors("a tensor without a name", Corrupt.class, r -> r.getTensorsBuilder(1).clearName()),
        tensors(
            "a tensor that the module lacks",
            Corrupt.class,
            r -> r.getTensorsBuilder(1).setName("nose")),
        tensors(
            "a coded tensor in a wider storage, which a later version has",
            Corrupt.class,
            r ->
                r.getTensorsBuilder(1)
                    .setType(TensorType.FLOAT16)
                    .setData(ByteString.copyFrom(new byte[12]))),
        tensors(
            "a scale of a later version", Corrupt.class, r -> r.getTensorsBuilder(1).setScale(2)),
        tensors(
            "numbers of a later version",
            Corrupt.class,
            r -> r.setNumbers(ByteString.copyFrom(new byte[4]))),
        tensors("one tensor less", Corrupt.class, r -> r.removeTensors(3)),
        tensors("an empty tensor less", Corrupt.class, r -> r.removeTensors(12)),
        tensors(
            "an empty tensor more",
            Corrupt.class,
            r -> r.addTensors(RemainderTensor.newBuilder().setName("more").addShape(0))),
        tensors(
            "numbers that are stated elsewhere",
            Corrupt.class,
            r ->
                r.getTensorsBuilder(1)
                    .clearShape()
                    .addShape(5)
                    .setData(r.getTensors(1).getData().substring(4))),
        tensors("too few bytes", Corrupt.class, r -> r.getTensorsBuilder(1).clearData()),
        tensors(
            "a shape that overflows",
            Corrupt.class,
            r -> r.getTensorsBuilder(1).clearShape().addShape(1L << 32 | 2).addShape(1L << 32 | 3)),
        tensors("a shape of -1", Corrupt.class, r -> r.getTensorsBuilder(1).setShape(0, -1)),
        tensors(
            "65 dimensions",
            Corrupt.class,
            r -> r.getTensorsBuilder(1).addAllShape(Collections.nCopies(63, 1L))),
        tensors("a type to come", Unsupported.class, r -> r.getTensorsBuilder(1).setTypeValue(10)),
        tensors(
            "another type of the same width",
            Corrupt.class,
            r -> r.getTensorsBuilder(1).setType(TensorType.INT32)),
        tensors(
            "a truth value of 2",
            Corrupt.class,
            r -> r.getTensorsBuilder(11).setData(ByteString.copyFrom(new byte[] {1, 2, 0}))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("remaindersOfModules")
  void aModulesRemainderThatDoesNotFitIsRefused(
      String claim,
      Class<? extends PemnFormatException> refusal,
      Consumer<Remainder.Builder> change)
      throws IOException {
    Remainder.Builder changed = remainder("module").toBuilder();
    change.accept(changed);
    PemnFormatException e = refusal(withRemainder(sound("module"), changed.build().toByteArray()));
    assertInstanceOf(refusal, e, e.toString());
  }

  @Test
  void aRemainderSectionWithoutTensorsIsCorrupt() throws IOException {
    Archive sound = sound("module");
    Archive empty = Archive.parseFrom(withRemainder(sound, new byte[0]));
    assertInstanceOf(
        Corrupt.class,
        refusal(
            with(
                empty,
                empty.getMetadata().toBuilder(),
                m -> m.getRemainderBuilder().clearParameters())));
  }

  @Test
  void manyEmptyTensorsExceedTheLimit() throws IOException {
    ByteString.Output message = ByteString.newOutput();
    for (int i = 0; i <= Limits.DEFAULT.layers(); i++) {
      Remainder.newBuilder()
          .addTensors(RemainderTensor.newBuilder().setName("t" + i).addShape(0))
          .build()
          .writeTo(message);
    }
    assertInstanceOf(
        LimitExceeded.class,
        refusal(withRemainder(sound("module"), message.toByteString().toByteArray())));
  }

  private static Arguments layerOfKind(
      String claim,
      int layer,
      Class<? extends PemnFormatException> refusal,
      Consumer<Layer.Builder> change) {
    return claim(claim, refusal, metadata -> change.accept(metadata.getLayersBuilder(layer)));
  }

  private static Arguments module(
      String claim,
      Class<? extends PemnFormatException> refusal,
      Consumer<TorchScriptModule.Builder> change) {
    return Arguments.of(claim, refusal, change);
  }

  private static Arguments tensors(
      String claim,
      Class<? extends PemnFormatException> refusal,
      Consumer<Remainder.Builder> change) {
    return Arguments.of(claim, refusal, change);
  }

  private static Metrics.Builder metrics(Metadata.Builder metadata) {
    return metadata.getProvenanceBuilder().getMetricsBuilder();
  }

  private static TorchScript.Builder torchScript(Metadata.Builder metadata) {
    return metadata.getNetworkBuilder().getTorchScriptBuilder();
  }

  /** The storage data/number; two files stand before the first. */
  private static TensorStorage.Builder storage(TorchScriptModule.Builder module, int number) {
    return module.getEntriesBuilder(2 + number).getStorageBuilder();
  }

  private static StoredTensor.Builder tensor(TorchScriptModule.Builder module, int storage) {
    return storage(module, storage).getTensorsBuilder(0);
  }

  private static TorchScriptModule module() throws IOException {
    Archive sound = sound("module");
    return TorchScriptModule.parseFrom(
        ZstdFrame.decompress(
            sound.getModule().asReadOnlyByteBuffer(),
            sound.getMetadata().getModule().getDecodedBytes(),
            ArchiveSection.MODULE));
  }

  private static byte[] withModule(byte[] message) throws IOException {
    ByteString frame = ByteString.copyFrom(ZstdFrame.compress(message));
    Archive archive = sound("module").toBuilder().setModule(frame).build();
    return with(
        archive,
        archive.getMetadata().toBuilder(),
        m ->
            m.getModuleBuilder()
                .setStoredBytes(frame.size())
                .setDigest(digest(frame))
                .setDecodedBytes(message.length));
  }

  private static byte[] withMasks(Archive sound, Mask bits) {
    EncodedMask encoded = MaskCodecs.all().get(0).encode(bits, MaskLayout.of(bits.size()));
    ByteString stored = ByteString.copyFrom(encoded.stored());
    Archive archive = sound.toBuilder().setMasks(stored).build();
    return with(
        archive,
        archive.getMetadata().toBuilder(),
        m ->
            m.getMasksBuilder()
                .setStoredBytes(stored.size())
                .setDigest(digest(stored))
                .setDecodedBytes(encoded.decodedBytes()));
  }

  private static Remainder change(Remainder sound, Consumer<RemainderTensor.Builder> tensor) {
    Remainder.Builder changed = sound.toBuilder();
    tensor.accept(changed.getTensorsBuilder(0));
    return changed.build();
  }

  private static byte[] withRemainder(byte[] message) throws IOException {
    return withRemainder(sound("random-vector-copy"), message);
  }

  private static byte[] withRemainder(Archive sound, byte[] message) {
    ByteString frame = ByteString.copyFrom(ZstdFrame.compress(message));
    Archive archive = sound.toBuilder().setRemainder(frame).build();
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
    return Archive.parseFrom(golden(name));
  }

  private static byte[] golden(String name) throws IOException {
    int version = TinyNetworks.namesOfVersion(1).contains(name) ? 1 : 2;
    return Files.readAllBytes(GoldenArchives.file(version, name));
  }

  private static void prototypeLength(Metadata.Builder metadata, long length) {
    metadata.getPrototypeBuilder().setLength(length);
  }

  private static void shuffledLength(Metadata.Builder metadata, long length) {
    metadata.getPrototypeBuilder().setShuffledLength(length);
  }
}
