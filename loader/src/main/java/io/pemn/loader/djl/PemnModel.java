package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.Layer;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.network.BuiltInNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Loads archives as DJL models, ready for {@link Model#newPredictor}, where a {@link
 * ai.djl.repository.zoo.Criteria} does not fit: archives that are open already, or in memory.
 *
 * <p>The models are those of the engine "Pemn", see {@link PemnEngineProvider}.
 *
 * @since 0.1
 */
public final class PemnModel {
  private PemnModel() {}

  /**
   * Loads an archive under {@link LoadPolicy#standard()}; see {@link #load(Path, LoadPolicy,
   * Device)}.
   *
   * @param file the archive
   * @param device where it shall run
   * @return a model that the caller closes
   * @throws io.pemn.format.PemnFormatException if it is no sound archive of a built-in network
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException in one sentence, if this machine has no such device
   * @throws ai.djl.engine.EngineException in one sentence, if PyTorch's engine is not there
   */
  public static Model load(Path file, Device device) throws IOException {
    return load(file, LoadPolicy.standard(), device);
  }

  /**
   * Loads an archive.
   *
   * <p>A model of a built-in network takes float32 images of shape (batch, channels, height,
   * width), normalised as {@link PemnArchive#normalization()} says, and returns logits of shape
   * (batch, classes). A TorchScript module takes and returns what its forward does; {@link
   * PemnArchive#network()} says the former. Its code is run as it is, where the policy allows that.
   *
   * @param file the archive
   * @param policy what it may ask for and bring
   * @param device where it shall run
   * @return a model that the caller closes
   * @throws io.pemn.format.PemnFormatException if it is no sound archive, or the policy refuses it
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException in one sentence, if this machine has no such device
   * @throws ai.djl.engine.EngineException in one sentence, if PyTorch's engine is not there
   */
  public static Model load(Path file, LoadPolicy policy, Device device) throws IOException {
    return load(() -> PemnArchive.open(file, policy), ArchiveModel.nameOf(file), device);
  }

  /**
   * Loads an open archive; see {@link #load(Path, LoadPolicy, Device)}.
   *
   * @param archive the archive
   * @param name what DJL shall call the model
   * @param device where it shall run
   * @return a model that the caller closes
   * @throws io.pemn.format.PemnFormatException if the archive turns out to be damaged, or its
   *     policy does not allow its module
   * @throws IOException if it cannot be read or loaded
   * @throws IllegalArgumentException in one sentence, if this machine has no such device
   * @throws ai.djl.engine.EngineException in one sentence, if PyTorch's engine is not there
   */
  public static Model load(PemnArchive archive, String name, Device device) throws IOException {
    return load(() -> archive, name, device);
  }

  private static Model load(Callable<PemnArchive> opening, String name, Device device)
      throws IOException {
    // Not DJL's engine of this name: it may be of another application that shares DJL, or missing.
    ArchiveModel model = new PemnEngine().newModel(name, device);
    boolean loaded = false;
    try {
      model.load(opening);
      loaded = true;
      return model;
    } finally {
      if (!loaded) {
        model.close();
      }
    }
  }

  /**
   * An archive and its network.
   *
   * @param model PyTorch's, which owns the weights
   */
  record Loaded(PemnArchive archive, Model model) {}

  /** Opens an archive and loads its network. */
  static Loaded network(Callable<PemnArchive> opening, String name, Device device)
      throws IOException {
    try (Preparation preparation = Preparation.begin(opening, device)) {
      // The first time, this starts the engine.
      Model model = PemnEngine.pytorch().newModel(name, device);
      boolean loaded = false;
      try {
        Preparation.Prepared prepared = preparation.await();
        PemnArchive archive = prepared.archive();
        if (archive.network() instanceof BuiltInDescription description) {
          model.setBlock(builtIn(archive, description, model.getNDManager()));
        } else {
          prepared.module().orElseThrow().into(model);
        }
        loaded = true;
        return new Loaded(archive, model);
      } finally {
        if (!loaded) {
          model.close();
        }
      }
    }
  }

  private static Block builtIn(
      PemnArchive archive, BuiltInDescription description, NDManager manager) throws IOException {
    BuiltInNetwork network = BuiltInNetwork.of(description);
    network.initialize(manager);
    Map<String, NDArray> arrays = new HashMap<>();
    for (Layer layer : archive.layers()) {
      arrays.put(layer.name(), network.parameters().get(layer.name()).getArray());
    }
    if (Memory.isWritable(manager.getDevice()) && Memory.rebuild(archive, arrays)) {
      for (RemainderTensor tensor : archive.remainder()) {
        Memory.of(network.parameters().get(tensor.name()).getArray()).put(tensor.values());
      }
    } else {
      for (Layer layer : archive.layers()) {
        network.set(layer.name(), archive.rebuild(layer));
      }
      for (RemainderTensor tensor : archive.remainder()) {
        network.set(tensor.name(), tensor.values());
      }
    }
    network.block().freezeParameters(true);
    return network.block();
  }
}
