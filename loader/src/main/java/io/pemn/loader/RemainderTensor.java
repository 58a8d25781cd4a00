package io.pemn.loader;

import io.pemn.format.NumberType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A tensor that is stored as it is: a bias, a scale, shift or running statistic of a normalisation
 * layer, or whatever else a module holds.
 *
 * @param name such as {@code stem.norm.running_mean}
 * @param shape its dimensions, row-major; none for a single number
 * @param type of its numbers
 * @param data as many numbers as the shape says, little-endian, from position to limit; read-only
 */
public record RemainderTensor(String name, List<Integer> shape, NumberType type, ByteBuffer data) {
  /**
   * Copies the shape, and takes a view of the data, which nobody may write to afterwards.
   *
   * @throws IllegalArgumentException in one sentence, if shape and data do not fit
   */
  public RemainderTensor {
    shape = List.copyOf(shape);
    data = data.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    long bytes = type.bytes();
    for (int dimension : shape) {
      bytes = Math.multiplyExact(bytes, dimension);
    }
    if (bytes != data.remaining()) {
      throw new IllegalArgumentException(
          "The tensor "
              + name
              + " of shape "
              + shape
              + " needs "
              + bytes
              + " bytes of "
              + type
              + ", not "
              + data.remaining()
              + ".");
    }
  }

  /** A float32 tensor; the values are copied. */
  public RemainderTensor(String name, List<Integer> shape, float[] values) {
    this(name, shape, NumberType.FLOAT32, littleEndian(values));
  }

  /** Number of its numbers. */
  public int size() {
    return data.capacity() / type.bytes();
  }

  /** A view of the data, with a position of its own, little-endian. */
  @Override
  public ByteBuffer data() {
    return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A copy of the numbers of a float32 tensor.
   *
   * @throws IllegalStateException if it has another type
   */
  public float[] values() {
    if (type != NumberType.FLOAT32) {
      throw new IllegalStateException(name + " has numbers of type " + type + ", not FLOAT32.");
    }
    float[] values = new float[size()];
    data().asFloatBuffer().get(values);
    return values;
  }

  private static ByteBuffer littleEndian(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }
}
