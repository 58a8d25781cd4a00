package io.pemn.loader.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import io.pemn.format.network.Activation;
import io.pemn.format.network.Architecture;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ResNetArchitecture;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelsLastTest {
  private static final int HEIGHT = 8;
  private static final int WIDTH = 12;

  private static NDList run(Block block, NDArray images) {
    return block.forward(new ParameterStore(images.getManager(), false), new NDList(images), false);
  }

  private static NDArray images(NDManager manager, int channels) {
    return manager
        .arange(2f * channels * HEIGHT * WIDTH)
        .reshape(2, channels, HEIGHT, WIDTH)
        .div(100);
  }

  /** Whether numbers lie in memory in the order of the shape: a view of them is then no copy. */
  private static boolean isInOrder(NDArray array) {
    float[] before = array.toFloatArray();
    ByteBuffer view = array.toByteBuffer(true);
    view.putFloat(0, before[0] + 1);
    boolean seen = array.toFloatArray()[0] != before[0];
    view.putFloat(0, before[0]);
    return seen;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void imagesStayAsTheyAre(int channels) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray images = images(manager, channels);

      NDArray laidOut = run(FunctionBlock.channelsLast(), images).singletonOrThrow();

      assertEquals(new Shape(2, channels, HEIGHT, WIDTH), laidOut.getShape());
      assertArrayEquals(images.toFloatArray(), laidOut.toFloatArray());
    }
  }

  @Test
  void theChannelsOfAPlaceLieSideBySide() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray laidOut = run(FunctionBlock.channelsLast(), images(manager, 3)).singletonOrThrow();

      assertFalse(isInOrder(laidOut));
      assertTrue(isInOrder(laidOut.transpose(0, 2, 3, 1)));
    }
  }

  static Stream<Architecture> convolutions() {
    return Stream.of(
        new ConvMixerArchitecture(6, 2, 3, 2, Activation.GELU),
        new ResNetArchitecture(14, 3, Activation.RELU, Norm.LEARN));
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void everyLayerUpToTheMeansKeepsToThat(Architecture architecture) {
    for (int channels : List.of(1, 3)) {
      try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
        BuiltInNetwork network =
            BuiltInNetwork.of(
                new BuiltInDescription(architecture, new ImageShape(channels, HEIGHT, WIDTH), 10));
        network.initialize(manager);
        List<Block> layers = network.block().getChildren().values();
        NDArray found = images(manager, channels);
        for (Block layer : layers.subList(0, layers.size() - 2)) {
          found = run(layer, found).singletonOrThrow();

          assertTrue(isInOrder(found.transpose(0, 2, 3, 1)), layer.toString());
        }
        assertEquals(4, found.getShape().dimension());
      }
    }
  }
}
