package io.pemn.loader.network;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.loader.network.BuiltInNetwork.NamedParameters;

/** Builds what {@link MlpArchitecture} describes. */
final class Mlp {
  private Mlp() {}

  static Block build(MlpArchitecture architecture, int classes, NamedParameters named) {
    SequentialBlock network =
        new Sequence()
            .add(
                new FunctionBlock(
                    "batchFlatten",
                    Blocks::batchFlatten,
                    x -> new Shape(x.get(0), x.slice(1).size())));
    for (int i = 0; i < architecture.hidden().size(); i++) {
      String layer = "layers." + i;
      Block linear = Linear.builder().setUnits(architecture.hidden().get(i)).optBias(false).build();
      network
          .add(named.name(layer + ".linear", linear))
          .add(named.batchNorm(layer + ".norm", architecture.norm()))
          .add(ActivationBlocks.of(architecture.activation()));
    }
    return network.add(named.name("head", Linear.builder().setUnits(classes).build()));
  }
}
