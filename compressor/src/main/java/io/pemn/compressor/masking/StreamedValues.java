package io.pemn.compressor.masking;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.function.Supplier;

/**
 * The float32 numbers of a layer, row-major, wherever they are: on the heap, in the engine's
 * memory, in a file, or in none until they are asked for. They are read a chunk at a time, so that
 * whoever moves them from one place to another needs no copy of the layer on the way.
 */
public interface StreamedValues {
  /** Most numbers that are moved at once; 256 KiB. */
  int CHUNK = 1 << 16;

  /** How many numbers there are. */
  int size();

  /** Begins to read at the first. */
  Cursor cursor();

  /** Reads on from where it is. */
  @FunctionalInterface
  interface Cursor {
    /**
     * Reads the next numbers.
     *
     * @param target gets them, from its first element on
     * @param count how many, at least 1; no more than are left, and at most {@link #CHUNK}
     * @throws java.io.UncheckedIOException in one sentence, if they are in a file that cannot be
     *     read
     */
    void next(float[] target, int count);
  }

  /** Takes the numbers of a layer, chunk by chunk. */
  @FunctionalInterface
  interface Chunks<E extends Exception> {
    /**
     * Takes the next chunk.
     *
     * @param chunk the numbers, from its first element on; another chunk's at the next call
     * @param count how many
     */
    void take(float[] chunk, int count) throws E;
  }

  /** Hands out all numbers, in their order. */
  default <E extends Exception> void forEachChunk(Chunks<E> chunks) throws E {
    float[] chunk = new float[Math.min(CHUNK, size())];
    Cursor cursor = cursor();
    for (int done = 0; done < size(); ) {
      int count = Math.min(chunk.length, size() - done);
      cursor.next(chunk, count);
      chunks.take(chunk, count);
      done += count;
    }
  }

  /** All numbers in an array of their own. */
  default float[] toArray() {
    FloatBuffer values = FloatBuffer.allocate(size());
    forEachChunk((chunk, count) -> values.put(chunk, 0, count));
    return values.array();
  }

  /**
   * All numbers in an array of the engine.
   *
   * @param manager owns it and says on which device it is
   * @param shape of as many elements
   */
  default NDArray create(NDManager manager, Shape shape) {
    if (!manager.getDevice().isGpu()) {
      NDArray array = manager.create(shape, DataType.FLOAT32);
      FloatBuffer target = array.toByteBuffer(true).asFloatBuffer();
      forEachChunk((chunk, count) -> target.put(chunk, 0, count));
      return array;
    }
    try (NDManager host = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray array = create(host, shape).toDevice(manager.getDevice(), true);
      array.attach(manager);
      return array;
    }
  }

  /** Numbers that are computed each time they are read. */
  static StreamedValues computed(int size, Supplier<Cursor> cursors) {
    return new StreamedValues() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public Cursor cursor() {
        return cursors.get();
      }
    };
  }

  /**
   * Numbers on the heap.
   *
   * @param values not copied
   */
  static StreamedValues of(float[] values) {
    return computed(
        values.length,
        () -> {
          FloatBuffer left = FloatBuffer.wrap(values);
          return (target, count) -> left.get(target, 0, count);
        });
  }

  /**
   * Numbers that the engine keeps.
   *
   * @param array float32; not copied, and open for as long as it is read
   */
  static StreamedValues of(NDArray array) {
    return computed(
        Math.toIntExact(array.size()),
        () -> array.getDevice().isGpu() ? slices(array) : view(array));
  }

  /** Of an array whose elements are in another order, the engine makes a copy. */
  private static Cursor view(NDArray array) {
    FloatBuffer left = array.toByteBuffer(true).asFloatBuffer();
    return (target, count) -> left.get(target, 0, count);
  }

  /** A copy of a piece at a time. */
  private static Cursor slices(NDArray array) {
    long[] done = {0};
    return (target, count) -> {
      // Reading makes a copy on the host that belongs to the manager of what is read.
      try (NDManager scratch = array.getManager().newSubManager();
          NDArray flat = array.flatten()) {
        flat.attach(scratch);
        NDArray slice = flat.get(done[0] + ":" + (done[0] + count));
        System.arraycopy(slice.toFloatArray(), 0, target, 0, count);
      }
      done[0] += count;
    };
  }
}
