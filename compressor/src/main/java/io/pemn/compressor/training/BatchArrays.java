package io.pemn.compressor.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.SampleSet;

/**
 * A batch on the training device.
 *
 * @param images float32 of shape (batch, channels, height, width)
 * @param labels int64 of shape (batch)
 */
record BatchArrays(NDArray images, NDArray labels) {

  /**
   * Moves a batch to the device of a manager, which owns the arrays; valid as long as the batch.
   */
  static BatchArrays of(Batch batch, SampleSet set, NDManager manager) {
    Shape shape = new Shape(batch.size());
    for (int dimension : set.inputs().get(0).shape()) {
      shape = shape.add(dimension);
    }
    NDArray images = manager.create(batch.input(0), shape, DataType.FLOAT32);
    long[] labels = new long[batch.size()];
    int[] narrow = batch.labels();
    for (int i = 0; i < labels.length; i++) {
      labels[i] = narrow[i];
    }
    return new BatchArrays(images, manager.create(labels));
  }

  /** How many rows of logits have their greatest value at the label: int64, no dimensions. */
  static NDArray correct(NDArray logits, NDArray labels) {
    return logits.argMax(1).eq(labels).toType(DataType.INT64, false).sum();
  }
}
