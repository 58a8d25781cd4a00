package io.pemn.benchmarks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Room for a network's weights outside of the heap, as an engine has it. */
final class NativeWeights {
  private final FloatBuffer[] layers;

  /** Room for layers of these sizes, every page of it written once. */
  NativeWeights(int... sizes) {
    layers = new FloatBuffer[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      layers[i] =
          ByteBuffer.allocateDirect(sizes[i] * Float.BYTES)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
    }
  }

  /** The room for a layer, from its first weight to its last. */
  FloatBuffer layer(int index) {
    return layers[index].duplicate();
  }
}
