package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Normalization;
import io.pemn.format.Prototype;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.MaskKind;
import io.pemn.loader.ArchivedModule;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.Sections;
import io.pemn.packager.tensors.NpyFolder;
import io.pemn.packager.tensors.SafetensorsFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What goes into an archive comes out of it. */
class ArchiveRoundTripTest {
  @TempDir Path folder;

  private static final Map<MaskCodecChoice, String> ENCODINGS =
      Map.of(
          MaskCodecChoice.ROARING,
          "roaring_zstd",
          MaskCodecChoice.BITMAP,
          "bitmap_zstd",
          MaskCodecChoice.ENTROPY,
          "entropy");

  static List<String> networks() {
    return List.copyOf(TinyNetworks.all().keySet());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void everythingIsReadBackAsItWasWritten(String name) throws IOException {
    MaskedNetwork network = TinyNetworks.all().get(name);
    Path file = folder.resolve("a.pemn");
    ArchiveWriter.write(network, file);
    PemnArchive archive = PemnArchive.open(file);

    assertEquals(network.network(), archive.network());
    assertEquals(network.normalization(), archive.normalization());
    assertEquals(network.classLabels(), archive.classLabels());
    assertEquals(network.provenance(), archive.provenance());
    boolean masked = !network.layers().isEmpty();
    Optional<Prototype> generated =
        network.prototype() instanceof PrototypeSource.Generated source && masked
            ? Optional.of(source.prototype())
            : Optional.empty();
    assertEquals(generated, archive.prototype());
    assertEquals(masked ? network.prototype().length() : 0, archive.prototypeLength());
    assertEquals(network.prototype().isStored(), archive.storesPrototypeValues());
    assertEquals(
        network.layers(), archive.layers().stream().map(layer -> masked(archive, layer)).toList());
    assertEquals(
        network.layers().stream().mapToLong(layer -> layer.mask().size()).sum()
            + network.remainder().stream().mapToLong(RemainderTensor::size).sum(),
        archive.parameters());
    assertEquals(network.module(), ArchivedModule.of(archive));
    archive.verify();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void masksAreReadBackHoweverTheyAreStored(String name) throws IOException {
    MaskedNetwork network = TinyNetworks.all().get(name);
    Map<MaskCodecChoice, Integer> bytes = new EnumMap<>(MaskCodecChoice.class);
    for (MaskCodecChoice choice : MaskCodecChoice.values()) {
      Path file = folder.resolve("a.pemn");
      ArchiveWriter.write(network, choice, file);
      PemnArchive archive = PemnArchive.open(file);
      archive.verify();
      for (MaskedLayer layer : network.layers()) {
        assertEquals(layer.mask(), archive.mask(archive.layer(layer.name())));
      }
      bytes.put(choice, (int) archive.fileBytes());
      String encoding = network.layers().isEmpty() ? "none" : ENCODINGS.get(choice);
      if (choice != MaskCodecChoice.AUTO) {
        assertEquals(encoding, archive.maskEncoding());
      }
    }
    int roaring = bytes.get(MaskCodecChoice.ROARING);
    int least = Collections.min(bytes.values());
    assertEquals(least * 100 <= roaring * 99 ? least : roaring, bytes.get(MaskCodecChoice.AUTO));
  }

  @Test
  void anotherEncodingThanRoaringMustSaveAHundredth() {
    byte[] first = new byte[1000];
    assertSame(first, MaskCodecChoice.best(List.of(first, new byte[991], new byte[999])));
    byte[] enough = new byte[990];
    assertSame(enough, MaskCodecChoice.best(List.of(first, enough, new byte[990])));
    byte[] smaller = new byte[1];
    assertSame(smaller, MaskCodecChoice.best(List.of(first, enough, smaller)));
    assertSame(first, MaskCodecChoice.best(List.of(first, new byte[1000])));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void theRemainderIsReadBackBitForBit(String name) throws IOException {
    MaskedNetwork network = TinyNetworks.all().get(name);
    Map<String, RemainderTensor> remainder = GoldenArchivesTest.byName(read(network).remainder());
    assertEquals(network.remainder().size(), remainder.size());
    for (RemainderTensor tensor : network.remainder()) {
      RemainderTensor found = remainder.get(tensor.name());
      assertEquals(tensor.shape(), found.shape());
      assertEquals(tensor.type(), found.type());
      assertEquals(tensor.scale(), found.scale());
      assertEquals(tensor.data(), found.data());
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void weightsAreThePrototypeTimesScaleWhereKept(String name) throws IOException {
    MaskedNetwork network = TinyNetworks.all().get(name);
    PemnArchive archive = read(network);
    for (MaskedLayer layer : network.layers()) {
      float[] rebuilt = archive.rebuild(archive.layer(layer.name()));
      assertBits(naive(network, layer), rebuilt);
      float[] inBuffer = new float[rebuilt.length + 2];
      FloatBuffer target = FloatBuffer.wrap(inBuffer);
      archive.rebuild(archive.layer(layer.name()), target.position(1));
      assertEquals(rebuilt.length + 1, target.position());
      assertBits(rebuilt, java.util.Arrays.copyOfRange(inBuffer, 1, rebuilt.length + 1));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              archive.rebuild(
                  archive.layer(layer.name()), FloatBuffer.allocate(rebuilt.length - 1)));
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void sectionsAddUpToTheFile(String name) throws IOException {
    byte[] bytes = ArchiveWriter.toBytes(TinyNetworks.all().get(name));
    PemnArchive archive = PemnArchive.read(bytes);
    Sections sections = archive.sections();
    assertEquals(bytes.length, archive.fileBytes());
    assertEquals(
        bytes.length,
        sections.masks()
            + sections.remainder()
            + sections.prototype()
            + sections.module()
            + sections.metadata());
    assertEquals(ArchivedModule.of(archive).isPresent(), sections.module() > 0);
    long values = archive.storesPrototypeValues() ? 4L * archive.prototypeLength() : 0;
    if (name.startsWith("explicit-")) {
      assertTrue(sections.prototype() > 0 && sections.prototype() < values * 9 / 10);
    } else {
      assertEquals(values, sections.prototype());
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void equalNetworksGiveEqualBytes(String name) throws IOException {
    assertArrayEquals(
        ArchiveWriter.toBytes(TinyNetworks.all().get(name)),
        ArchiveWriter.toBytes(TinyNetworks.all().get(name)));
  }

  @Test
  void masksOfEveryKindAndMixAreReadBackFromNothingToEverythingKept() throws IOException {
    Random random = new Random(3);
    List<MaskKind> kinds = List.of(MaskKind.KEEP, MaskKind.SIGN, MaskKind.TERNARY);
    List<List<MaskKind>> choices = new ArrayList<>();
    for (MaskKind kind : kinds) {
      choices.add(List.of(kind));
      kinds.forEach(other -> choices.add(List.of(kind, other, kind)));
    }
    choices.add(kinds);
    for (List<MaskKind> choice : choices) {
      // 11: each weight at random.
      for (int ofTen : new int[] {0, 1, 5, 9, 10, 11}) {
        MaskedNetwork network =
            TinyNetworks.withMasks(
                TinyNetworks.all().get(random.nextBoolean() ? "mlp" : "stored-values-shuffled"),
                layer ->
                    TinyNetworks.mask(
                        choice.get(random.nextInt(choice.size())),
                        TinyNetworks.random(
                            random, layer.mask().size(), ofTen == 11 ? random.nextInt(11) : ofTen),
                        random));
        byte[] bytes = ArchiveWriter.toBytes(network);
        PemnArchive archive = PemnArchive.read(bytes);
        assertEquals(3, Archive.parseFrom(bytes).getFormatVersion());
        for (MaskedLayer layer : network.layers()) {
          Layer read = archive.layer(layer.name());
          assertEquals(layer.mask(), archive.mask(read));
          assertEquals(layer.mask().kind(), read.kind());
          assertEquals(layer.mask().kept().kept(), read.kept());
          assertBits(naive(network, layer), archive.rebuild(read));
        }
      }
    }
  }

  @Test
  void pixelsAreNormalisedExactlyWhereTheNetworkTakesImages() {
    MaskedNetwork images = TinyNetworks.all().get("mlp");
    MaskedNetwork tensors = TinyNetworks.all().get("module-float16");
    assertThrows(IllegalArgumentException.class, () -> withNormalization(images, Optional.empty()));
    assertThrows(
        IllegalArgumentException.class, () -> withNormalization(tensors, images.normalization()));
  }

  private static MaskedNetwork withNormalization(
      MaskedNetwork network, Optional<Normalization> normalization) {
    return new MaskedNetwork(
        network.network(),
        normalization,
        network.classLabels(),
        network.prototype(),
        network.layers(),
        network.remainder(),
        network.module(),
        network.provenance());
  }

  @Test
  void aLayerOfAnotherArchiveIsNotRebuilt() throws IOException {
    PemnArchive archive = read(TinyNetworks.all().get("max-layer"));
    PemnArchive other = read(TinyNetworks.all().get("own-weights"));
    Layer foreign = other.layers().get(1);
    assertThrows(IllegalArgumentException.class, () -> archive.rebuild(foreign));
    assertThrows(IllegalArgumentException.class, () -> archive.mask(foreign));
  }

  @Test
  void differentNetworksHaveDifferentDigests() throws IOException {
    List<String> digests = new ArrayList<>();
    for (String name : TinyNetworks.all().keySet()) {
      digests.add(PemnArchive.read(GoldenArchives.toBytes(name)).digest());
    }
    assertEquals(digests.size(), digests.stream().distinct().count());
  }

  static List<String> builtIn() {
    return networks().stream()
        .filter(name -> TinyNetworks.all().get(name).network() instanceof BuiltInDescription)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("builtIn")
  void unpackedFilesHoldEveryParameter(String name) throws IOException {
    MaskedNetwork network = TinyNetworks.all().get(name);
    PemnArchive archive = read(network);
    Map<String, float[]> expected = new LinkedHashMap<>();
    network.remainder().forEach(tensor -> expected.put(tensor.name(), tensor.values()));
    network.layers().forEach(layer -> expected.put(layer.name(), naive(network, layer)));

    Path file = folder.resolve("a.safetensors");
    Unpacker.toSafetensors(archive, file);
    SafetensorsFile read = SafetensorsFile.read(file);
    assertEquals(expected.keySet(), java.util.Set.copyOf(read.names()));
    assertEquals(archive.digest(), read.metadata().get("pemn_digest"));
    for (ParameterShape parameter : ((BuiltInDescription) network.network()).parameters()) {
      assertBits(expected.get(parameter.name()), read.floats(parameter.name()));
      assertArrayEquals(
          parameter.shape().stream().mapToLong(Integer::longValue).toArray(),
          read.shape(parameter.name()));
    }

    Path npy = folder.resolve("npy");
    Unpacker.toNpyFolder(archive, npy);
    try (Stream<Path> files = Files.list(npy)) {
      assertEquals(
          expected.keySet().stream().map(NpyFolder::fileName).collect(Collectors.toSet()),
          files
              .map(path -> path.getFileName().toString())
              .filter(entry -> entry.endsWith(".npy"))
              .collect(Collectors.toSet()));
    }
  }

  @Test
  void eightThreadsRebuildTheSameWeights() throws Exception {
    MaskedNetwork network = TinyNetworks.all().get("random-vector-shuffled");
    byte[] bytes = ArchiveWriter.toBytes(network);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (int round = 0; round < 20; round++) {
        PemnArchive archive = PemnArchive.read(bytes);
        List<Future<List<float[]>>> results = new ArrayList<>();
        for (int thread = 0; thread < 8; thread++) {
          results.add(
              threads.submit(
                  () -> {
                    List<float[]> weights = new ArrayList<>();
                    for (Layer layer : archive.layers()) {
                      weights.add(archive.rebuild(layer));
                    }
                    return weights;
                  }));
        }
        for (Future<List<float[]>> result : results) {
          for (int i = 0; i < network.layers().size(); i++) {
            assertBits(naive(network, network.layers().get(i)), result.get().get(i));
          }
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aNetworkThatMakesNoSoundArchiveIsNotWritten() throws IOException {
    MaskedNetwork sound = TinyNetworks.all().get("max-layer");
    MaskedNetwork lacking =
        new MaskedNetwork(
            sound.network(),
            sound.normalization(),
            sound.classLabels(),
            sound.prototype(),
            sound.layers(),
            sound.remainder().subList(1, sound.remainder().size()),
            sound.module(),
            sound.provenance());
    Path file = folder.resolve("a.pemn");
    assertThrows(IllegalArgumentException.class, () -> ArchiveWriter.write(lacking, file));
    assertFalse(Files.exists(file));
  }

  @Test
  void aLayerThatTheArchiveLacksIsNamed() throws IOException {
    PemnArchive archive = read(TinyNetworks.all().get("mlp"));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> archive.layer("nose"));
    assertTrue(e.getMessage().contains("\"nose\""), e.getMessage());
  }

  private static PemnArchive read(MaskedNetwork network) throws IOException {
    return PemnArchive.read(ArchiveWriter.toBytes(network));
  }

  private static MaskedLayer masked(PemnArchive archive, Layer layer) {
    try {
      return new MaskedLayer(
          layer.name(), layer.shape(), layer.offset(), layer.scale(), archive.mask(layer));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static float[] naive(MaskedNetwork network, MaskedLayer layer) {
    float[] prototype = network.prototype().values();
    int[] permutation = {};
    if (network.prototype() instanceof PrototypeSource.Generated generated) {
      permutation = Prototype.permutation(generated.prototype().seed(), generated.shuffledLength());
    }
    float[] weights = new float[layer.mask().size()];
    for (int i = 0; i < weights.length; i++) {
      long position = layer.offset() + i;
      if (permutation.length != 0) {
        position = permutation[(int) position];
      }
      float weight = prototype[(int) (position % prototype.length)] * layer.scale();
      if (!layer.mask().kept().keeps(i)) {
        weights[i] = +0.0f;
      } else {
        weights[i] = layer.mask().negated().keeps(i) ? -weight : weight;
      }
    }
    return weights;
  }

  static void assertBits(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(actual[i]));
    }
  }
}
