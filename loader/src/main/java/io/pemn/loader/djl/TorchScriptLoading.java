package io.pemn.loader.djl;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.util.Pair;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.WeightRebuilder;
import io.pemn.loader.torchscript.ModuleFile;
import io.pemn.loader.torchscript.SparseFile;
import io.pemn.loader.torchscript.TensorValues;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Hands a TorchScript module to the engine, which reads modules from files, and faster than from
 * streams.
 *
 * <p>On the CPU the masked layers are holes in that file and are rebuilt straight into the memory
 * of the parameters that the engine makes of them: the file costs next to nothing, and no layer is
 * in memory twice. That is not possible for a layer that the engine does not show as a parameter,
 * nor where the module computes something of its numbers while it is loaded; then the file has
 * them.
 */
final class TorchScriptLoading {
  /** The method by which a module computes something while it is loaded. */
  private static final byte[] SET_STATE = "__setstate__".getBytes(StandardCharsets.US_ASCII);

  private final PemnArchive archive;
  private final TorchScriptModule module;
  private final Model model;
  private final Map<String, Layer> layers;
  private final Map<String, RemainderTensor> remainder;
  private final Map<String, NumberType> types;

  private TorchScriptLoading(PemnArchive archive, Model model) throws IOException {
    this.archive = archive;
    this.module = archive.module().orElseThrow();
    this.model = model;
    this.layers = byName(archive.layers(), Layer::name);
    this.remainder = byName(archive.remainder(), RemainderTensor::name);
    this.types = module.storageTypes();
  }

  private static <T> Map<String, T> byName(List<T> all, Function<T, String> name) {
    return all.stream().collect(Collectors.toMap(name, Function.identity()));
  }

  /**
   * Prepares the loading.
   *
   * @param archive of a TorchScript module
   * @param model gets the block; has none yet
   */
  static TorchScriptLoading of(PemnArchive archive, Model model) throws IOException {
    return new TorchScriptLoading(archive, model);
  }

  void load() throws IOException {
    Set<String> holes =
        model.getNDManager().getDevice().isGpu() || computesWhileLoading()
            ? Set.of()
            : wholeStorages();
    load(holes);
    if (!holes.isEmpty() && !fill(holes)) {
      forget();
      load(Set.of());
    }
  }

  private void forget() {
    PtSymbolBlock block = (PtSymbolBlock) model.getBlock();
    block.getParameters().forEach(parameter -> parameter.getValue().close());
    block.close();
    model.setBlock(null);
  }

  private boolean computesWhileLoading() {
    return module.entries().stream()
        .anyMatch(entry -> entry instanceof FileEntry file && contains(file.content()));
  }

  private static boolean contains(byte[] content) {
    for (int i = 0; i + SET_STATE.length <= content.length; i++) {
      int same = 0;
      while (same < SET_STATE.length && content[i + same] == SET_STATE[same]) {
        same++;
      }
      if (same == SET_STATE.length) {
        return true;
      }
    }
    return false;
  }

  /** The masked layers that stand alone in a storage of their own type. */
  private Set<String> wholeStorages() {
    Set<String> whole = new HashSet<>();
    for (TorchScriptModule.Entry entry : module.entries()) {
      if (entry instanceof StorageEntry storage
          && storage.type() == NumberType.FLOAT32
          && storage.spans().size() == 1) {
        String tensor = storage.spans().get(0).tensor();
        Layer layer = layers.get(tensor);
        if (layer != null
            && layer.size() == storage.elements()
            && storage.spans().get(0).layout(layer.shape()).isContiguous()) {
          whole.add(tensor);
        }
      }
    }
    return whole;
  }

  /** Rebuilds layers into the engine's memory, or does nothing and returns false. */
  private boolean fill(Set<String> holes) throws IOException {
    Map<String, FloatBuffer> memory = new HashMap<>();
    for (Pair<String, Parameter> parameter : model.getBlock().getParameters()) {
      Layer layer = layers.get(parameter.getKey());
      if (holes.contains(parameter.getKey()) && fits(layer, parameter.getValue().getArray())) {
        memory.put(
            layer.name(), parameter.getValue().getArray().toByteBuffer(true).asFloatBuffer());
      }
    }
    if (!memory.keySet().equals(holes)) {
      return false;
    }
    WeightRebuilder.of(archive)
        .only(layer -> holes.contains(layer.name()))
        .rebuildInto(layer -> memory.get(layer.name()));
    return true;
  }

  private static boolean fits(Layer layer, NDArray array) {
    return array.getDataType() == DataType.FLOAT32
        && array
            .getShape()
            .equals(new Shape(layer.shape().stream().mapToLong(Integer::longValue).toArray()));
  }

  private void load(Set<String> holes) throws IOException {
    Path folder = Files.createTempDirectory("pemn-");
    Path file = folder.resolve("module.pt");
    folder.toFile().deleteOnExit(); // Where a kill comes first; the later entry is deleted first.
    file.toFile().deleteOnExit();
    try {
      write(file, holes);
      model.load(folder, "module");
    } catch (MalformedModelException | EngineException e) {
      throw new IOException(
          "The PyTorch engine cannot load the module of " + model.getName() + ": " + e.getMessage(),
          e);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
  }

  private void write(Path file, Set<String> holes) throws IOException {
    try (SparseFile out = SparseFile.create(file)) {
      ModuleFile.write(
          out,
          module,
          storage -> storage.spans().size() == 1 && holes.contains(storage.spans().get(0).tensor()),
          this::values);
    } catch (PemnFormatException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(
          "The module could not be written to "
              + file.getParent()
              + " for the engine: "
              + e.getMessage()
              + "; free space there, or name another folder with -Djava.io.tmpdir=DIR.",
          e);
    }
  }

  private TensorValues values(String tensor) throws IOException {
    Layer layer = layers.get(tensor);
    return layer == null
        ? remainder.get(tensor).in(types.get(tensor))
        : new TensorValues.Floats(layer.shape(), archive.rebuild(layer));
  }
}
