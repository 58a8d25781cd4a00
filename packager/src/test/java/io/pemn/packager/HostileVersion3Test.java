package io.pemn.packager;

import static io.pemn.packager.ForgedArchives.digest;
import static io.pemn.packager.ForgedArchives.refusal;
import static io.pemn.packager.ForgedArchives.sound;
import static io.pemn.packager.ForgedArchives.with;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import io.pemn.format.PemnFormatException.Corrupt;
import io.pemn.format.PemnFormatException.LimitExceeded;
import io.pemn.format.PemnFormatException.Unsupported;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.Layer;
import io.pemn.format.proto.MaskSection;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Mlp;
import io.pemn.format.proto.Remainder;
import io.pemn.format.proto.RemainderSection;
import io.pemn.format.proto.RemainderTensor;
import io.pemn.format.proto.TensorType;
import io.pemn.format.storage.ZstdFrame;
import io.pemn.loader.Limits;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives of version 3 whose digests are all right and whose claims are not. */
class HostileVersion3Test {
  private static final String BUILT_IN = "coded";
  private static final String MODULE = "module-coded";
  private static final long HUGE = 1L << 60;

  private static Arguments claim(
      String claim,
      String name,
      Class<? extends PemnFormatException> refusal,
      Consumer<Metadata.Builder> change) {
    return Arguments.of(claim, name, refusal, change);
  }

  private static Arguments layer(String claim, String name, Consumer<Layer.Builder> change) {
    return claim(claim, name, Corrupt.class, m -> change.accept(m.getLayersBuilder(0)));
  }

