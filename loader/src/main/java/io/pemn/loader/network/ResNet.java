package io.pemn.loader.network;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import io.pemn.format.network.ResNetArchitecture;
import io.pemn.loader.network.BuiltInNetwork.NamedParameters;

/** Builds what {@link ResNetArchitecture} describes. */
final class ResNet {
  private ResNet() {}

  static Block build(ResNetArchitecture architecture, int classes, NamedParameters named) {
    SequentialBlock network = new SequentialBlock();
    addConvolution(network, "stem", architecture.width(), 1, architecture, named);
    network.add(ActivationBlocks.of(architecture.activation()));
    int before = architecture.width();
    for (int i = 0; i < architecture.blocks(); i++) {
      int channels = architecture.channels(i);
      int stride = architecture.halves(i) ? 2 : 1;
      SequentialBlock block = new SequentialBlock();
      addConvolution(block, "blocks." + i + ".first", channels, stride, architecture, named);
      block.add(ActivationBlocks.of(architecture.activation()));
      addConvolution(block, "blocks." + i + ".second", channels, 1, architecture, named);
      network
          .add(Residual.of(shortcut(stride, before, channels), block))
          .add(ActivationBlocks.of(architecture.activation()));
      before = channels;
    }
    return network
        .add(Pool.globalAvgPool2dBlock())
        .add(named.name("head", Linear.builder().setUnits(classes).build()));
  }

  private static void addConvolution(
      SequentialBlock network,
      String name,
      int channels,
      int stride,
      ResNetArchitecture architecture,
      NamedParameters named) {
    Conv2d convolution =
        Conv2d.builder()
            .setFilters(channels)
            .setKernelShape(new Shape(3, 3))
            .optStride(new Shape(stride, stride))
            .optPadding(new Shape(1, 1))
            .optBias(false)
            .build();
    network
        .add(named.name(name + ".conv", convolution))
        .add(named.batchNorm(name + ".norm", architecture.norm()));
  }

  /** The paper's option A, which has no parameters. */
  private static Block shortcut(int stride, int before, int channels) {
    if (stride == 1) {
      return Blocks.identityBlock();
    }
    int first = (channels - before) / 2;
    Shape zeros = new Shape(0, 0, 0, 0, first, channels - before - first);
    return new SequentialBlock()
        .add(Pool.avgPool2dBlock(new Shape(1, 1), new Shape(stride, stride)))
        .add(LambdaBlock.singleton(x -> x.pad(zeros, 0), "zero channels"));
  }
}
