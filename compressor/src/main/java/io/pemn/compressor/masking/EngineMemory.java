package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.stream.IntStream;

/**
 * Float32 arrays of the engine where they lie, on the CPU. Loops over them take a chunk at a time
 * through arrays on the heap that stay in a core's first cache: the compiler makes vector
 * instructions of loops over arrays, and of those over buffers it does not. No array as a whole is
 * copied.
 */
final class EngineMemory {
  /** Floats a chunk; five chunks fit a first cache of 32 KiB. */
  static final int CHUNK = 1024;

  /** Floats that one thread takes at least: some 0.1 ms of work. */
  static final int PIECE = 64 * CHUNK;

  private EngineMemory() {}

  /** A loop over the elements {@code from..to-1} of arrays, which starts at a chunk. */
  @FunctionalInterface
  interface Loop {
    void run(int from, int to);
  }

  /**
   * Whether loops can read and write an array: it is on the CPU, float32, below 2 GiB, and its
   * elements lie in their order.
   */
  static boolean holds(NDArray array) {
    if (array.getDevice().isGpu()
        || array.getDataType() != DataType.FLOAT32
        || array.isEmpty()
        || array.size() > Integer.MAX_VALUE / Float.BYTES) {
      return false;
    }
    // Of an array in another order the engine gives a copy each time, and does not say so.
    ByteBuffer once = array.toByteBuffer(true);
    ByteBuffer again = array.toByteBuffer(true);
    byte before = once.get(0);
    once.put(0, (byte) ~before);
    boolean same = again.get(0) != before;
    once.put(0, before);
    return same;
  }

  /** The floats of an array that {@link #holds} is true of; of another a copy. */
  static FloatBuffer floats(NDArray array) {
    return array.toByteBuffer(true).asFloatBuffer();
  }

  /** The bits of the floats of an array that {@link #holds} is true of; of another a copy. */
  static IntBuffer bits(NDArray array) {
    return array.toByteBuffer(true).asIntBuffer();
  }

  /** Runs a loop over so many elements, on as many threads as the JVM's common pool has. */
  static void run(int size, Loop loop) {
    int pieces = pieces(size);
    if (pieces == 1) {
      loop.run(0, size);
      return;
    }
    IntStream.range(0, pieces)
        .parallel()
        .forEach(piece -> loop.run(piece * PIECE, (int) Math.min(size, (piece + 1L) * PIECE)));
  }

  /** How many pieces {@link #run} makes of so many elements. */
  static int pieces(int size) {
    return (int) ((size + (long) PIECE - 1) / PIECE);
  }
}
