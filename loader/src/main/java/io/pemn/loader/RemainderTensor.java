package io.pemn.loader;

import io.pemn.format.NumberType;
import io.pemn.format.storage.CodedFloats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A tensor that no mask replaces: a bias, a scale, shift or running statistic of a normalisation
 * layer, or whatever else a module holds.
 *
 * @param name such as {@code stem.norm.running_mean}
 * @param shape its dimensions, row-major; none for a single number
 * @param type of its numbers
 * @param scale what the numbers of an INT8 tensor are multiplied with, if they stand for float32
 *     ones; 0 for all other tensors
 * @param data as many numbers as the shape says, little-endian, from position to limit; read-only
 * @since 0.1
 */
public record RemainderTensor(
    String name, List<Integer> shape, NumberType type, float scale, ByteBuffer data) {
  /**
   * Copies the shape, and takes a view of the data, which nobody may write to afterwards.
   *
   * @param name of the tensor
   * @param shape its dimensions
   * @param type of its numbers
   * @param scale of INT8 numbers that stand for float32 ones, else 0
   * @param data the numbers, from position to limit
   * @throws IllegalArgumentException in one sentence, if shape and data do not fit, or the type can
   *     have no such scale
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
    if (scale != 0 && (type != NumberType.INT8 || !CodedFloats.isScale(scale))) {
      throw new IllegalArgumentException(
          "The tensor "
              + name
              + " of type "
              + type
              + " has the scale "
              + scale
              + ", but only INT8 numbers have one, which is greater than 0 and finite.");
    }
  }

  /**
   * A tensor without a scale; see the canonical constructor.
   *
   * @param name of the tensor
   * @param shape its dimensions
   * @param type of its numbers
   * @param data the numbers, little-endian, from position to limit
   * @throws IllegalArgumentException in one sentence, if shape and data do not fit
   */
  public RemainderTensor(String name, List<Integer> shape, NumberType type, ByteBuffer data) {
    this(name, shape, type, 0, data);
  }

  /**
   * A float32 tensor.
   *
   * @param name of the tensor
   * @param shape its dimensions
   * @param values row-major, as many as the shape says; copied
   * @throws IllegalArgumentException in one sentence, if they are more or fewer
   */
  public RemainderTensor(String name, List<Integer> shape, float[] values) {
    this(name, shape, NumberType.FLOAT32, ByteBuffer.wrap(NumberType.FLOAT32.encode(values)));
  }

  /** {@return how many numbers it has} */
  public int size() {
    return data.capacity() / type.bytes();
  }

  /**
   * The numbers as they are stored.
   *
   * @return a read-only view, with a position of its own, little-endian
   */
  @Override
  public ByteBuffer data() {
    return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Whether the numbers are float32 ones, or stand for some: as FLOAT16, BFLOAT16, or INT8 with a
   * scale.
   *
   * @return whether {@link #values} has something to give
   */
  public boolean isFloats() {
    return CodedFloats.isFloats(type, scale);
  }

  /**
   * The float32 numbers that are stored, or that the stored ones stand for.
   *
   * @return {@link #size} numbers, row-major
   * @throws IllegalStateException if they are none; see {@link #isFloats}
   */
  public float[] values() {
    if (!isFloats()) {
      throw new IllegalStateException(
          name + " has numbers of type " + type + ", which stand for no float32 ones.");
    }
    return CodedFloats.decode(type, scale, data);
  }
}
