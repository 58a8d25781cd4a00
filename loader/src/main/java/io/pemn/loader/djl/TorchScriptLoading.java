package io.pemn.loader.djl;

import static java.util.function.Function.identity;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.util.Pair;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.TorchScriptWriter;
import io.pemn.loader.message.EngineMessage;
import io.pemn.loader.network.BuiltInNetwork;
import io.pemn.loader.torchscript.SparseFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
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
final class TorchScriptLoading implements Closeable {
  /** Where holes cost nothing to read either, for the engine reads them. */
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  private final PemnArchive archive;
  private final TorchScriptWriter writer;
  private final Map<String, Layer> holes;
  private final Path file;

  private TorchScriptLoading(
      PemnArchive archive, TorchScriptWriter writer, Map<String, Layer> holes, Path file) {
    this.archive = archive;
    this.writer = writer;
    this.holes = holes;
    this.file = file;
  }

  /**
   * Writes the file, for which no engine is needed.
   *
   * @param archive of a TorchScript module
   * @param withHoles whether layers may be left out, to be rebuilt in the memory of the CPU
   * @throws IOException if the archive is damaged or the file cannot be written
   */
  static TorchScriptLoading prepare(PemnArchive archive, boolean withHoles) throws IOException {
    TorchScriptWriter writer = TorchScriptWriter.of(archive);
    Map<String, Layer> holes =
        withHoles
            ? writer.blankable().stream().collect(Collectors.toMap(Layer::name, identity()))
            : Map.of();
    return new TorchScriptLoading(archive, writer, holes, write(writer, holes));
  }

  /**
   * Loads the module.
   *
   * @param model gets the block; has none yet
   */
  void into(Model model) throws IOException {
    if (!holes.isEmpty() && !Memory.isWritable(model.getNDManager().getDevice())) {
      reloaded(model);
      return;
    }
    load(model);
    if (!holes.isEmpty() && !fill(model)) {
      forget(model);
      reloaded(model);
    }
  }

  /** From a file without holes. */
  private void reloaded(Model model) throws IOException {
    try (TorchScriptLoading whole =
        new TorchScriptLoading(archive, writer, Map.of(), write(writer, Map.of()))) {
      whole.load(model);
    }
  }

  private static void forget(Model model) {
    PtSymbolBlock block = (PtSymbolBlock) model.getBlock();
    block.getParameters().forEach(parameter -> parameter.getValue().close());
    block.close();
    model.setBlock(null);
  }

  /** Rebuilds all holes in the engine's memory, or returns false. */
  private boolean fill(Model model) throws IOException {
    Map<String, NDArray> arrays = new HashMap<>();
    for (Pair<String, Parameter> parameter : model.getBlock().getParameters()) {
      Layer layer = holes.get(parameter.getKey());
      if (layer != null && fits(layer, parameter.getValue().getArray())) {
        arrays.put(layer.name(), parameter.getValue().getArray());
      }
    }
    return arrays.size() == holes.size() && Memory.rebuild(archive, arrays);
  }

  private static boolean fits(Layer layer, NDArray array) {
    return array.getDataType() == DataType.FLOAT32
        && array.getShape().equals(BuiltInNetwork.shape(layer.shape()));
  }

  private void load(Model model) throws IOException {
    try {
      model.load(file.getParent(), file.getFileName().toString());
    } catch (MalformedModelException | EngineException e) {
      throw new IOException(
          "The PyTorch engine cannot load the module of "
              + model.getName()
              + ": "
              + EngineMessage.of(e),
          e);
    }
  }

  private static Path write(TorchScriptWriter writer, Map<String, Layer> holes) throws IOException {
    if (!holes.isEmpty() && Files.isDirectory(SHARED_MEMORY) && Files.isWritable(SHARED_MEMORY)) {
      try {
        return write(writer, holes, SHARED_MEMORY);
      } catch (PemnFormatException e) {
        throw e;
      } catch (IOException e) {
        // It is full; the folder for temporary files may be larger.
      }
    }
    try {
      return write(writer, holes, null);
    } catch (PemnFormatException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(
          "The module could not be written to "
              + System.getProperty("java.io.tmpdir")
              + " for the engine: "
              + e.getMessage()
              + "; free space there, or name another folder with -Djava.io.tmpdir=DIR.",
          e);
    }
  }

  private static Path write(TorchScriptWriter writer, Map<String, Layer> holes, Path parent)
      throws IOException {
    Path file = TemporaryFolders.newFile(parent);
    boolean written = false;
    try (SparseFile out = SparseFile.create(file)) {
      writer.leavingBlank(holes.values()).write(out);
      out.flush();
      written = true;
      return file;
    } finally {
      if (!written) {
        TemporaryFolders.deleteFile(file);
      }
    }
  }

  /** Deletes the file. */
  @Override
  public void close() {
    TemporaryFolders.deleteFile(file);
  }
}
