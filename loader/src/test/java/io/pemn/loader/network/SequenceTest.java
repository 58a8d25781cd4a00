package io.pemn.loader.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import io.pemn.format.network.Activation;
import io.pemn.format.network.Architecture;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ResNetArchitecture;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SequenceTest {
  static Stream<List<Architecture>> shallowAndDeep() {
    return Stream.of(
        List.of(
            new ConvMixerArchitecture(6, 2, 3, 2, Activation.GELU),
            new ConvMixerArchitecture(6, 9, 3, 2, Activation.GELU)),
        List.of(
            new ResNetArchitecture(8, 3, Activation.RELU, Norm.LEARN),
            new ResNetArchitecture(32, 3, Activation.RELU, Norm.LEARN)));
  }

  @ParameterizedTest
  @MethodSource("shallowAndDeep")
  void aDeepNetworkLeavesNoMoreArraysThanAShallowOne(List<Architecture> networks) {
    assertEquals(arraysLeft(networks.get(0)), arraysLeft(networks.get(1)));
  }

  private static int arraysLeft(Architecture architecture) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      BuiltInNetwork network =
          BuiltInNetwork.of(new BuiltInDescription(architecture, new ImageShape(3, 8, 8), 10));
      network.initialize(manager);
      try (NDManager batch = manager.newSubManager()) {
        run(network.block(), batch.ones(new Shape(2, 3, 8, 8)));
        return batch.getManagedArrays().size();
      }
    }
  }

  @Test
  void whatIsGivenStaysAndPassesThrough() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      SequentialBlock sequence =
          new Sequence()
              .add(FunctionBlock.identity())
              .add(FunctionBlock.elementwise("double", x -> x.add(x)))
              .add(FunctionBlock.identity())
              .add(FunctionBlock.elementwise("square", NDArray::square));
      NDArray given = manager.create(new float[] {1, 2, 3});
      NDArray found = run(sequence, given);
      assertArrayEquals(new float[] {4, 16, 36}, found.toFloatArray());
      assertArrayEquals(new float[] {1, 2, 3}, given.toFloatArray());
      NDArray passed = run(new Sequence().add(FunctionBlock.identity()), given);
      assertSame(given, passed);
    }
  }

  @Test
  void gradientsFindWhatTheyNeed() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      SequentialBlock sequence =
          new Sequence()
              .add(FunctionBlock.elementwise("square", NDArray::square))
              .add(Residual.around(FunctionBlock.elementwise("square", NDArray::square)))
              .add(FunctionBlock.elementwise("exponential", NDArray::exp));
      NDArray given = manager.create(new float[] {0.5f, -0.25f});
      given.setRequiresGradient(true);
      try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
        collector.backward(run(sequence, given).sum());
      }
      float[] expected = new float[2];
      for (int i = 0; i < 2; i++) {
        // d/dx exp(x^2 + x^4)
        double x = i == 0 ? 0.5 : -0.25;
        expected[i] = (float) (Math.exp(x * x + Math.pow(x, 4)) * (2 * x + 4 * Math.pow(x, 3)));
      }
      assertArrayEquals(expected, given.getGradient().toFloatArray(), 1e-6f);
    }
  }

  private static NDArray run(Block block, NDArray input) {
    return block
        .forward(new ParameterStore(input.getManager(), false), new NDList(input), false)
        .singletonOrThrow();
  }
}