  static Stream<Arguments> claims() {
    return Stream.of(
        layer("a name that the network says", BUILT_IN, l -> l.setName("layers.0.linear.weight")),
        layer("a shape that the network says", BUILT_IN, l -> l.addShape(9).addShape(20)),
        claim(
            "names and shapes that the network says",
            BUILT_IN,
            Corrupt.class,
            m -> {
              m.getLayersBuilder(0).setName("layers.0.linear.weight").addShape(9).addShape(20);
              m.getLayersBuilder(1).setName("layers.1.linear.weight").addShape(5).addShape(9);
              m.getLayersBuilder(2).setName("head.weight").addShape(3).addShape(5);
            }),
        layer("no name where one is needed", "partly-masked", Layer.Builder::clearName),
        layer("no shape where one is needed", "partly-masked", Layer.Builder::clearShape),
        layer("another name", "partly-masked", l -> l.setName("head.weight")),
        layer("another shape", "partly-masked", l -> l.setShape(0, 8)),
        claim("a layer less", BUILT_IN, Corrupt.class, m -> m.removeLayers(2)),
        claim("a layer more", BUILT_IN, Corrupt.class, m -> m.addLayers(m.getLayers(0))),
        layer("another layer's count", BUILT_IN, l -> l.setKept(l.getKept() + 1)),
        layer("another digest", BUILT_IN, l -> l.setDigest(ByteString.copyFrom(new byte[8]))),
        claim(
            "a layer of a module without a name",
            "module",
            Corrupt.class,
            m -> m.getLayersBuilder(0).clearName()),
        claim(
            "a layer of a module without a shape",
            "module",
            Corrupt.class,
            m -> m.getLayersBuilder(0).clearShape()),
        claim(
            "a length of the masks",
            BUILT_IN,
            Corrupt.class,
            m -> m.getMasksBuilder().setStoredBytes(1)),
        claim(
            "a length of the remainder",
            BUILT_IN,
            Corrupt.class,
            m -> m.getRemainderBuilder().setStoredBytes(1)),
        claim(
            "a length of the module",
            MODULE,
            Corrupt.class,
            m -> m.getModuleBuilder().setStoredBytes(1)),
        claim(
            "a length of the prototype",
            "stored-values",
            Corrupt.class,
            m -> m.getPrototypeValuesBuilder().setStoredBytes(164)),
        claim(
            "a prototype of one value more",
            "stored-values",
            Corrupt.class,
            m -> m.getPrototypeBuilder().setLength(42)),
        claim(
            "a decompressed size of the remainder",
            BUILT_IN,
            Corrupt.class,
            m -> m.getRemainderBuilder().setDecodedBytes(1)),
        claim(
            "a decompressed size of a module's remainder",
            MODULE,
            Corrupt.class,
            m -> m.getRemainderBuilder().setDecodedBytes(1)),
        claim(
            "a decompressed size of the module",
            MODULE,
            Corrupt.class,
            m -> m.getModuleBuilder().setDecodedBytes(1)),
        claim(
            "a number of parameters that the network says",
            BUILT_IN,
            Corrupt.class,
            m -> m.getRemainderBuilder().setParameters(59)),
        claim(
            "another number of a module's parameters",
            MODULE,
            Corrupt.class,
            m -> m.getRemainderBuilder().setParameters(1)),
        claim(
            "no number of a module's parameters",
            MODULE,
            Corrupt.class,
            m -> m.getRemainderBuilder().clearParameters()),
        claim(
            "2^60 parameters of a module",
            MODULE,
            LimitExceeded.class,
            m -> m.getRemainderBuilder().setParameters(HUGE)),
        claim(
            "-1 parameters of a module",
            MODULE,
            LimitExceeded.class,
            m -> m.getRemainderBuilder().setParameters(-1)),
        claim("no remainder", BUILT_IN, Corrupt.class, Metadata.Builder::clearRemainder),
        claim("no remainder of a module", MODULE, Corrupt.class, Metadata.Builder::clearRemainder),
        claim(
            "another digest of the remainder",
            BUILT_IN,
            Corrupt.class,
            m -> m.getRemainderBuilder().setDigest(ByteString.copyFrom(new byte[32]))),
        claim(
            "a wide network in a small file",
            "dense-int8",
            LimitExceeded.class,
            m ->
                m.getNetworkBuilder()
                    .setMlp(Mlp.newBuilder().addAllHidden(List.of(1 << 15, 1 << 15)))),
        claim(
            "a field of another version",
            BUILT_IN,
            Corrupt.class,
            m -> m.getRemainderBuilder().setUnknownFields(unknown())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("claims")
  void isRefused(
      String claim,
      String name,
      Class<? extends PemnFormatException> refusal,
      Consumer<Metadata.Builder> change)
      throws IOException {
    PemnFormatException e = refusal(with(sound(name), change));
    assertInstanceOf(refusal, e, e.toString());
    assertTrue(e.getMessage().endsWith(".") || e.getCause() != null, e.getMessage());
  }

  @Test
  void theTestsOwnFramingIsSound() throws IOException {
    for (String name : TinyNetworks.all().keySet()) {
      Archive sound = sound(name);
      assertTrue(sound.getFormatVersion() >= 3, name);
      assertArrayEquals(sound.toByteArray(), with(sound, metadata -> {}));
    }
    for (String name : List.of(BUILT_IN, MODULE, "dense-int8")) {
      byte[] same = withRemainder(name, remainder(name).toByteArray());
      PemnArchive.read(same).verify();
    }
  }

  @Test
  void aSectionThatTheNetworkHasNoNeedOfIsCorrupt() throws IOException {
    Archive all = allMasked();
    PemnArchive.read(all.toByteArray()).verify();
    ByteString frame = ByteString.copyFrom(ZstdFrame.compress(new byte[0]));
    byte[] more =
        with(
            all.toBuilder().setRemainder(frame).build(),
            m -> m.setRemainder(RemainderSection.newBuilder().setDigest(digest(frame))));
    assertInstanceOf(Corrupt.class, refusal(more));
  }

  /** A module without a remainder. */
  private static Archive allMasked() throws IOException {
    MaskedNetwork network = TinyNetworks.all().get("module-float16");
    io.pemn.loader.torchscript.TorchScriptModule.StorageEntry storage =
        (io.pemn.loader.torchscript.TorchScriptModule.StorageEntry)
            network.module().orElseThrow().entries().get(1);
    MaskedNetwork masked =
        new MaskedNetwork(
            network.network(),
            network.normalization(),
            network.classLabels(),
            network.prototype(),
            network.layers(),
            List.of(),
            java.util.Optional.of(
                new io.pemn.loader.torchscript.TorchScriptModule(
                    List.of(
                        new io.pemn.loader.torchscript.TorchScriptModule.StorageEntry(
                            storage.path(),
                            storage.type(),
                            storage.elements(),
                            storage.spans().subList(0, 2))))),
            network.provenance());
    return Archive.parseFrom(ArchiveWriter.toBytes(masked));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixed-masks", "mixed-masks-bitmap", "mixed-masks-entropy"})
  void masksOfAnotherEncodingOrSizeThanStatedAreRefused(String name) throws IOException {
    Archive sound = Archive.parseFrom(GoldenArchives.toBytes(name));
    MaskSection masks = sound.getMetadata().getMasks();
    for (int encoding = 1; encoding <= 3; encoding++) {
      for (long decoded : new long[] {-1, 0, 1, masks.getDecodedBytes(), 58, HUGE}) {
        MaskSection claimed =
            masks.toBuilder().setEncodingValue(encoding).setDecodedBytes(decoded).build();
        if (!claimed.equals(masks)) {
          assertInstanceOf(
              Corrupt.class, refusal(with(sound, m -> m.setMasks(claimed))), claimed::toString);
        }
      }
    }
  }

  private static Arguments remainder(
      String claim,
      String name,
      Class<? extends PemnFormatException> refusal,
      Consumer<Remainder.Builder> change) {
    return Arguments.of(claim, name, refusal, change);
  }

  private static Arguments tensor(
      String claim,
      String name,
      int number,
      Class<? extends PemnFormatException> refusal,
      Consumer<RemainderTensor.Builder> change) {
    return remainder(claim, name, refusal, r -> change.accept(r.getTensorsBuilder(number)));
  }

  private static ByteString changed(ByteString bytes, int at, int value) {
    byte[] changed = bytes.toByteArray();
    changed[at] = (byte) value;
    return ByteString.copyFrom(changed);
  }

  static Stream<Arguments> remainders() {
    // The built-in network's tensors are FLOAT32, BFLOAT16, and two constants, and so again, INT8
    // last; the module's INT8, FLOAT16, BFLOAT16, FLOAT32, bytes, a constant, ones, one number,
    // none.
    return Stream.of(
        remainder("no tensors", BUILT_IN, Corrupt.class, Remainder.Builder::clearTensors),
        remainder("no numbers", BUILT_IN, Corrupt.class, Remainder.Builder::clearNumbers),
        remainder("nothing", BUILT_IN, Corrupt.class, Remainder.Builder::clear),
        remainder("one tensor less", BUILT_IN, Corrupt.class, r -> r.removeTensors(8)),
        remainder("one tensor more", BUILT_IN, Corrupt.class, r -> r.addTensors(r.getTensors(0))),
        remainder(
            "a byte more",
            BUILT_IN,
            Corrupt.class,
            r -> r.setNumbers(r.getNumbers().concat(ByteString.copyFrom(new byte[1])))),
        remainder(
            "a byte less", BUILT_IN, Corrupt.class, r -> r.setNumbers(r.getNumbers().substring(1))),
        remainder("an unknown field", BUILT_IN, Corrupt.class, r -> r.setUnknownFields(unknown())),
        tensor("a name", BUILT_IN, 0, Corrupt.class, t -> t.setName("layers.0.norm.weight")),
        tensor("a shape", BUILT_IN, 0, Corrupt.class, t -> t.addShape(9)),
        tensor(
            "numbers within",
            BUILT_IN,
            0,
            Corrupt.class,
            t -> t.setData(ByteString.copyFrom(new byte[36]))),
        tensor(
            "an unknown field within",
            BUILT_IN,
            0,
            Corrupt.class,
            t -> t.setUnknownFields(unknown())),
        tensor("a type to come", BUILT_IN, 0, Unsupported.class, t -> t.setTypeValue(10)),
        tensor("a negative type", BUILT_IN, 0, Unsupported.class, t -> t.setTypeValue(-1)),
        tensor("a wider type", BUILT_IN, 1, Corrupt.class, t -> t.setType(TensorType.FLOAT32)),
        tensor("a type of integers", BUILT_IN, 0, Corrupt.class, t -> t.setType(TensorType.INT32)),
        tensor("float64", BUILT_IN, 0, Corrupt.class, t -> t.setType(TensorType.FLOAT64)),
        tensor("int8 without a scale", BUILT_IN, 0, Corrupt.class, t -> t.setType(TensorType.INT8)),
        tensor("a scale of floats", BUILT_IN, 0, Corrupt.class, t -> t.setScale(1)),
        tensor("a scale of -0", BUILT_IN, 0, Corrupt.class, t -> t.setScale(-0.0f)),
        tensor("called constant", BUILT_IN, 0, Corrupt.class, t -> t.setConstant(true)),
        tensor("not called constant", BUILT_IN, 2, Corrupt.class, t -> t.clearConstant()),
        remainder(
            "a constant in its long form",
            BUILT_IN,
            Corrupt.class,
            r -> {
              // The nine zeros of a float16 tensor and the eight more of its lower bytes.
              RemainderTensor.Builder means = r.getTensorsBuilder(2);
              means.clearConstant();
              r.setNumbers(longForm(r));
            }),
        tensor("a negative scale", MODULE, 0, Corrupt.class, t -> t.setScale(-1)),
        tensor("a scale of -0", MODULE, 0, Corrupt.class, t -> t.setScale(-0.0f)),
        tensor("an infinite scale", MODULE, 0, Corrupt.class, t -> t.setScale(Float.MAX_VALUE)),
        tensor("a scale that is no number", MODULE, 0, Corrupt.class, t -> t.setScale(Float.NaN)),
        tensor("int8 in floats", MODULE, 0, Corrupt.class, t -> t.clearScale()),
        tensor("a scale of integers", MODULE, 4, Corrupt.class, t -> t.setScale(1)),
        tensor("a scale of float16", MODULE, 1, Corrupt.class, t -> t.setScale(1)),
        tensor("one number called constant", MODULE, 7, Corrupt.class, t -> t.setConstant(true)),
        tensor("nothing called constant", MODULE, 8, Corrupt.class, t -> t.setConstant(true)),
        tensor("another shape", MODULE, 0, Corrupt.class, t -> t.setShape(0, 9)),
        tensor("no shape", MODULE, 0, Corrupt.class, t -> t.clearShape()),
        tensor("a shape of -1", MODULE, 0, Corrupt.class, t -> t.setShape(0, -1)),
        tensor(
            "65 dimensions",
            MODULE,
            0,
            Corrupt.class,
            t -> t.addAllShape(Collections.nCopies(64, 1L))),
        tensor(
            "a shape that overflows", MODULE, 0, Corrupt.class, t -> t.setShape(0, 1L << 32 | 10)),
        tensor("a name of a module's tensor", MODULE, 0, Corrupt.class, t -> t.setName("int8")),
        tensor(
            "constants of 16 GiB",
            MODULE,
            5,
            LimitExceeded.class,
            t -> t.setShape(0, Integer.MAX_VALUE)),
        remainder("one tensor less", MODULE, Corrupt.class, r -> r.removeTensors(8)),
        remainder(
            "one tensor more",
            MODULE,
            Corrupt.class,
            r -> r.addTensors(RemainderTensor.newBuilder().addShape(0))),
        remainder(
            "tensors in another order",
            MODULE,
            Corrupt.class,
            r -> r.setTensors(4, r.getTensors(8)).setTensors(8, r.getTensors(4))),
        // Plane 0 begins with the ten bytes of the INT8 tensor.
        remainder(
            "-128 with a scale",
            MODULE,
            Corrupt.class,
            r -> r.setNumbers(changed(r.getNumbers(), 0, -128))));
  }

  /** The planes of the built-in network with nine zeros for its first running means. */
  private static ByteString longForm(Remainder.Builder remainder) {
    ByteString planes = remainder.getNumbers();
    ByteString longer = ByteString.EMPTY;
    int at = 0;
    for (int plane = 0; plane < 4; plane++) {
      int before = 0;
      int own = 0;
      int all = 0;
      for (int i = 0; i < remainder.getTensorsCount(); i++) {
        RemainderTensor tensor = remainder.getTensors(i);
        int width =
            switch (tensor.getType()) {
              case FLOAT32 -> 4;
              case INT8 -> 1;
              default -> 2;
            };
        int size = i < 4 ? 9 : i < 8 ? 5 : 3;
        int stored = i == 2 || tensor.getConstant() ? 1 : size;
        int bytes = plane < width ? stored : 0;
        before += i < 2 ? bytes : 0;
        own += i == 2 ? bytes : 0;
        all += bytes;
      }
      ByteString mean = planes.substring(at + before, at + before + own);
      longer = longer.concat(planes.substring(at, at + before));
      for (int i = 0; i < 9 && own > 0; i++) {
        longer = longer.concat(mean);
      }
      longer = longer.concat(planes.substring(at + before + own, at + all));
      at += all;
    }
    assertEquals(planes.size(), at);
    return longer;
  }

  @ParameterizedTest(name = "{1}: {0}")
  @MethodSource("remainders")
  void aRemainderThatDoesNotFitIsRefused(
      String claim,
      String name,
      Class<? extends PemnFormatException> refusal,
      Consumer<Remainder.Builder> change)
      throws IOException {
    Remainder.Builder changed = remainder(name).toBuilder();
    change.accept(changed);
    PemnFormatException e = refusal(withRemainder(name, changed.build().toByteArray()));
    assertInstanceOf(refusal, e, e.toString());
    assertTrue(e.getMessage().endsWith(".") || e.getCause() != null, e.getMessage());
  }

  @Test
  void numbersThatAreNotFiniteAreCorruptInBuiltInNetworks() throws IOException {
    Remainder.Builder changed = remainder("dense").toBuilder();
    // The highest bytes of all numbers, and those below.
    int count = changed.getNumbers().size() / 4;
    ByteString infinite = changed(changed(changed.getNumbers(), 3 * count, 0x7F), 2 * count, 0xFF);
    byte[] bytes = withRemainder("dense", changed.setNumbers(infinite).build().toByteArray());
    assertInstanceOf(Corrupt.class, refusal(bytes));
  }

  @Test
  void everyFramedLieIsRefusedBeforeItsSizeIsAllocated() throws IOException {
    byte[] sound = remainder(BUILT_IN).toByteArray();
    assertInstanceOf(Corrupt.class, refusal(withRemainder(BUILT_IN, new byte[] {1, 2, 3})));
    assertInstanceOf(Corrupt.class, refusal(withRemainder(BUILT_IN, new byte[0])));
    byte[] half = java.util.Arrays.copyOf(sound, sound.length / 2);
    assertInstanceOf(PemnFormatException.class, refusal(withRemainder(BUILT_IN, half)));
    // 64 million empty tensors in a few kilobytes.
    byte[] many = new byte[1 << 27];
    for (int i = 0; i < many.length; i += 2) {
      many[i] = 0x0A;
    }
    byte[] bomb = withRemainder(BUILT_IN, many);
    assertTrue(bomb.length < 100_000);
    assertInstanceOf(LimitExceeded.class, refusal(bomb));
    assertInstanceOf(Corrupt.class, refusal(withRemainder(MODULE, many)));
    Limits narrow = new Limits(1 << 20, 1 << 20, 100, 1 << 20, 1 << 20);
    byte[] moduleBomb = withRemainder(MODULE, many);
    assertThrows(
        LimitExceeded.class,
        () -> PemnArchive.read(moduleBomb, LoadPolicy.standard().withLimits(narrow)).verify());
  }

  @Test
  void shapesOfMillionsOfDimensionsAreRefusedBeforeTheyAreParsed() throws IOException {
    // As numbers of eight bytes they are more than this test's heap.
    byte[] shape = new byte[1 << 27];
    ByteString.Output message = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(message);
    out.writeTag(Remainder.TENSORS_FIELD_NUMBER, 2);
    out.writeUInt32NoTag(shape.length + 5);
    out.writeByteArray(RemainderTensor.SHAPE_FIELD_NUMBER, shape);
    out.flush();
    byte[] bomb = withRemainder(MODULE, message.toByteString().toByteArray());
    assertTrue(bomb.length < 100_000);
    assertInstanceOf(Corrupt.class, refusal(bomb));
  }

  @Test
  void constantsBeyondTheLargestArrayAreRefusedHoweverHighTheLimits() throws IOException {
    Remainder sound = remainder(MODULE);
    long others =
        sound(MODULE).getMetadata().getRemainder().getParameters()
            - sound.getTensors(5).getShape(0);
    Limits high = new Limits(1 << 20, 1 << 20, 100, 1L << 40, 1 << 20);
    for (long size : new long[] {1L << 28, (1L << 28) + 1, Integer.MAX_VALUE}) {
      Remainder.Builder changed = sound.toBuilder();
      changed.getTensorsBuilder(5).setShape(0, size);
      byte[] bytes =
          with(
              Archive.parseFrom(withRemainder(MODULE, changed.build().toByteArray())),
              m -> m.getRemainderBuilder().setParameters(others + size));
      assertThrows(
          LimitExceeded.class,
          () -> PemnArchive.read(bytes, LoadPolicy.standard().withLimits(high)).remainder());
    }
  }

  @Test
  void aFrameThatHidesItsSizeOrHasMoreBehindItIsCorrupt() throws IOException {
    byte[] message = remainder(BUILT_IN).toByteArray();
    byte[] frame = ZstdFrame.compress(message);
    byte[] longer = java.util.Arrays.copyOf(frame, frame.length + 1);
    assertInstanceOf(Corrupt.class, refusal(withFrame(BUILT_IN, longer)));
    try (com.github.luben.zstd.ZstdCompressCtx context =
        new com.github.luben.zstd.ZstdCompressCtx()) {
      context.setContentSize(false);
      byte[] silent = context.compress(message);
      assertEquals(-1, Math.min(-1, Zstd.getFrameContentSize(silent)));
      assertInstanceOf(Corrupt.class, refusal(withFrame(BUILT_IN, silent)));
    }
  }

  private static UnknownFieldSet unknown() {
    return UnknownFieldSet.newBuilder()
        .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
        .build();
  }

  private static Remainder remainder(String name) throws IOException {
    return Remainder.parseFrom(
        ZstdFrame.decompressUpTo(
            sound(name).getRemainder().asReadOnlyByteBuffer(), 1 << 20, ArchiveSection.REMAINDER));
  }

  private static byte[] withRemainder(String name, byte[] message) throws IOException {
    return withFrame(name, ZstdFrame.compress(message));
  }

  private static byte[] withFrame(String name, byte[] frame) throws IOException {
    ByteString bytes = ByteString.copyFrom(frame);
    return with(
        sound(name).toBuilder().setRemainder(bytes).build(),
        m -> m.getRemainderBuilder().setDigest(digest(bytes)));
  }
}
