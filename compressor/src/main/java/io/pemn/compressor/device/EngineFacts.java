package io.pemn.compressor.device;

import java.util.SortedSet;

/**
 * The engine as it runs.
 *
 * @param version of PyTorch
 * @param djlVersion of DJL
 * @param features what it was built with, such as CUDA or MKL
 * @param natives its native libraries
 * @param threads within an operation
 * @param interopThreads that run operations side by side
 */
public record EngineFacts(
    String version,
    String djlVersion,
    SortedSet<String> features,
    EngineNatives natives,
    int threads,
    int interopThreads) {
  static EngineFacts of(InstalledEngine engine) {
    return new EngineFacts(
        engine.version(),
        engine.djlVersion(),
        engine.features(),
        engine.natives(),
        engine.threads(),
        engine.interopThreads());
  }
}
