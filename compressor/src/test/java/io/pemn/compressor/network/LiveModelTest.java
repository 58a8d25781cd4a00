package io.pemn.compressor.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.modality.Classifications;
import ai.djl.translate.TranslateException;
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
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.djl.LiveModel;
import io.pemn.loader.djl.PixelTranslator;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskedLayer;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.PrototypeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many threads predict while the archive is swapped under them. */
class LiveModelTest {
  private static final ImageShape IMAGE = new ImageShape(1, 28, 28);
  private static final int THREADS = 32;
  private static final int SWAPS = 100;

  /** Of 8 MB, so that models that are not freed are many times what allocators keep back. */
  private static final List<Integer> LARGE = List.of(2_000, 250);

  private static final long LEAST_LEAK_BYTES = 8L * 1_000_000 * (SWAPS - 20);

  @Test
  void thirtyTwoThreadsPredictOnWhileTheArchiveIsSwappedAHundredTimes() throws Exception {
    PemnArchive[] archives = {archive(1, LARGE), archive(2, LARGE)};
    byte[] image = new byte[IMAGE.values()];
    Arrays.fill(image, (byte) 99);
    String[] answers = {answer(archives[0], image), answer(archives[1], image)};
    assertTrue(!answers[0].equals(answers[1]), "the archives answer differently");

    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger[] answered = {new AtomicInteger(), new AtomicInteger()};
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try (LiveModel<byte[], Classifications> live =
        LiveModel.of(archives[0], Device.cpu(), PixelTranslator::new)) {
      Callable<Void> client =
          () -> {
            while (!done.get()) {
              String answer = live.predict(image).toString();
              int of = Arrays.asList(answers).indexOf(answer);
              assertTrue(of >= 0, "an answer of neither archive: " + answer);
              answered[of].incrementAndGet();
            }
            return null;
          };
      List<Future<Void>> clients = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        clients.add(pool.submit(client));
      }
      long settled = 0;
      for (int swap = 1; swap <= SWAPS; swap++) {
        PemnArchive next = archives[swap % 2];
        live.swap(next);
        assertEquals(next.digest(), live.archive().digest());
        if (swap == 20) {
          settled = residentBytes();
        }
        int before = answered[swap % 2].get();
        while (answered[swap % 2].get() == before && !clients.get(0).isDone()) {
          Thread.onSpinWait();
        }
      }
      long growth = residentBytes() - settled;
      done.set(true);
      for (Future<Void> each : clients) {
        each.get();
      }
      assertTrue(growth < LEAST_LEAK_BYTES / 4, "the process grew by " + growth + " bytes");
    } finally {
      done.set(true);
      pool.shutdownNow();
    }
  }

  @Test
  void aSwapThatFailsLeavesTheModelAsItWas() throws Exception {
    PemnArchive first = archive(1, List.of(8));
    byte[] bytes = ArchiveWriter.toBytes(network(2, List.of(8)));
    bytes[bytes.length - 1] ^= 1;
    PemnArchive damaged = PemnArchive.read(bytes);
    byte[] image = new byte[IMAGE.values()];
    try (LiveModel<byte[], Classifications> live =
        LiveModel.of(first, Device.cpu(), PixelTranslator::new)) {
      String answer = live.predict(image).toString();
      assertThrows(PemnFormatException.Corrupt.class, () -> live.swap(damaged));
      assertEquals(first.digest(), live.archive().digest());
      assertEquals(answer, live.predict(image).toString());
    }
  }

  @Test
  void aPredictionThatFailsDoesNotHarmTheNext() throws Exception {
    try (LiveModel<byte[], Classifications> live =
        LiveModel.of(archive(1, List.of(8)), Device.cpu(), PixelTranslator::new)) {
      assertThrows(TranslateException.class, () -> live.predict(new byte[3]));
      assertEquals(10, live.predict(new byte[IMAGE.values()]).items().size());
    }
  }

  @Test
  void aClosedModelSaysSoAndClosingTwiceIsHarmless() throws Exception {
    PemnArchive archive = archive(1, List.of(8));
    LiveModel<byte[], Classifications> live =
        LiveModel.of(archive, Device.cpu(), PixelTranslator::new);
    live.close();
    live.close();
    assertThrows(IllegalStateException.class, () -> live.predict(new byte[IMAGE.values()]));
    assertThrows(IllegalStateException.class, () -> live.swap(archive));
    assertThrows(IllegalStateException.class, live::archive);
  }

  private static String answer(PemnArchive archive, byte[] image) throws Exception {
    try (LiveModel<byte[], Classifications> live =
        LiveModel.of(archive, Device.cpu(), PixelTranslator::new)) {
      return live.predict(image).toString();
    }
  }

  private static long residentBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    assumeTrue(Files.exists(status), "only Linux says how much memory is in use");
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private static PemnArchive archive(int seed, List<Integer> hidden) throws IOException {
    return PemnArchive.read(ArchiveWriter.toBytes(network(seed, hidden)));
  }

  private static MaskedNetwork network(int seed, List<Integer> hidden) {
    BuiltInDescription description =
        new BuiltInDescription(new MlpArchitecture(hidden, Activation.RELU), IMAGE, 10);
    List<MaskedLayer> layers = new ArrayList<>();
    List<RemainderTensor> remainder = new ArrayList<>();
    for (ParameterShape parameter : description.parameters()) {
      if (parameter.role() == Role.WEIGHT) {
        layers.add(
            new MaskedLayer(
                parameter.name(),
                parameter.shape(),
                0,
                0.1f,
                new LayerMask.Keep(Mask.all(parameter.size()))));
      } else {
        float[] ones = new float[parameter.size()];
        Arrays.fill(ones, 1);
        remainder.add(new RemainderTensor(parameter.name(), parameter.shape(), ones));
      }
    }
    return new MaskedNetwork(
        description,
        Optional.of(new Normalization(List.of(0.5f), List.of(0.5f))),
        List.of(),
        new PrototypeSource.Generated(new Prototype(seed, Distribution.NORMAL, 61), 0, false),
        layers,
        remainder,
        Optional.empty(),
        Provenance.getDefaultInstance());
  }
}
