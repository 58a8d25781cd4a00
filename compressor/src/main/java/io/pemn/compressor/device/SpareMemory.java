package io.pemn.compressor.device;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.util.cuda.CudaUtils;
import java.lang.management.MemoryUsage;

/**
 * How much memory of a device may be taken for data that is kept there for speed alone. The rest is
 * for the network, its gradients and above all its activations, which nobody knows beforehand.
 */
public final class SpareMemory {
  /** Data gets one part in so many of what is free. */
  private static final int PARTS = 4;

  /** What it gets where nobody knows what is free: 1 GiB. */
  private static final long UNKNOWN = 1L << 30;

  private SpareMemory() {}

  /**
   * Bytes that data may take on a device now: of a GPU a quarter of what is free, or 1 GiB where
   * CUDA's runtime library cannot be asked (DJL asks it through JNA, which finds no library whose
   * file was renamed, as in PyTorch's own packages); none of the CPU, whose memory the data is in
   * anyway.
   */
  public static long bytes(Device device) {
    if (!device.isGpu()) {
      return 0;
    }
    try {
      return bytes(CudaUtils.getGpuMemory(device));
    } catch (IllegalStateException | IllegalArgumentException | EngineException e) {
      return UNKNOWN;
    }
  }

  static long bytes(MemoryUsage memory) {
    return Math.max(0, memory.getMax() - memory.getUsed()) / PARTS;
  }
}
