package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Distribution;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.Normalization;
import io.pemn.format.PemnFormatException;
import io.pemn.format.Prototype;
import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.Layer;
import io.pemn.loader.Limits;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.WeightRebuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An archive that is too large to be read whole when it is opened, and its weights. */
class LargeArchiveTest {
  @TempDir static Path folder;
  private static byte[] bytes;
  private static Path file;

  @BeforeAll
  static void write() throws IOException {
    bytes = ArchiveWriter.toBytes(network(1), MaskCodecChoice.ROARING);
    file = Files.write(folder.resolve("large.pemn"), bytes);
    assertTrue(bytes.length > 100_000, "a million bits of chance");
  }

  @Test
  void allLayersRebuiltAtOnceAreThoseRebuiltOneByOne() throws IOException {
    PemnArchive archive = PemnArchive.open(file);
    for (int threads : new int[] {1, 2, 7}) {
      Map<String, float[]> all =
          WeightRebuilder.of(archive).threads(threads).checkingDigests().rebuild();
      assertEquals(archive.layers().stream().map(Layer::name).toList(), List.copyOf(all.keySet()));
      for (Layer layer : archive.layers()) {
        assertArrayEquals(archive.rebuild(layer), all.get(layer.name()));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void buffersOfEveryOrderAreFilledInPlaceFromTheirPositionOn(boolean littleEndian)
      throws IOException {
    PemnArchive archive = PemnArchive.open(file);
    ByteOrder order = littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    Map<String, FloatBuffer> direct = new TreeMap<>();
    for (Layer layer : archive.layers()) {
      FloatBuffer buffer =
          ByteBuffer.allocateDirect(4 * (layer.size() + 5)).order(order).asFloatBuffer();
      direct.put(layer.name(), buffer.put(0, 8f).put(layer.size() + 4, 9f).position(3));
    }
    WeightRebuilder.of(archive).threads(2).rebuildInto(layer -> direct.get(layer.name()));
    for (Layer layer : archive.layers()) {
      FloatBuffer buffer = direct.get(layer.name());
      assertEquals(3, buffer.position());
      float[] found = new float[layer.size()];
      buffer.get(3, found);
      assertArrayEquals(archive.rebuild(layer), found);
      assertEquals(8f, buffer.get(0));
      assertEquals(9f, buffer.get(layer.size() + 4));

      archive.rebuild(layer, buffer);
      assertEquals(3 + layer.size(), buffer.position());
    }
  }

  @Test
  void aStreamMayHaveAsManyBytesAsTheLimitAndNoMore() throws IOException {
    LoadPolicy asMany = atMost(bytes.length);
    PemnArchive.read(new ByteArrayInputStream(bytes), asMany).verify();
    PemnArchive.open(file, asMany).verify();
    LoadPolicy fewer = atMost(bytes.length - 1);
    assertThrows(
        PemnFormatException.LimitExceeded.class,
        () -> PemnArchive.read(new ByteArrayInputStream(bytes), fewer));
    assertThrows(PemnFormatException.LimitExceeded.class, () -> PemnArchive.open(file, fewer));
  }

  private static LoadPolicy atMost(long fileBytes) {
    return LoadPolicy.standard().withLimits(Limits.DEFAULT.withFileBytes(fileBytes));
  }

  @Test
  void progressCountsEveryWeightOnce() throws IOException {
    PemnArchive archive = PemnArchive.open(file);
    List<Long> reports = new ArrayList<>();
    WeightRebuilder.of(archive)
        .threads(3)
        .reportingTo(
            (weights, all) -> {
              assertEquals(archive.maskedWeights(), all);
              reports.add(weights);
            })
        .rebuild();
    assertTrue(reports.size() > archive.layers().size(), "several reports a layer");
    assertEquals(reports.stream().sorted().distinct().toList(), reports);
    assertEquals(archive.maskedWeights(), reports.get(reports.size() - 1));
  }

  @Test
  void aBufferThatIsTooSmallIsRefusedBeforeAnyWork() throws IOException {
    WeightRebuilder rebuilder = WeightRebuilder.of(PemnArchive.open(file));
    IllegalArgumentException small =
        assertThrows(
            IllegalArgumentException.class,
            () -> rebuilder.rebuildInto(layer -> FloatBuffer.allocate(layer.size() - 1)));
    assertEquals(
        "layers.0.linear.weight has 784000 weights, but its buffer has room for 783999; give one"
            + " that they fit in.",
        small.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            rebuilder.rebuildInto(layer -> FloatBuffer.allocate(layer.size()).asReadOnlyBuffer()));
    assertThrows(IllegalArgumentException.class, () -> rebuilder.threads(0));
  }

  @Test
  void anErrorOfOneThreadEndsTheRebuilding() throws IOException {
    WeightRebuilder rebuilder =
        WeightRebuilder.of(PemnArchive.open(file))
            .threads(4)
            .reportingTo(
                (weights, all) -> {
                  throw new IllegalStateException("enough");
                });
    assertEquals(
        "enough", assertThrows(IllegalStateException.class, rebuilder::rebuild).getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void anExceptionThatNoSignatureDeclaresEndsItToo(int threads) throws IOException {
    WeightRebuilder rebuilder =
        WeightRebuilder.of(PemnArchive.open(file))
            .threads(threads)
            .reportingTo(
                (weights, all) ->
                    LargeArchiveTest.<RuntimeException>sneak(new TimeoutException("too late")));
    assertEquals("too late", assertThrows(TimeoutException.class, rebuilder::rebuild).getMessage());
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneak(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @Test
  void whoeverHoldsTheArchivesMonitorHindersNobody() throws IOException {
    PemnArchive archive = PemnArchive.open(file);
    synchronized (archive) {
      assertEquals(3, WeightRebuilder.of(archive).threads(3).rebuild().size());
    }
  }

  @Test
  void choicesOfLayersAddUp() throws IOException {
    PemnArchive archive = PemnArchive.open(file);
    List<Layer> layers = archive.layers();
    assertEquals(
        Set.of(layers.get(1).name()),
        WeightRebuilder.of(archive)
            .only(layer -> layer != layers.get(0))
            .only(layer -> layer != layers.get(2))
            .rebuild()
            .keySet());
  }

  @Test
  void openingReadsTheHeadAloneAndDecodingFindsTheDamage() throws IOException {
    byte[] damaged = bytes.clone();
    damaged[damaged.length / 2] ^= 1;
    Path damagedFile = Files.write(folder.resolve("damaged.pemn"), damaged);
    PemnArchive archive = PemnArchive.open(damagedFile);
    assertEquals(PemnArchive.open(file).digest(), archive.digest());
    for (int threads : new int[] {1, 3}) {
      assertThrows(
          PemnFormatException.Corrupt.class,
          () -> WeightRebuilder.of(archive).threads(threads).rebuild());
    }
  }

  @Test
  void anArchiveThatWasReplacedIsNotMixedWithItsSuccessor() throws IOException {
    Path replaced = Files.write(folder.resolve("replaced.pemn"), bytes);
    PemnArchive archive = PemnArchive.open(replaced);
    Path successor =
        Files.write(
            folder.resolve("successor.pemn"),
            ArchiveWriter.toBytes(network(2), MaskCodecChoice.ROARING));
    Files.move(successor, replaced, StandardCopyOption.REPLACE_EXISTING);
    IOException e = assertThrows(IOException.class, archive::verify);
    assertEquals(
        "The archive " + replaced + " was replaced after it was opened; open it again.",
        e.getMessage());
    PemnArchive.open(replaced).verify();
  }

  @Test
  void anArchiveThatVanishedSaysSo() throws IOException {
    Path vanishing = Files.write(folder.resolve("vanishing.pemn"), bytes);
    PemnArchive archive = PemnArchive.open(vanishing);
    Files.delete(vanishing);
    IOException e =
        assertThrows(NoSuchFileException.class, () -> archive.mask(archive.layers().get(0)));
    assertEquals(
        "The archive "
            + vanishing
            + " vanished after it was opened; put it back and open it again.",
        e.getMessage());
  }

  @Test
  void whatIsDecodedOnceNeedsNoFileAnyMore() throws IOException {
    Path vanishing = Files.write(folder.resolve("decoded.pemn"), bytes);
    PemnArchive archive = PemnArchive.open(vanishing);
    archive.verify();
    Files.delete(vanishing);
    archive.verify();
  }

  @Test
  void anArchiveIsTheSameFromMemoryWhereverThatIs() throws IOException {
    ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length + 7).position(5);
    direct.put(bytes).flip().position(5);
    for (PemnArchive archive :
        List.of(
            PemnArchive.read(bytes),
            PemnArchive.read(direct),
            PemnArchive.read(new ByteArrayInputStream(bytes)))) {
      archive.verify();
      assertEquals(PemnArchive.open(file).digest(), archive.digest());
      assertEquals(bytes.length, archive.fileBytes());
    }
    assertEquals(5, direct.position());
  }

  /** About a million weights under all kinds of masks, each layer of several stretches. */
  private static MaskedNetwork network(int seed) {
    BuiltInDescription description =
        new BuiltInDescription(
            new MlpArchitecture(List.of(1000, 300), Activation.RELU, Norm.LEARN),
            new ImageShape(1, 28, 28),
            10);
    Random random = new Random(seed);
    List<MaskedLayer> layers = new ArrayList<>();
    List<RemainderTensor> remainder = new ArrayList<>();
    for (ParameterShape parameter : description.parameters()) {
      if (parameter.role() == ParameterShape.Role.WEIGHT) {
        Mask kept = random(random, parameter.size());
        Mask signs = random(random, parameter.size());
        LayerMask mask =
            switch (layers.size()) {
              case 0 -> new LayerMask.Keep(kept);
              case 1 -> new LayerMask.Sign(signs);
              default -> new LayerMask.Ternary(kept, signs.gather(kept).scatter(kept));
            };
        layers.add(new MaskedLayer(parameter.name(), parameter.shape(), 7, 0.25f, mask));
      } else {
        remainder.add(
            new RemainderTensor(parameter.name(), parameter.shape(), new float[parameter.size()]));
      }
    }
    return new MaskedNetwork(
        description,
        Optional.of(new Normalization(List.of(0.5f), List.of(0.5f))),
        List.of(),
        new PrototypeSource.Generated(new Prototype(seed, Distribution.NORMAL, 77), 0, false),
        layers,
        remainder,
        Optional.empty(),
        Provenance.getDefaultInstance());
  }

  private static Mask random(Random random, int size) {
    byte[] kept = new byte[size];
    for (int i = 0; i < size; i++) {
      kept[i] = (byte) random.nextInt(2);
    }
    return Mask.ofBytes(kept);
  }
}
