package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.WeightRebuilder;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/**
 * The engine's own memory, into which layers are rebuilt, without a copy.
 *
 * <p>DJL hands out the memory of an array on the CPU; of any other, and of those that do not lie in
 * it row by row, it hands out a copy, and what is written there is lost.
 */
final class Memory {
  private Memory() {}

  /** Whether the memory of arrays on a device can be written to. */
  static boolean isWritable(Device device) {
    return device.getDeviceType().equals(Device.Type.CPU);
  }

  /** The memory of a float32 array, row-major, which must not be closed while this is in use. */
  static FloatBuffer of(NDArray array) {
    return array.toByteBuffer(true).asFloatBuffer();
  }

  /**
   * Rebuilds layers in the memory of arrays.
   *
   * @param layers each layer's array by its name, of its shape and of float32
   * @return whether the engine sees what was written; if not, the arrays are to be filled otherwise
   */
  static boolean rebuild(PemnArchive archive, Map<String, NDArray> layers) throws IOException {
    WeightRebuilder.of(archive)
        .only(layer -> layers.containsKey(layer.name()))
        .rebuildInto(layer -> of(layers.get(layer.name())));
    Optional<Layer> smallest =
        archive.layers().stream()
            .filter(layer -> layer.kept() > 0 && layers.containsKey(layer.name()))
            .min(Comparator.comparingInt(Layer::size));
    return smallest.isEmpty()
        || Arrays.equals(
            archive.rebuild(smallest.get()), layers.get(smallest.get().name()).toFloatArray());
  }
}
