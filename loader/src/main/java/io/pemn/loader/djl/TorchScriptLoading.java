package io.pemn.loader.djl;

import static java.util.function.Function.identity;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.util.Pair;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.TorchScriptWriter;
import io.pemn.loader.WeightRebuilder;
import io.pemn.loader.torchscript.SparseFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private final PemnArchive archive;
  private final TorchScriptWriter writer;
  private final Model model;

  private TorchScriptLoading(PemnArchive archive, TorchScriptWriter writer, Model model) {
    this.archive = archive;
    this.writer = writer;
    this.model = model;
  }

  /**
   * Prepares the loading.
   *
   * @param archive of a TorchScript module
   * @param model gets the block; has none yet
   */
  static TorchScriptLoading of(PemnArchive archive, Model model) throws IOException {
    return new TorchScriptLoading(archive, TorchScriptWriter.of(archive), model);
  }

  void load() throws IOException {
    Map<String, Layer> holes =
        model.getNDManager().getDevice().isGpu()
            ? Map.of()
            : writer.blankable().stream().collect(Collectors.toMap(Layer::name, identity()));
    load(holes.values());
    if (!holes.isEmpty() && !fill(holes)) {
      forget();
      load(List.of());
    }
  }

  private void forget() {
    PtSymbolBlock block = (PtSymbolBlock) model.getBlock();
    block.getParameters().forEach(parameter -> parameter.getValue().close());
    block.close();
    model.setBlock(null);
  }

  /** Rebuilds layers into the engine's memory, or does nothing and returns false. */
  private boolean fill(Map<String, Layer> holes) throws IOException {
    Map<String, FloatBuffer> memory = new HashMap<>();
    for (Pair<String, Parameter> parameter : model.getBlock().getParameters()) {
      Layer layer = holes.get(parameter.getKey());
      if (layer != null && fits(layer, parameter.getValue().getArray())) {
        memory.put(
            layer.name(), parameter.getValue().getArray().toByteBuffer(true).asFloatBuffer());
      }
    }
    if (!memory.keySet().equals(holes.keySet())) {
      return false;
    }
    WeightRebuilder.of(archive)
        .only(layer -> holes.containsKey(layer.name()))
        .rebuildInto(layer -> memory.get(layer.name()));
    return true;
  }

  private static boolean fits(Layer layer, NDArray array) {
    return array.getDataType() == DataType.FLOAT32
        && array
            .getShape()
            .equals(new Shape(layer.shape().stream().mapToLong(Integer::longValue).toArray()));
  }

  private void load(Collection<Layer> holes) throws IOException {
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

  private void write(Path file, Collection<Layer> holes) throws IOException {
    try (SparseFile out = SparseFile.create(file)) {
      writer.leavingBlank(holes).write(out);
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
}
