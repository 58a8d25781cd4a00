package io.pemn.loader.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.pooling.Pool;
import java.util.function.UnaryOperator;

/**
 * A function without parameters that says what shape it gives. DJL's own block computes a sample to
 * find that out, several times while a network is initialised, which takes longer than all else.
 */
final class FunctionBlock extends LambdaBlock {
  private final UnaryOperator<Shape> shape;

  /**
   * A function of one array.
   *
   * @param name for messages
   * @param function what is computed
   * @param shape from the argument's to the result's
   */
  FunctionBlock(String name, UnaryOperator<NDArray> function, UnaryOperator<Shape> shape) {
    super(arrays -> new NDList(function.apply(arrays.singletonOrThrow())), name);
    this.shape = shape;
  }

  /** A function that leaves the shape as it is. */
  static FunctionBlock elementwise(String name, UnaryOperator<NDArray> function) {
    return new FunctionBlock(name, function, UnaryOperator.identity());
  }

  /** What is given. */
  static FunctionBlock identity() {
    return elementwise("identity", x -> x);
  }

  /** Shape (batch, channels, height, width) to the means (batch, channels). */
  static FunctionBlock meansOfChannels() {
    return new FunctionBlock(
        "globalAvgPool2d", Pool::globalAvgPool2d, x -> new Shape(x.get(0), x.get(1)));
  }

  /**
   * Shape (batch, channels, height, width) as it is, but on a CPU laid out in memory with a place's
   * channels side by side. Whatever comes after keeps to that. Else PyTorch would lay out the
   * arrays of every convolution anew and back again, which takes longer than all that is computed:
   * steps take half the time (docs/performance.md). Sums are added up in another order.
   */
  static FunctionBlock channelsLast() {
    return elementwise("channels last", FunctionBlock::channelsLast);
  }

  private static NDArray channelsLast(NDArray x) {
    if (x.getDevice().isGpu()) {
      return x;
    }
    Shape shape = x.getShape();
    long batch = shape.get(0);
    // A row a sample cannot be had without the new order, unless it is the old one as well.
    NDArray rows = x.transpose(0, 2, 3, 1).reshape(batch, shape.slice(1).size());
    return rows.reshape(batch, shape.get(2), shape.get(3), shape.get(1)).transpose(0, 3, 1, 2);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    return new Shape[] {shape.apply(inputs[0])};
  }
}
