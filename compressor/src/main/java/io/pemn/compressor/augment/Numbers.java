package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/**
 * All numbers that the changes of a batch need, collected on the host and copied to the device in
 * one piece: a host waits at every copy until a GPU has done all that it was told before.
 *
 * <p>They travel as float64, which holds every float32 and every index exactly.
 */
final class Numbers {
  private static final int FIRST_CAPACITY = 1024;

  private double[] values = new double[FIRST_CAPACITY];
  private int size;
  private NDArray there;

  /** Numbers that will be an array on the device. */
  final class Part {
    private final int from;
    private final int to;
    private final Shape shape;
    private final DataType type;

    private Part(int from, int to, Shape shape, DataType type) {
      this.from = from;
      this.to = to;
      this.shape = shape;
      this.type = type;
    }

    /**
     * The array, on the device that the numbers were copied to.
     *
     * @param owner owns it
     * @throws IllegalStateException if they were not copied
     */
    NDArray array(NDManager owner) {
      if (there == null) {
        throw new IllegalStateException("These numbers are still on the host; copy them first.");
      }
      NDArray slice = there.get(owner, new NDIndex().addSliceDim(from, to));
      return slice.toType(type, false).reshape(shape);
    }
  }

  /** Adds numbers that will be float32. */
  Part floats(float[] added, Shape shape) {
    int from = grow(added.length);
    for (int i = 0; i < added.length; i++) {
      values[from + i] = added[i];
    }
    return new Part(from, size, shape, DataType.FLOAT32);
  }

  /** Adds numbers that will be float64. */
  Part doubles(double[] added, Shape shape) {
    int from = grow(added.length);
    System.arraycopy(added, 0, values, from, added.length);
    return new Part(from, size, shape, DataType.FLOAT64);
  }

  /** Adds numbers that will be int64, of one dimension. */
  Part indices(int[] added) {
    int from = grow(added.length);
    for (int i = 0; i < added.length; i++) {
      values[from + i] = added[i];
    }
    return new Part(from, size, new Shape(added.length), DataType.INT64);
  }

  private int grow(int added) {
    int from = size;
    size += added;
    if (size > values.length) {
      values = Arrays.copyOf(values, Math.max(size, 2 * values.length));
    }
    return from;
  }

  /** Copies all of them to the device of a manager, which owns them there; once. */
  void copyTo(NDManager manager) {
    if (size > 0) {
      there = manager.create(Arrays.copyOf(values, size), new Shape(size));
    }
  }
}
