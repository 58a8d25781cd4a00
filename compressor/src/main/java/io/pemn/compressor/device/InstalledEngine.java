package io.pemn.compressor.device;

import ai.djl.Device;
import java.util.Optional;
import java.util.SortedSet;

/** The engine that is installed, once it has started. */
interface InstalledEngine {
  /** Such as 2.7.1. */
  String version();

  /** Such as 0.35.1. */
  String djlVersion();

  /** What it was built with, such as CUDA or MKL. */
  SortedSet<String> features();

  EngineNatives natives();

  /** Threads within an operation. */
  int threads();

  /** Threads that run operations side by side. */
  int interopThreads();

  /** How many GPUs DJL counts. */
  int countedGpus();

  /** What is known of a GPU. */
  Gpu gpu(int number);

  /**
   * Computes a little on a device, and looks whether the result is right.
   *
   * @return what went wrong, in the engine's words, or nothing
   */
  Optional<String> trouble(Device device);

  /** Whether it can run on a CUDA device at all. */
  default boolean hasCuda() {
    return features().contains("CUDA");
  }

  /**
   * Whether there is a GPU of a number that works. DJL counts GPUs with CUDA's runtime library,
   * which it looks for through JNA under its plain name; PyTorch's own packages rename that file,
   * so that DJL counts none where the engine could well use one. So it is tried.
   */
  default boolean hasGpu(int number) {
    return number < countedGpus() || hasCuda() && trouble(Device.gpu(number)).isEmpty();
  }
}
