package io.pemn.compressor.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.augment.ImageAugmenter;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.SampleSet;
import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * A batch on the training device.
 *
 * @param inputs what the network takes, each of shape (batch, ...)
 * @param labels int64 of shape (batch), if the samples are labelled
 * @param target float32 of shape (batch, ...), if the samples have one
 * @param positions of the samples in their set
 * @param rows the positions as int64 of shape (batch), if they are on the device
 */
record BatchArrays(
    NDList inputs,
    Optional<NDArray> labels,
    Optional<NDArray> target,
    int[] positions,
    Optional<NDArray> rows) {

  /** A batch whose positions are on the host alone. */
  BatchArrays(NDList inputs, Optional<NDArray> labels, Optional<NDArray> target, int[] positions) {
    this(inputs, labels, target, positions, Optional.empty());
  }

  /**
   * Moves a batch to the device of a manager, which owns the arrays; valid as long as the batch.
   *
   * @param floats the type that floating-point inputs shall have
   */
  static BatchArrays of(Batch batch, SampleSet set, NumberType floats, NDManager manager) {
    return of(batch, set, floats, Optional.empty(), manager);
  }

  /**
   * Moves a batch to the device of a manager, which owns the arrays; valid as long as the batch.
   *
   * @param floats the type that floating-point inputs shall have
   * @param augmenter what makes input of raw images there, and leaves all others as they are
   * @throws IllegalStateException if the images are raw and nothing makes input of them
   */
  static BatchArrays of(
      Batch batch,
      SampleSet set,
      NumberType floats,
      Optional<ImageAugmenter> augmenter,
      NDManager manager) {
    requireRunnable(floats);
    NDList inputs = new NDList();
    if (batch.isRaw() && augmenter.isEmpty()) {
      throw new IllegalStateException("These images are raw, but nothing normalizes them.");
    }
    for (int i = 0; i < set.inputs().size(); i++) {
      InputTensor input = set.inputs().get(i);
      NDArray array = manager.create(batch.input(i), shape(batch, input), dataType(input.type()));
      if (batch.isRaw()) {
        array = augmenter.orElseThrow().apply(array, batch.epoch(), batch.places());
      }
      inputs.add(input.type().isFloat() ? array.toType(dataType(floats), false) : array);
    }
    Optional<NDArray> labels = Optional.empty();
    if (set.labelled()) {
      int[] narrow = batch.labels();
      long[] wide = new long[narrow.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = narrow[i];
      }
      labels = Optional.of(manager.create(wide));
    }
    Optional<NDArray> target =
        set.target().map(t -> manager.create(batch.target(), shape(batch, t), DataType.FLOAT32));
    return new BatchArrays(inputs, labels, target, batch.positions());
  }

  int size() {
    return positions.length;
  }

  /**
   * Some of the samples, on the device of a manager, which owns the arrays.
   *
   * @param from the first of them
   * @param to the one after the last
   */
  BatchArrays part(int from, int to, NDManager manager) {
    return new BatchArrays(
        new NDList(inputs.stream().map(array -> part(array, from, to, manager)).toList()),
        labels.map(array -> part(array, from, to, manager)),
        target.map(array -> part(array, from, to, manager)),
        Arrays.copyOfRange(positions, from, to),
        rows.map(array -> part(array, from, to, manager)));
  }

  /** The positions on the device of a manager, copied there if they are not there yet. */
  NDArray rows(NDManager manager) {
    return rows.orElseGet(() -> manager.create(Arrays.stream(positions).asLongStream().toArray()));
  }

  /** The rows {@code from..to-1} of an array, on the device of a manager, which owns them. */
  static NDArray part(NDArray array, int from, int to, NDManager manager) {
    NDArray there =
        array.get(new NDIndex().addSliceDim(from, to)).toDevice(manager.getDevice(), false);
    there.attach(manager);
    return there;
  }

  /**
   * Checks that the engine takes inputs of a type: arrays of BFLOAT16 end the process.
   *
   * @throws IllegalArgumentException in one sentence, if it does not
   */
  static void requireRunnable(NumberType floats) {
    if (floats == NumberType.BFLOAT16) {
      throw new IllegalArgumentException(
          "The module takes bfloat16 inputs, which the PyTorch engine cannot get from Java; save it"
              + " as float32 or float16 and give that.");
    }
  }

  /** DJL's name of a number type. */
  static DataType dataType(NumberType type) {
    return type == NumberType.BOOL ? DataType.BOOLEAN : DataType.valueOf(type.name());
  }

  private static Shape shape(Batch batch, InputTensor input) {
    long[] shape = new long[input.shape().size() + 1];
    shape[0] = batch.size();
    for (int i = 1; i < shape.length; i++) {
      shape[i] = input.shape().get(i - 1);
    }
    return new Shape(shape);
  }
}
