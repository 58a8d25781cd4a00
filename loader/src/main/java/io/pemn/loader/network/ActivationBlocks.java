package io.pemn.loader.network;

import ai.djl.nn.Block;
import io.pemn.format.network.Activation;

/** DJL's block of an activation. */
final class ActivationBlocks {
  private ActivationBlocks() {}

  static Block of(Activation activation) {
    return switch (activation) {
      case GELU -> ai.djl.nn.Activation.geluBlock();
      case RELU -> ai.djl.nn.Activation.reluBlock();
    };
  }
}
