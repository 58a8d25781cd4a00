package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Shifts and flips a batch on its device, by what {@link
 * io.pemn.compressor.data.Batches#placements} drew: the same pixels as the bytes that the preparing
 * thread moves, with black where none comes from.
 */
public final class ShiftAndFlip {
  private ShiftAndFlip() {}

  /**
   * Moves pixels; nothing is copied to the device.
   *
   * @param images 0..255, float32 of shape (batch, channels, height, width)
   * @param placements float32 of shape (batch, 3): columns to the right, rows down, 1 if mirrored
   *     before that, else 0
   * @return float32 of the same shape, owned by the manager of the images
   */
  public static NDArray apply(NDArray images, NDArray placements) {
    Shape shape = images.getShape();
    NDManager owner = images.getManager();
    long count = shape.get(0);
    int height = (int) shape.get(2);
    int width = (int) shape.get(3);
    try (NDManager work = owner.newSubManager()) {
      NDArray right = number(placements, 0, count, work);
      NDArray down = number(placements, 1, count, work);
      NDArray mirrored = number(placements, 2, count, work);
      NDArray straight = work.arange(0, width, 1, DataType.FLOAT32).reshape(1, 1, width).sub(right);
      // x where it is straight, width - 1 - x = x + (width - 1 - 2x) where it is mirrored.
      NDArray opposite = straight.mul(Scalar.of(straight, -2)).add(Scalar.of(straight, width - 1));
      NDArray column = straight.add(opposite.mul(mirrored));
      NDArray row = work.arange(0, height, 1, DataType.FLOAT32).reshape(1, height, 1).sub(down);
      NDArray inside = within(row, height).mul(within(column, width));
      NDArray index =
          Scalar.clip(row, 0, height - 1)
              .mul(Scalar.of(row, width))
              .add(Scalar.clip(column, 0, width - 1))
              .toType(DataType.INT64, false);
      long pixels = (long) height * width;
      Shape flat = new Shape(count, shape.get(1), pixels);
      NDArray there = index.reshape(count, 1, pixels).broadcast(flat);
      images.attach(work);
      NDArray moved =
          images
              .reshape(flat)
              .gather(there, 2)
              .mul(inside.reshape(count, 1, pixels))
              .reshape(shape);
      images.attach(owner);
      moved.attach(owner);
      return moved;
    }
  }

  private static NDArray number(NDArray placements, int which, long count, NDManager owner) {
    NDIndex column = new NDIndex().addAllDim().addSliceDim(which, which + 1);
    return placements.get(owner, column).reshape(count, 1, 1);
  }

  /** 1 where a coordinate lies in the picture, else 0. */
  private static NDArray within(NDArray coordinate, int size) {
    return coordinate
        .gte(Scalar.of(coordinate, 0))
        .logicalAnd(coordinate.lt(Scalar.of(coordinate, size)))
        .toType(DataType.FLOAT32, false);
  }
}
