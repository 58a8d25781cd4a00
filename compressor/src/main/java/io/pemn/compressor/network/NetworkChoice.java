package io.pemn.compressor.network;

import io.pemn.format.network.Architecture;
import java.util.List;

/** Which network a training trains, as far as its result depends on it. */
public sealed interface NetworkChoice {
  /**
   * A network that pemn builds itself.
   *
   * @param architecture its family and sizes
   */
  record BuiltIn(Architecture architecture) implements NetworkChoice {}

  /**
   * A TorchScript module.
   *
   * @param digest SHA-256 of its file in hexadecimal
   * @param include patterns of parameters to mask whatever the default says
   * @param exclude patterns of parameters never to mask
   * @param keepTracedMode whether train or eval modes that tracing has fixed stay as they are
   *     during the training
   */
  record Module(String digest, List<String> include, List<String> exclude, boolean keepTracedMode)
      implements NetworkChoice {
    /** Copies the lists. */
    public Module {
      include = List.copyOf(include);
      exclude = List.copyOf(exclude);
    }
  }
}
