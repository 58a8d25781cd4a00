package io.pemn.loader.network;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
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
    SequentialBlock network = new Sequence().add(FunctionBlock.channelsLast());
    addConvolution(network, "stem", architecture.width(), 1, architecture, named);
    network.add(ActivationBlocks.of(architecture.activation()));
    int before = architecture.width();
    for (int i = 0; i < architecture.blocks(); i++) {
      int channels = architecture.channels(i);
      int stride = architecture.halves(i) ? 2 : 1;
      SequentialBlock block = new Sequence();
      addConvolution(block, "blocks." + i + ".first", channels, stride, architecture, named);
      block.add(ActivationBlocks.of(architecture.activation()));
      addConvolution(block, "blocks." + i + ".second", channels, 1, architecture, named);
      network
          .add(Residual.of(shortcut(stride, before, channels), block))
          .add(ActivationBlocks.of(architecture.activation()));
      before = channels;
    }
    return network
        .add(FunctionBlock.meansOfChannels())
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
      return FunctionBlock.identity();
    }
    int first = (channels - before) / 2;
    Shape zeros = new Shape(0, 0, 0, 0, first, channels - before - first);
    Shape one = new Shape(1, 1);
    Shape every = new Shape(stride, stride);
    return new FunctionBlock(
        "fewer places, more channels",
        x -> Pool.avgPool2d(x, one, every, new Shape(0, 0), false, true).pad(zeros, 0),
        x ->
            new Shape(
                x.get(0), channels, (x.get(2) - 1) / stride + 1, (x.get(3) - 1) / stride + 1));
  }
}
