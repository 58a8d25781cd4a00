package io.pemn.compressor.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.data.TensorSet;
import io.pemn.format.network.InputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * All samples of a set in the memory of a device: pixels as bytes, tensors in their own type,
 * labels as int64, targets as float32.
 */
final class ResidentSamples implements AutoCloseable {
  /** Samples are copied in pieces of at most so many bytes, or one by one. */
  private static final int PIECE = 1 << 26;

  private final NDManager manager;
  private final List<NDArray> inputs = new ArrayList<>();
  private final Optional<NDArray> labels;
  private final Optional<NDArray> target;

  /**
   * Copies a set to the device of a manager.
   *
   * @param parent outlives this
   * @throws ai.djl.engine.EngineException if the device has not enough memory
   */
  ResidentSamples(SampleSet set, NDManager parent) {
    this.manager = parent.newSubManager();
    try {
      for (int i = 0; i < set.inputs().size(); i++) {
        int input = i;
        inputs.add(
            set instanceof ImageSet images
                ? copied(
                    images.size(),
                    new InputBytes(images.inputs().get(0).shape(), DataType.UINT8, 1),
                    (sample, bytes) -> bytes.put(images.pixels(sample)))
                : copied(
                    set.size(),
                    InputBytes.of(set.inputs().get(input)),
                    (sample, bytes) -> bytes.put(((TensorSet) set).input(input, sample))));
      }
      this.labels = set.labelled() ? Optional.of(labels(set)) : Optional.empty();
      this.target =
          set.target()
              .map(
                  tensor ->
                      copied(
                          set.size(),
                          InputBytes.of(tensor),
                          (sample, bytes) -> bytes.put(((TensorSet) set).target(sample))));
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** How one sample of a tensor is held. */
  private record InputBytes(List<Integer> shape, DataType type, int bytesPerNumber) {
    static InputBytes of(InputTensor tensor) {
      DataType type = BatchArrays.dataType(tensor.type());
      return new InputBytes(tensor.shape(), type, (int) (tensor.bytes() / tensor.elements()));
    }

    long bytes() {
      return shape.stream().mapToLong(Integer::longValue).reduce(bytesPerNumber, (a, b) -> a * b);
    }

    Shape of(long samples) {
      long[] all = new long[shape.size() + 1];
      all[0] = samples;
      for (int i = 1; i < all.length; i++) {
        all[i] = shape.get(i - 1);
      }
      return new Shape(all);
    }
  }

  /** How many bytes the samples of a set take on a device. */
  static long bytes(SampleSet set) {
    long each = 0;
    if (set instanceof ImageSet images) {
      each += images.pixelsPerImage();
    } else {
      for (InputTensor input : set.inputs()) {
        each += input.bytes();
      }
    }
    each += set.target().map(InputTensor::bytes).orElse(0L);
    each += set.labelled() ? Long.BYTES : 0;
    return set.size() * each;
  }

  private NDArray copied(int samples, InputBytes tensor, BiConsumer<Integer, ByteBuffer> add) {
    int each = Math.toIntExact(tensor.bytes());
    int piece = Math.max(1, Math.min(samples, PIECE / each));
    NDArray all = manager.create(tensor.of(samples), tensor.type());
    for (int from = 0; from < samples; from += piece) {
      int to = Math.min(samples, from + piece);
      // Not one buffer for all pieces: on a CPU an array is the buffer it was made of.
      ByteBuffer bytes =
          ByteBuffer.allocateDirect((to - from) * each).order(ByteOrder.nativeOrder());
      for (int sample = from; sample < to; sample++) {
        add.accept(sample, bytes);
      }
      try (NDArray part = manager.create(bytes.flip(), tensor.of(to - from), tensor.type())) {
        all.set(new NDIndex().addSliceDim(from, to), part);
      }
    }
    return all;
  }

  private NDArray labels(SampleSet set) {
    long[] labels = new long[set.size()];
    for (int sample = 0; sample < labels.length; sample++) {
      labels[sample] = set.label(sample);
    }
    return manager.create(labels);
  }

  NDManager manager() {
    return manager;
  }

  /**
   * Some samples of an input.
   *
   * @param rows which, int64 of shape (batch), on the device
   * @param owner owns what is given, of shape (batch, ...): pixels as uint8
   */
  NDArray input(int input, NDArray rows, NDManager owner) {
    return some(inputs.get(input), rows, owner);
  }

  /** The labels of some samples, int64 of shape (batch), if they are labelled. */
  Optional<NDArray> labels(NDArray rows, NDManager owner) {
    return labels.map(all -> some(all, rows, owner));
  }

  /** The targets of some samples, float32 of shape (batch, ...), if they have any. */
  Optional<NDArray> target(NDArray rows, NDManager owner) {
    return target.map(all -> some(all, rows, owner));
  }

  private static NDArray some(NDArray all, NDArray rows, NDManager owner) {
    return all.get(owner, new NDIndex("{}", rows));
  }

  /** Frees the memory. */
  @Override
  public void close() {
    manager.close();
  }
}
