package io.pemn.compressor.data;

import io.pemn.format.network.InputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The memory of one batch, filled again and again. */
final class BatchBuffer {
  private static final int[] NO_LABELS = {};

  /** Some tensor of all samples, and how many bytes one sample takes. */
  private record Tensor(ByteBuffer bytes, FloatBuffer floats, int stride) {
    static Tensor of(int capacity, InputTensor tensor) {
      int stride = Math.toIntExact(tensor.bytes());
      ByteBuffer bytes =
          ByteBuffer.allocateDirect(Math.multiplyExact(capacity, stride))
              .order(ByteOrder.nativeOrder());
      return new Tensor(bytes, bytes.asFloatBuffer(), stride);
    }

    void put(int index, float[] values) {
      floats.put(index * (stride / Float.BYTES), values, 0, stride / Float.BYTES);
    }

    void put(int index, ByteBuffer values) {
      bytes.put(index * stride, values, values.position(), stride);
    }

    ByteBuffer view(int size) {
      return bytes.slice(0, size * stride).order(ByteOrder.nativeOrder());
    }
  }

  private final List<Tensor> inputs;
  private final Optional<Tensor> target;
  private final boolean labelled;
  private final int[] labels;
  private final int[] positions;
  private final int[] places;
  private int epoch;
  private boolean raw;
  private int size;

  /** Takes the memory for {@code capacity} samples as those of a set are. */
  BatchBuffer(int capacity, SampleSet set) {
    this.inputs = set.inputs().stream().map(input -> Tensor.of(capacity, input)).toList();
    this.target = set.target().map(tensor -> Tensor.of(capacity, tensor));
    this.labelled = set.labelled();
    this.labels = labelled ? new int[capacity] : NO_LABELS;
    this.positions = new int[capacity];
    this.places = new int[capacity];
  }

  /** Forgets the samples; the next one added is the first again. */
  void clear() {
    size = 0;
  }

  /**
   * Says what the samples are.
   *
   * @param number of their epoch
   * @param pixels whether they are images that are not normalized
   */
  void describe(int number, boolean pixels) {
    epoch = number;
    raw = pixels;
  }

  /**
   * Appends an image.
   *
   * @param image its floats, CHW
   * @param position which image of the set it is
   * @param place where in the epoch it comes
   */
  void add(float[] image, ImageSet set, int position, int place) {
    inputs.get(0).put(size, image);
    finish(set, position, place);
  }

  /** Appends the sample of a set at a position, as it is. */
  void add(TensorSet set, int position, int place) {
    for (int input = 0; input < inputs.size(); input++) {
      inputs.get(input).put(size, set.input(input, position));
    }
    target.ifPresent(tensor -> tensor.put(size, set.target(position)));
    finish(set, position, place);
  }

  private void finish(SampleSet set, int position, int place) {
    if (labelled) {
      labels[size] = set.label(position);
    }
    positions[size] = position;
    places[size] = place;
    size++;
  }

  int size() {
    return size;
  }

  int inputs() {
    return inputs.size();
  }

  /** Returns the memory of exactly the samples there are. */
  ByteBuffer input(int index) {
    return inputs.get(index).view(size);
  }

  /** Returns the memory of exactly the targets there are. */
  Optional<ByteBuffer> target() {
    return target.map(tensor -> tensor.view(size));
  }

  /** Returns a copy of the labels there are. */
  int[] labels() {
    return labelled ? Arrays.copyOf(labels, size) : NO_LABELS;
  }

  /** Returns a copy of the positions there are. */
  int[] positions() {
    return Arrays.copyOf(positions, size);
  }

  /** Returns a copy of the places there are. */
  int[] places() {
    return Arrays.copyOf(places, size);
  }

  int epoch() {
    return epoch;
  }

  boolean isRaw() {
    return raw;
  }
}
