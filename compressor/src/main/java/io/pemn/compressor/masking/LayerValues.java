package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.IntBuffer;

/**
 * A layer's prototype values, which stay the same while masks are trained: a bit a weight where the
 * prototype is of signed constants and loops are to read it, else an array of the engine.
 */
sealed interface LayerValues {

  /**
   * Reads some of them; for several threads at once.
   *
   * @param from the first of them
   * @param into gets their float32 bits from 0 to {@code count - 1}
   */
  void read(int from, int[] into, int count);

  /**
   * All of them as an array of the layer's shape.
   *
   * @param scratch owns what has to be made for it
   */
  NDArray array(NDManager scratch);

  /**
   * Takes values over for loops.
   *
   * @param values all of a layer
   * @param shape of the layer
   * @param manager owns what is kept of them in the engine's memory, on the CPU
   */
  static LayerValues of(StreamedValues values, Shape shape, NDManager manager) {
    int[] negative = new int[(values.size() + Integer.SIZE - 1) / Integer.SIZE];
    float[] chunk = new float[Math.min(StreamedValues.CHUNK, values.size())];
    StreamedValues.Cursor cursor = values.cursor();
    int magnitude = -1;
    for (int done = 0; done < values.size(); done += chunk.length) {
      int count = Math.min(chunk.length, values.size() - done);
      cursor.next(chunk, count);
      for (int i = 0; i < count; i++) {
        int bits = Float.floatToRawIntBits(chunk[i]);
        if (magnitude == -1) {
          magnitude = bits & Integer.MAX_VALUE;
        } else if ((bits & Integer.MAX_VALUE) != magnitude) {
          return array(values, shape, manager);
        }
        int place = done + i;
        negative[place >>> 5] |= (bits >>> 31) << place;
      }
    }
    return new Signs(shape, magnitude, negative);
  }

  /**
   * Takes values over as an array.
   *
   * @param values all of a layer
   * @param shape of the layer
   * @param manager owns the array
   */
  static LayerValues array(StreamedValues values, Shape shape, NDManager manager) {
    return new Whole(values.create(manager, shape));
  }

  /** Values of one magnitude: a bit of each says whether it is negative. */
  final class Signs implements LayerValues {
    private final Shape shape;
    private final int magnitude;
    private final int[] negative;

    private Signs(Shape shape, int magnitude, int[] negative) {
      this.shape = shape;
      this.magnitude = magnitude;
      this.negative = negative;
    }

    @Override
    public void read(int from, int[] into, int count) {
      for (int i = 0; i < count; i++) {
        int place = from + i;
        into[i] = magnitude | negative[place >>> 5] >>> place << 31;
      }
    }

    @Override
    public NDArray array(NDManager scratch) {
      NDArray array = scratch.zeros(shape);
      IntBuffer bits = EngineMemory.bits(array);
      EngineMemory.run(
          bits.limit(),
          (begin, end) -> {
            int[] chunk = new int[Math.min(EngineMemory.CHUNK, end - begin)];
            for (int from = begin; from < end; from += chunk.length) {
              int count = Math.min(chunk.length, end - from);
              read(from, chunk, count);
              bits.put(from, chunk, 0, count);
            }
          });
      return array;
    }
  }

  /** Any values. */
  final class Whole implements LayerValues {
    private final NDArray values;

    private Whole(NDArray values) {
      this.values = values;
    }

    @Override
    public void read(int from, int[] into, int count) {
      EngineMemory.bits(values).get(from, into, 0, count);
    }

    @Override
    public NDArray array(NDManager scratch) {
      return values;
    }
  }
}
