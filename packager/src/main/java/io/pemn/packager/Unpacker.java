package io.pemn.packager;

import io.pemn.format.network.ParameterShape;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.tensors.NpyFolder;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Writes the full weights of an archive, every masked layer rebuilt and checked against its digest,
 * in the network's order.
 */
public final class Unpacker {
  private Unpacker() {}

  /**
   * Writes one safetensors file.
   *
   * @throws IOException in one sentence, if the archive is damaged or the file cannot be written
   */
  public static void toSafetensors(PemnArchive archive, Path file) throws IOException {
    List<TensorEntry> tensors = tensors(archive);
    Map<String, String> metadata = Map.of("format", "pt", "pemn_digest", archive.digest());
    AtomicFile.write(file, out -> SafetensorsWriter.write(out, metadata, tensors));
  }

  /**
   * Writes a folder of {@code .npy} files, one a parameter.
   *
   * @throws IOException in one sentence, if the archive is damaged or the folder cannot be written
   */
  public static void toNpyFolder(PemnArchive archive, Path folder) throws IOException {
    List<TensorEntry> tensors = tensors(archive);
    AtomicFile.writeFolder(folder, temporary -> NpyFolder.write(temporary, tensors));
  }

  private static List<TensorEntry> tensors(PemnArchive archive) throws IOException {
    Map<String, Layer> layers =
        archive.layers().stream().collect(Collectors.toMap(Layer::name, Function.identity()));
    Map<String, RemainderTensor> remainder =
        archive.remainder().stream()
            .collect(Collectors.toMap(RemainderTensor::name, Function.identity()));
    List<TensorEntry> tensors = new ArrayList<>();
    for (ParameterShape parameter : archive.network().parameters()) {
      long[] shape = parameter.shape().stream().mapToLong(Integer::longValue).toArray();
      Layer layer = layers.get(parameter.name());
      tensors.add(
          layer == null
              ? TensorEntry.floats(
                  parameter.name(), shape, remainder.get(parameter.name()).values())
              : TensorEntry.floats(parameter.name(), shape, () -> checked(archive, layer)));
    }
    return tensors;
  }

  private static float[] checked(PemnArchive archive, Layer layer) throws IOException {
    float[] weights = archive.rebuild(layer);
    archive.verify(layer, weights);
    return weights;
  }
}
