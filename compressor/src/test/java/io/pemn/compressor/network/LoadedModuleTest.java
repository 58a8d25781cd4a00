package io.pemn.compressor.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.translate.NoopTranslator;
import ai.djl.util.Pair;
import io.pemn.format.Distribution;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.format.Prototype;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.TorchScriptDescription;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.Layer;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.TorchScriptWriter;
import io.pemn.loader.djl.PemnModel;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskedLayer;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.PrototypeSource;
import io.pemn.packager.torchscript.ModuleTensor;
import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A module that is loaded from an archive is the one in the file that the archive unpacks to. */
class LoadedModuleTest {
  private static final Path MODULES =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/torchscript");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet8-scripted",
        "resnet8-traced",
        "vit4-scripted",
        "convmixer-traced",
        "tiny/mlp-scripted",
        "tiny/half-scripted",
        "tiny/bfloat16-scripted",
        "tiny/double-scripted",
        "tiny/lstm-scripted",
        "tiny/odd-layers-scripted",
        "tiny/text-scripted",
        "tiny/tied-scripted",
        "tiny/tied-traced",
        "tiny/shared-numbers-scripted",
        "tiny/non-trainable-scripted",
        "tiny/views-scripted",
        "tiny/computes-at-load-scripted"
      })
  void everyParameterIsTheUnpackedOneBitForBit(String name) throws Exception {
    PemnArchive archive =
        PemnArchive.read(ArchiveWriter.toBytes(masked(name)), LoadPolicy.allowTorchScript());
    assertFalse(archive.layers().isEmpty());
    try (Model loaded = PemnModel.load(archive, "loaded", Device.cpu());
        Model unpacked = unpacked(archive)) {
      Map<String, ByteBuffer> parameters = parameters(unpacked);
      assertEquals(parameters.keySet(), parameters(loaded).keySet());
      parameters(loaded).forEach((key, found) -> assertEquals(parameters.get(key), found, key));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"resnet8-scripted", "resnet8-traced", "vit4-traced", "convmixer-scripted"})
  void itComputesTheSame(String name) throws Exception {
    PemnArchive archive =
        PemnArchive.read(ArchiveWriter.toBytes(masked(name)), LoadPolicy.allowTorchScript());
    try (Model loaded = PemnModel.load(archive, "loaded", Device.cpu());
        Model unpacked = unpacked(archive)) {
      float[] expected = logits(unpacked);
      assertTrue(expected[0] != expected[1]);
      assertArrayEquals(expected, logits(loaded));
    }
  }

  @Test
  void whatAModuleComputesWhileItIsLoadedItComputesOfItsNumbers() throws Exception {
    PemnArchive archive =
        PemnArchive.read(
            ArchiveWriter.toBytes(masked("tiny/computes-at-load-scripted")),
            LoadPolicy.allowTorchScript());
    assertEquals(List.of(), TorchScriptWriter.of(archive).blankable());
    float[] weight = archive.rebuild(archive.layers().get(0));
    float sum = 0;
    for (int i = 0; i < 16; i++) {
      sum += weight[i];
    }
    try (Model model = PemnModel.load(archive, "loaded", Device.cpu());
        Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator(null));
        NDManager manager = model.getNDManager().newSubManager()) {
      NDList output = predictor.predict(new NDList(manager.zeros(new Shape(1, 16))));
      output.attach(manager);
      // Of an input of zeros there is only what was computed while it was loaded.
      assertEquals(sum, output.head().toFloatArray()[0], 1e-5f);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet8-scripted", "resnet8-traced", "vit4-traced"})
  void everyLayerOfAnOrdinaryModuleIsAHoleInTheEnginesFile(String name) throws Exception {
    PemnArchive archive =
        PemnArchive.read(ArchiveWriter.toBytes(masked(name)), LoadPolicy.allowTorchScript());
    TorchScriptWriter writer = TorchScriptWriter.of(archive);
    assertEquals(
        archive.layers().stream().map(Layer::name).sorted().toList(),
        writer.blankable().stream().map(Layer::name).sorted().toList());
    Path file = folder.resolve("holes.pt");
    try (OutputStream out = Files.newOutputStream(file)) {
      writer.leavingBlank(writer.blankable()).write(out);
    }
    try (Model model = Model.newInstance("holes", Device.cpu(), "PyTorch")) {
      model.load(folder, "holes");
      Layer layer = archive.layers().get(0);
      Parameter parameter = model.getBlock().getParameters().get(layer.name());
      assertArrayEquals(new float[layer.size()], parameter.getArray().toFloatArray());
    }
  }

  @Test
  void noFileIsLeftBehindWhetherLoadingSucceedsOrFails() throws Exception {
    byte[] bytes = ArchiveWriter.toBytes(masked("resnet8-scripted"));
    Set<Path> before = leftBehind();
    PemnModel.load(PemnArchive.read(bytes, LoadPolicy.allowTorchScript()), "loaded", Device.cpu())
        .close();
    assertEquals(before, leftBehind());

    bytes[bytes.length - 1] ^= 1;
    PemnArchive damaged = PemnArchive.read(bytes, LoadPolicy.allowTorchScript());
    assertThrows(IOException.class, () -> PemnModel.load(damaged, "damaged", Device.cpu()));
    assertEquals(before, leftBehind());

    PemnArchive sound =
        PemnArchive.read(
            ArchiveWriter.toBytes(masked("resnet8-scripted")), LoadPolicy.allowTorchScript());
    assertThrows(
        IllegalArgumentException.class,
        () -> PemnModel.load(sound, "elsewhere", Device.of("gpu", 99)));
    assertEquals(before, leftBehind());
  }

  /**
   * What docs/security.md says that TorchScript can do, and what keeps an archive from doing it.
   */
  @Test
  void aModuleThatWritesFilesWhileItIsLoadedDoesSoOnlyWhereItIsAllowed() throws Exception {
    Path victim = Path.of("target/written-by-a-module");
    Files.createDirectories(victim.getParent());
    String before = "0123456789abcdef";
    Files.writeString(victim, before);
    byte[] archive = ArchiveWriter.toBytes(masked("writes-a-file"));

    PemnArchive data = PemnArchive.read(archive);
    data.verify();
    assertEquals(160, data.rebuild(data.layers().get(0)).length);
    assertThrows(
        PemnFormatException.NotTrusted.class, () -> PemnModel.load(data, "data", Device.cpu()));
    assertThrows(
        PemnFormatException.NotTrusted.class,
        () -> data.writeTorchScript(OutputStream.nullOutputStream()));
    assertEquals(before, Files.readString(victim));

    PemnArchive code = PemnArchive.read(archive, LoadPolicy.allowTorchScript());
    PemnModel.load(code, "code", Device.cpu()).close();
    assertEquals("X".repeat(before.length()), Files.readString(victim));
    Files.delete(victim);
  }

  @Test
  void anErrorWhileAnArchiveIsReadIsTheOneThatTheCallerGets() throws Exception {
    InputStream failing =
        new InputStream() {
          @Override
          public int read() {
            throw new StackOverflowError("as deep as it gets");
          }
        };
    try (Model model = Model.newInstance("failing", "Pemn")) {
      Error e = assertThrows(StackOverflowError.class, () -> model.load(failing));
      assertEquals("as deep as it gets", e.getMessage());
    }
  }

  @Test
  void loadingThatWaitsForAStreamIsInterrupted() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    InputStream stalled =
        new InputStream() {
          @Override
          public int read() throws IOException {
            waiting.countDown();
            try {
              end.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            return -1;
          }
        };
    Thread caller = Thread.currentThread();
    Thread impatient =
        new Thread(
            () -> {
              try {
                waiting.await();
              } catch (InterruptedException e) {
                return;
              }
              caller.interrupt();
            });
    impatient.start();
    try (Model model = Model.newInstance("stalled", "Pemn")) {
      assertThrows(InterruptedIOException.class, () -> model.load(stalled));
      assertTrue(Thread.interrupted());
    } finally {
      end.countDown();
      impatient.join();
    }
  }

  /** By this process: others may be loading modules, too. */
  private static Set<Path> leftBehind() throws IOException {
    String own = "pemn-" + ProcessHandle.current().pid() + "-";
    Set<Path> found = new TreeSet<>();
    for (Path folder :
        List.of(Path.of(System.getProperty("java.io.tmpdir")), Path.of("/dev/shm"))) {
      if (Files.isDirectory(folder)) {
        try (Stream<Path> files = Files.list(folder)) {
          files.filter(file -> file.getFileName().toString().startsWith(own)).forEach(found::add);
        }
      }
    }
    return found;
  }

  /** Every tensor of fractions with two dimensions or more is masked at random. */
  private static MaskedNetwork masked(String name) throws IOException {
    Random random = new Random(7);
    List<MaskedLayer> layers = new ArrayList<>();
    List<RemainderTensor> remainder = new ArrayList<>();
    try (TorchScriptFile file = TorchScriptFile.open(MODULES.resolve(name + ".pt"))) {
      for (ModuleTensor tensor : file.tensors()) {
        if (tensor.type().isFloat() && tensor.shape().size() > 1) {
          byte[] kept = new byte[(int) tensor.size()];
          random.nextBytes(kept);
          layers.add(
              new MaskedLayer(
                  tensor.name(), tensor.shape(), 0, 0.1f, new LayerMask.Sign(Mask.ofBytes(kept))));
        } else {
          remainder.add(
              new RemainderTensor(
                  tensor.name(),
                  tensor.shape(),
                  tensor.type(),
                  ByteBuffer.wrap(file.bytes(tensor))));
        }
      }
      return new MaskedNetwork(
          new TorchScriptDescription(
              List.of(new InputTensor(List.of(1, 28, 28), NumberType.FLOAT32)),
              Optional.empty(),
              0),
          Optional.empty(),
          List.of(),
          new PrototypeSource.Generated(new Prototype(3, Distribution.NORMAL, 50), 0, false),
          layers,
          remainder,
          Optional.of(file.skeleton()),
          Provenance.getDefaultInstance());
    }
  }

  private Model unpacked(PemnArchive archive) throws Exception {
    Path file = folder.resolve("unpacked.pt");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      archive.writeTorchScript(out);
    }
    Model model = Model.newInstance("unpacked", Device.cpu(), "PyTorch");
    model.load(folder, "unpacked");
    return model;
  }

  private static Map<String, ByteBuffer> parameters(Model model) {
    Map<String, ByteBuffer> parameters = new TreeMap<>();
    for (Pair<String, Parameter> parameter : model.getBlock().getParameters()) {
      NDArray array = parameter.getValue().getArray();
      parameters.put(parameter.getKey() + array.getShape(), array.toByteBuffer());
    }
    return parameters;
  }

  private static float[] logits(Model model) throws Exception {
    try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator(null));
        NDManager manager = model.getNDManager().newSubManager()) {
      NDArray image = manager.arange(784f).reshape(new Shape(1, 1, 28, 28)).div(784);
      NDList output = predictor.predict(new NDList(image));
      output.attach(manager);
      return output.head().toFloatArray();
    }
  }
}
