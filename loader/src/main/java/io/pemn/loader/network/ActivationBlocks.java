package io.pemn.loader.network;

import ai.djl.nn.Block;
import io.pemn.format.network.Activation;

/** DJL's activations as blocks. */
final class ActivationBlocks {
  private ActivationBlocks() {}

  static Block of(Activation activation) {
    return switch (activation) {
      case GELU -> FunctionBlock.elementwise("GELU", ai.djl.nn.Activation::gelu);
      case RELU -> FunctionBlock.elementwise("ReLU", ai.djl.nn.Activation::relu);
    };
  }
}
