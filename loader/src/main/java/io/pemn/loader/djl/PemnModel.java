package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.Model;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.network.BuiltInNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Loads archives as DJL models, ready for {@link Model#newPredictor}. */
public final class PemnModel {
  private PemnModel() {}

  /**
   * Loads an archive.
   *
   * <p>The model takes float32 images of shape (batch, channels, height, width), normalised as
   * {@link PemnArchive#normalization()} says, and returns logits of shape (batch, classes).
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
    List<RemainderTensor> remainder = archive.remainder();
    if (!archive.layers().isEmpty()) {
      archive.mask(archive.layers().get(0));
    }
    Model model = Model.newInstance(name, device, "PyTorch");
    boolean loaded = false;
    try {
      BuiltInNetwork network = BuiltInNetwork.of(archive.network());
      network.initialize(model.getNDManager());
      for (Layer layer : archive.layers()) {
        network.set(layer.name(), archive.rebuild(layer));
      }
      for (RemainderTensor tensor : remainder) {
        network.set(tensor.name(), tensor.values());
      }
      network.block().freezeParameters(true);
      model.setBlock(network.block());
      loaded = true;
      return model;
    } finally {
      if (!loaded) {
        model.close();
      }
    }
  }
}
