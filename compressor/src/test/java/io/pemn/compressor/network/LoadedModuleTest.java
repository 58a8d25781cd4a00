package io.pemn.compressor.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import io.pemn.format.Prototype;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.TorchScriptDescription;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.djl.PemnModel;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskedLayer;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.PrototypeSource;
import io.pemn.packager.torchscript.ModuleTensor;
import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
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
        "tiny/views-scripted"
      })
  void everyParameterIsTheUnpackedOneBitForBit(String name) throws Exception {
    PemnArchive archive = PemnArchive.read(ArchiveWriter.toBytes(masked(name)));
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
    PemnArchive archive = PemnArchive.read(ArchiveWriter.toBytes(masked(name)));
    try (Model loaded = PemnModel.load(archive, "loaded", Device.cpu());
        Model unpacked = unpacked(archive)) {
      float[] expected = logits(unpacked);
      assertTrue(expected[0] != expected[1]);
      assertArrayEquals(expected, logits(loaded));
    }
  }

  @Test
  void noFileIsLeftBehind() throws Exception {
    PemnArchive archive = PemnArchive.read(ArchiveWriter.toBytes(masked("resnet8-scripted")));
    List<Path> before = leftBehind();
    PemnModel.load(archive, "loaded", Device.cpu()).close();
    assertEquals(before, leftBehind());
  }

  private static List<Path> leftBehind() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files.filter(file -> file.getFileName().toString().startsWith("pemn-")).toList();
    }
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
