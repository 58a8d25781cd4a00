package io.pemn.loader.network;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.loader.network.BuiltInNetwork.NamedParameters;

/** Builds what {@link ConvMixerArchitecture} describes. */
final class ConvMixer {
  private ConvMixer() {}

  static Block build(ConvMixerArchitecture architecture, int classes, NamedParameters named) {
    int dim = architecture.dim();
    Shape patch = new Shape(architecture.patch(), architecture.patch());
    Shape kernel = new Shape(architecture.kernel(), architecture.kernel());
    Shape same = new Shape(architecture.kernel() / 2, architecture.kernel() / 2);

    SequentialBlock network = new Sequence().add(FunctionBlock.channelsLast());
    Conv2d.Builder stem =
        Conv2d.builder().setFilters(dim).setKernelShape(patch).optStride(patch).optBias(false);
    addConvolution(network, "stem", stem, architecture, named);
    for (int i = 0; i < architecture.depth(); i++) {
      String block = "blocks." + i;
      SequentialBlock depthwise = new Sequence();
      addConvolution(
          depthwise,
          block + ".depthwise",
          Conv2d.builder()
              .setFilters(dim)
              .setKernelShape(kernel)
              .optPadding(same)
              .optGroups(dim)
              .optBias(false),
          architecture,
          named);
      network.add(Residual.around(depthwise));
      addConvolution(
          network,
          block + ".pointwise",
          Conv2d.builder().setFilters(dim).setKernelShape(new Shape(1, 1)).optBias(false),
          architecture,
          named);
    }
    return network
        .add(FunctionBlock.meansOfChannels())
        .add(named.name("head", Linear.builder().setUnits(classes).optBias(false).build()));
  }

  private static void addConvolution(
      SequentialBlock network,
      String name,
      Conv2d.Builder convolution,
      ConvMixerArchitecture architecture,
      NamedParameters named) {
    network
        .add(named.name(name + ".conv", convolution.build()))
        .add(ActivationBlocks.of(architecture.activation()))
        .add(named.batchNorm(name + ".norm", architecture.norm()));
  }
}
