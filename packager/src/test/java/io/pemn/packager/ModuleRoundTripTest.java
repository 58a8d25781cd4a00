package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pemn.format.NumberType;
import io.pemn.loader.ArchivedModule;
import io.pemn.loader.Layer;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.NetworkTensor;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.TorchScriptWriter;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.loader.torchscript.TorchScriptModule.Entry;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.Span;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import io.pemn.packager.tensors.SafetensorsFile;
import io.pemn.packager.tensors.TensorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** TorchScript files come out of archives with every number in its place. */
class ModuleRoundTripTest {
  @TempDir Path folder;

  static List<String> modules() {
    return List.of("module", "module-float16");
  }

  @ParameterizedTest
  @MethodSource("modules")
  void theFileHasTheEntriesInOrderAndEveryNumberInItsPlace(String name) throws IOException {
    MaskedNetwork network = TinyNetworks.all().get(name);
    Path file = folder.resolve("a.pt");
    Unpacker.toTorchScript(read(network), file);

    Map<String, byte[]> expected = new LinkedHashMap<>();
    for (Entry entry : network.module().orElseThrow().entries()) {
      expected.put(
          entry.path(),
          entry instanceof StorageEntry storage
              ? storage(network, storage)
              : ((FileEntry) entry).content());
    }
    Map<String, byte[]> found = unzip(Files.readAllBytes(file));
    assertEquals(List.copyOf(expected.keySet()), List.copyOf(found.keySet()));
    expected.forEach((path, bytes) -> assertArrayEquals(bytes, found.get(path), path));
  }

  @Test
  void whatNoTensorHasAnElementOfIsZero() throws IOException {
    MaskedNetwork network = TinyNetworks.all().get("module");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    read(network).writeTorchScript(out);
    Map<String, byte[]> found = unzip(out.toByteArray());
    assertArrayEquals(new byte[16], found.get("data/16"));
    assertArrayEquals(new byte[] {1, 0, 0, 0, 1}, found.get("data/14"));
    assertArrayEquals(new byte[] {0, (byte) 254, 1, (byte) 255}, found.get("data/13"));
    assertArrayEquals(new byte[] {0, 0, -1, -1, 2, 1}, found.get("data/11"));
    assertArrayEquals(new byte[] {-2, -1, -1, -1, -1, -1, -1, -1}, found.get("data/6"));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void unpackedTensorsHaveTheTypesOfTheirStorages(String name) throws IOException {
    MaskedNetwork network = TinyNetworks.all().get(name);
    Path file = folder.resolve("a.safetensors");
    Unpacker.toSafetensors(read(network), file);
    SafetensorsFile unpacked = SafetensorsFile.read(file);
    List<String> names = new ArrayList<>();
    for (Entry entry : network.module().orElseThrow().entries()) {
      if (entry instanceof StorageEntry storage) {
        for (Span span : storage.spans()) {
          names.add(span.tensor());
          assertEquals(TensorType.of(storage.type()), unpacked.type(span.tensor()));
          assertEquals(
              ByteBuffer.wrap(numbers(network, storage, span)), unpacked.tensor(span.tensor()));
        }
      }
    }
    assertEquals(names, unpacked.names());
  }

  @Test
  void aBuiltInNetworkIsNoTorchScriptFile() throws IOException {
    PemnArchive archive = read(TinyNetworks.all().get("mlp"));
    assertThrows(
        IllegalArgumentException.class,
        () -> archive.writeTorchScript(new ByteArrayOutputStream()));
    Path file = folder.resolve("a.pt");
    assertThrows(IllegalArgumentException.class, () -> Unpacker.toTorchScript(archive, file));
    assertFalse(Files.exists(file));
  }

  @Test
  void aModuleWithoutMaskedLayersOrWithoutARemainderIsReadBack() throws IOException {
    MaskedNetwork both = TinyNetworks.all().get("module-float16");
    StorageEntry all = (StorageEntry) both.module().orElseThrow().entries().get(1);
    for (boolean masked : new boolean[] {true, false}) {
      List<Span> spans =
          all.spans().stream().filter(span -> masked == !span.tensor().equals("a.bias")).toList();
      MaskedNetwork one =
          with(
              both,
              masked ? both.layers() : List.of(),
              masked ? List.of() : both.remainder(),
              new TorchScriptModule(
                  List.of(new StorageEntry(all.path(), all.type(), all.elements(), spans))));
      PemnArchive archive = read(one);
      assertEquals(one.module(), ArchivedModule.of(archive));
      assertEquals(masked ? 144 : 4, archive.parameters());
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      archive.writeTorchScript(out);
      assertArrayEquals(
          storage(one, (StorageEntry) one.module().orElseThrow().entries().get(0)),
          unzip(out.toByteArray()).get(all.path()));
    }
  }

  @ParameterizedTest
  @MethodSource("modules")
  void theTensorsOfAnArchiveAreThoseOfTheStoragesInOrder(String name) throws IOException {
    MaskedNetwork network = TinyNetworks.all().get(name);
    List<NetworkTensor> expected = new ArrayList<>();
    for (Entry entry : network.module().orElseThrow().entries()) {
      if (entry instanceof StorageEntry storage) {
        for (Span span : storage.spans()) {
          List<Integer> shape = tensors(network).get(span.tensor()).shape();
          expected.add(new NetworkTensor(span.tensor(), shape, storage.type()));
        }
      }
    }
    assertEquals(expected, read(network).tensors());
  }

  @Test
  void layersThatStandAloneCanBeLeftBlank() throws IOException {
    PemnArchive archive = read(apart("def forward(self, x):\n"));
    TorchScriptWriter writer = TorchScriptWriter.of(archive);
    Layer alone = archive.layer("b.weight");
    assertEquals(List.of(alone), writer.blankable());

    Map<String, byte[]> whole = unzip(written(writer.checkingDigests()));
    Map<String, byte[]> blank = unzip(written(writer.leavingBlank(List.of(alone))));
    assertFalse(Arrays.equals(new byte[4 * 72], whole.get("data/0")), "its numbers are not 0");
    assertArrayEquals(new byte[4 * 72], blank.put("data/0", whole.get("data/0")));
    whole.forEach((path, bytes) -> assertArrayEquals(bytes, blank.get(path), path));

    assertThrows(
        IllegalArgumentException.class,
        () -> writer.leavingBlank(List.of(archive.layers().get(0))));
  }

  @Test
  void nothingCanBeLeftBlankOfAModuleThatComputesWhileItIsLoaded() throws IOException {
    PemnArchive archive = read(apart("def __setstate__(self, state):\n"));
    assertEquals(List.of(), TorchScriptWriter.of(archive).blankable());
  }

  /** One layer in a storage of its own, another beside a bias. */
  private static MaskedNetwork apart(String code) {
    MaskedNetwork network = TinyNetworks.all().get("module-float16");
    return with(
        network,
        network.layers(),
        network.remainder(),
        new TorchScriptModule(
            List.of(
                new FileEntry("code/net.py", code.getBytes(StandardCharsets.US_ASCII)),
                new StorageEntry(
                    "data/0", NumberType.FLOAT32, 72, List.of(new Span("b.weight", 0, List.of()))),
                new StorageEntry(
                    "data/1",
                    NumberType.FLOAT16,
                    76,
                    List.of(
                        new Span("a.weight", 0, List.of()), new Span("a.bias", 72, List.of()))))));
  }

  private static byte[] written(TorchScriptWriter writer) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(out);
    return out.toByteArray();
  }

