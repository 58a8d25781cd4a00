package io.pemn.loader;

import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.torchscript.ModuleFile;
import io.pemn.loader.torchscript.TensorValues;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes the TorchScript module of an archive as a file that PyTorch loads, with one layer at a
 * time in memory. Immutable and safe for concurrent use.
 *
 * <pre>{@code
 * TorchScriptWriter.of(archive).checkingDigests().write(out);
 * }</pre>
 *
 * @since 0.1
 */
public final class TorchScriptWriter {
  /** The method by which a module computes something while it is loaded. */
  private static final byte[] SET_STATE = "__setstate__".getBytes(StandardCharsets.US_ASCII);

  private final PemnArchive archive;
  private final TorchScriptModule module;
  private final Map<String, Layer> layers;
  private final List<Layer> blankable;
  private final boolean checks;
  private final Set<String> blank;

  private TorchScriptWriter(
      PemnArchive archive,
      TorchScriptModule module,
      Map<String, Layer> layers,
      List<Layer> blankable,
      boolean checks,
      Set<String> blank) {
    this.archive = archive;
    this.module = module;
    this.layers = layers;
    this.blankable = blankable;
    this.checks = checks;
    this.blank = blank;
  }

  /**
   * Writes everything, and checks no digests of layers.
   *
   * @param archive of a TorchScript module
   * @return a writer
   * @throws IllegalArgumentException if the archive's network is built in
   * @throws io.pemn.format.PemnFormatException if the archive is damaged, or was opened under a
   *     {@link LoadPolicy} that does not allow TorchScript
   * @throws IOException if the archive's file cannot be read any more
   */
  public static TorchScriptWriter of(PemnArchive archive) throws IOException {
    if (archive.network() instanceof BuiltInDescription) {
      throw new IllegalArgumentException(
          "The archive's network is built in and no TorchScript module; write its weights to a"
              + " safetensors file instead.");
    }
    archive.requireTorchScript();
    TorchScriptModule module = archive.module().orElseThrow();
    Map<String, Layer> layers =
        archive.layers().stream()
            .collect(Collectors.toUnmodifiableMap(Layer::name, Function.identity()));
    return new TorchScriptWriter(
        archive, module, layers, blankable(module, layers), false, Set.of());
  }

  /**
   * The same, but the weights of every layer that is written are compared with its digest.
   *
   * @return a writer
   */
  public TorchScriptWriter checkingDigests() {
    return new TorchScriptWriter(archive, module, layers, blankable, true, blank);
  }

  /**
   * The layers whose numbers can be left out of the file and given to PyTorch when it has loaded
   * it: each stands alone in a float32 storage. There are none where the module computes something
   * of its numbers while it is loaded.
   *
   * @return the layers, in the network's order
   */
  public List<Layer> blankable() {
    return blankable;
  }

  private static List<Layer> blankable(TorchScriptModule module, Map<String, Layer> layers) {
    List<Layer> alone = new ArrayList<>();
    for (TorchScriptModule.Entry entry : module.entries()) {
      if (entry instanceof FileEntry file && contains(file.content(), SET_STATE)) {
        return List.of();
      }
      if (entry instanceof StorageEntry storage
          && storage.type() == NumberType.FLOAT32
          && storage.spans().size() == 1) {
        Layer layer = layers.get(storage.spans().get(0).tensor());
        if (layer != null
            && layer.size() == storage.elements()
            && storage.spans().get(0).layout(layer.shape()).isContiguous()) {
          alone.add(layer);
        }
      }
    }
    return List.copyOf(alone);
  }

  /**
   * The same, but with zeros for the numbers of some more layers, which are not even rebuilt.
   *
   * @param layers some of {@link #blankable}
   * @return a writer
   * @throws IllegalArgumentException if one is none of these
   */
  public TorchScriptWriter leavingBlank(Collection<Layer> layers) {
    Set<String> possible = blankable.stream().map(Layer::name).collect(Collectors.toSet());
    for (Layer layer : layers) {
      if (!possible.contains(layer.name())) {
        throw new IllegalArgumentException(
            "The layer "
                + layer.name()
                + " does not stand alone in the module, so that it cannot be left blank;"
                + " leave only layers blank that blankable() returns.");
      }
    }
    return new TorchScriptWriter(
        archive,
        module,
        this.layers,
        blankable,
        checks,
        Stream.concat(blank.stream(), layers.stream().map(Layer::name))
            .collect(Collectors.toUnmodifiableSet()));
  }

  /**
   * Writes the file.
   *
   * @param out gets it and stays open
   * @throws io.pemn.format.PemnFormatException if the archive is damaged
   * @throws IOException if the archive's file cannot be read any more, or {@code out} not be
   *     written to
   */
  public void write(OutputStream out) throws IOException {
    Map<String, RemainderTensor> remainder =
        archive.remainder().stream()
            .collect(Collectors.toMap(RemainderTensor::name, Function.identity()));
    Map<String, NumberType> types = module.storageTypes();
    ModuleFile.write(
        out,
        module,
        storage -> storage.spans().size() == 1 && blank.contains(storage.spans().get(0).tensor()),
        name ->
            layers.containsKey(name)
                ? new TensorValues.Floats(layers.get(name).shape(), weights(layers.get(name)))
                : stored(remainder.get(name), types.get(name)));
  }

  private float[] weights(Layer layer) throws IOException {
    float[] weights = archive.rebuild(layer);
    if (checks) {
      archive.verify(layer, weights);
    }
    return weights;
  }

  private static TensorValues stored(RemainderTensor tensor, NumberType storage) {
    return TensorValues.in(storage, tensor.shape(), tensor.type(), tensor.scale(), tensor.data());
  }

  private static boolean contains(byte[] content, byte[] wanted) {
    for (int i = 0; i + wanted.length <= content.length; i++) {
      int same = 0;
      while (same < wanted.length && content[i + same] == wanted[same]) {
        same++;
      }
      if (same == wanted.length) {
        return true;
      }
    }
    return false;
  }
}
