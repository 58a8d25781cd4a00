package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import io.pemn.format.PemnFormatException;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.network.BuiltInNetwork;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Loads archives as DJL models, ready for {@link Model#newPredictor}. */
public final class PemnModel {
  private PemnModel() {}

  /**
   * Loads an archive.
   *
   * <p>A model of a built-in network takes float32 images of shape (batch, channels, height,
   * width), normalised as {@link PemnArchive#normalization()} says, and returns logits of shape
   * (batch, classes). A TorchScript module takes and returns what its forward does; {@link
   * PemnArchive#network()} says the former. Its code is run as it is: load only archives from
   * sources that you trust.
   *
   * @param file the archive
   * @param device where it shall run
   * @return a model that the caller closes
   * @throws io.pemn.format.PemnFormatException if it is no sound archive
   * @throws IOException if it cannot be read
   */
  public static Model load(Path file, Device device) throws IOException {
    String name = file.getFileName().toString();
    return load(
        PemnArchive.open(file),
        name.endsWith(".pemn") ? name.substring(0, name.length() - 5) : name,
        device);
  }

  /**
   * Loads an open archive; see {@link #load(Path, Device)}.
   *
   * @param archive the archive
   * @param name what DJL shall call the model
   * @param device where it shall run
   * @return a model that the caller closes
   * @throws io.pemn.format.PemnFormatException if the archive turns out to be damaged
   */
  public static Model load(PemnArchive archive, String name, Device device) throws IOException {
    // Whatever may be wrong with the sections shows before the engine allocates for the network.
    archive.remainder();
    archive.tensors();
    if (!archive.layers().isEmpty()) {
      archive.mask(archive.layers().get(0));
    }
    Model model = Model.newInstance(name, device, "PyTorch");
    boolean loaded = false;
    try {
      if (archive.network() instanceof BuiltInDescription description) {
        model.setBlock(builtIn(archive, description, model.getNDManager()));
      } else {
        loadTorchScript(archive, name, model);
      }
      loaded = true;
      return model;
    } finally {
      if (!loaded) {
        model.close();
      }
    }
  }

  private static Block builtIn(
      PemnArchive archive, BuiltInDescription description, NDManager manager) throws IOException {
    BuiltInNetwork network = BuiltInNetwork.of(description);
    network.initialize(manager);
    for (Layer layer : archive.layers()) {
      network.set(layer.name(), archive.rebuild(layer));
    }
    for (RemainderTensor tensor : archive.remainder()) {
      network.set(tensor.name(), tensor.values());
    }
    network.block().freezeParameters(true);
    return network.block();
  }

  /** The engine loads from a file faster, and with one copy less, than from a stream. */
  private static void loadTorchScript(PemnArchive archive, String name, Model model)
      throws IOException {
    Path folder = Files.createTempDirectory("pemn-");
    Path file = folder.resolve("module.pt");
    folder.toFile().deleteOnExit(); // Where a kill comes first; the later entry is deleted first.
    file.toFile().deleteOnExit();
    try {
      write(archive, file);
      model.load(folder, "module");
    } catch (MalformedModelException | EngineException e) {
      throw new IOException(
          "The PyTorch engine cannot load the module of " + name + ": " + e.getMessage(), e);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
  }

  private static void write(PemnArchive archive, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      archive.writeTorchScript(out);
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