  @Test
  void anImpossibleModuleIsNotWritten() {
    MaskedNetwork sound = TinyNetworks.all().get("module-float16");
    MaskedNetwork nameless =
        with(sound, sound.layers(), sound.remainder(), new TorchScriptModule(List.of()));
    MaskedNetwork twice =
        with(
            sound,
            sound.layers(),
            List.of(TinyModules.numbers("b.weight", List.of(), NumberType.BOOL, 1)),
            sound.module().orElseThrow());
    for (MaskedNetwork network : List.of(nameless, twice)) {
      assertThrows(IllegalArgumentException.class, () -> ArchiveWriter.toBytes(network));
    }
  }

  private static MaskedNetwork with(
      MaskedNetwork network,
      List<MaskedLayer> layers,
      List<RemainderTensor> remainder,
      TorchScriptModule module) {
    return new MaskedNetwork(
        network.network(),
        network.normalization(),
        network.classLabels(),
        network.prototype(),
        layers,
        remainder,
        java.util.Optional.of(module),
        network.provenance());
  }

  private static PemnArchive read(MaskedNetwork network) throws IOException {
    return PemnArchive.read(ArchiveWriter.toBytes(network), LoadPolicy.allowTorchScript());
  }

  /** The tensors by name, the masked ones rebuilt weight by weight. */
  private static Map<String, RemainderTensor> tensors(MaskedNetwork network) {
    Map<String, RemainderTensor> tensors = new HashMap<>();
    network.remainder().forEach(tensor -> tensors.put(tensor.name(), tensor));
    for (MaskedLayer layer : network.layers()) {
      tensors.put(
          layer.name(),
          new RemainderTensor(
              layer.name(), layer.shape(), ArchiveRoundTripTest.naive(network, layer)));
    }
    return tensors;
  }

  /** The numbers of a tensor in the type of its storage, row-major. */
  private static byte[] numbers(MaskedNetwork network, StorageEntry storage, Span span) {
    RemainderTensor tensor = tensors(network).get(span.tensor());
    if (tensor.type() != storage.type()) {
      return storage.type().encode(tensor.values());
    }
    byte[] numbers = new byte[tensor.data().remaining()];
    tensor.data().get(numbers);
    return numbers;
  }

  private static byte[] storage(MaskedNetwork network, StorageEntry storage) {
    int width = storage.type().bytes();
    byte[] bytes = new byte[(int) storage.elements() * width];
    for (Span span : storage.spans()) {
      RemainderTensor tensor = tensors(network).get(span.tensor());
      byte[] numbers = numbers(network, storage, span);
      for (int element = 0; element < tensor.size(); element++) {
        int place = (int) span.offset();
        int left = element;
        int stride = 1;
        for (int i = tensor.shape().size() - 1; i >= 0; i--) {
          int index = left % tensor.shape().get(i);
          left /= tensor.shape().get(i);
          place += index * (span.strides().isEmpty() ? stride : span.strides().get(i));
          stride *= tensor.shape().get(i);
        }
        ByteBuffer.wrap(bytes).put(place * width, numbers, element * width, width);
      }
    }
    return bytes;
  }

  /** Path below the one folder to content, in order. */
  private static Map<String, byte[]> unzip(byte[] file) throws IOException {
    Map<String, byte[]> found = new LinkedHashMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(file))) {
      String root = null;
      for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
        int slash = entry.getName().indexOf('/');
        root = root == null ? entry.getName().substring(0, slash) : root;
        assertEquals(root, entry.getName().substring(0, slash));
        assertEquals(ZipEntry.STORED, entry.getMethod());
        found.put(entry.getName().substring(slash + 1), zip.readAllBytes());
      }
    }
    return found;
  }
}
