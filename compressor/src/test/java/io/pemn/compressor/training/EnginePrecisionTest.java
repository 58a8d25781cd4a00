package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.GradientCollector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the engine can and cannot do in float16: the facts that docs/gpu.md draws on. */
class EnginePrecisionTest {
  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void noGradientComesThroughACastSoThatNothingLikeAutocastCanBeBuilt() {
    NDArray weights = manager.ones(new Shape(3));
    weights.setRequiresGradient(true);
    try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      NDArray half = weights.toType(DataType.FLOAT16, false);
      NDArray loss = half.mul(half).sum();
      String message =
          assertThrows(EngineException.class, () -> collector.backward(loss)).getMessage();
      assertTrue(message.contains("does not require grad"), message);
    }
  }

  @Test
  void aNetworkThatIsFloat16AsAWholeHasFloat16Gradients() {
    NDArray images = manager.ones(new Shape(1, 1, 3, 3), DataType.FLOAT16);
    NDArray kernel = manager.ones(new Shape(1, 1, 3, 3), DataType.FLOAT16);
    kernel.setRequiresGradient(true);
    try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      NDArray output = Conv2d.conv2d(images, kernel).singletonOrThrow();
      assertEquals(DataType.FLOAT16, output.getDataType());
      collector.backward(output.sum());
    }
    NDArray gradient = kernel.getGradient();
    assertEquals(DataType.FLOAT16, gradient.getDataType());
    assertEquals(9f, gradient.toType(DataType.FLOAT32, true).sum().getFloat());
  }

  @Test
  void runningStatisticsInFloat16StandStillWhereTheirStepsAreSmall() {
    // A tenth of a difference of 4, as batch normalisation takes it, added to 2048.
    NDArray mean = manager.full(new Shape(), 2048, DataType.FLOAT16);
    NDArray step = manager.full(new Shape(), 0.4f, DataType.FLOAT16);
    assertEquals(2048f, mean.add(step).toType(DataType.FLOAT32, true).getFloat());
  }
}
