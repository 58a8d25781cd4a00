package io.pemn.packager.tensors;

import static io.pemn.packager.tensors.PrintableName.quoted;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * A named tensor to be written: what it is, and how to produce its elements when its turn comes.
 *
 * <p>Elements are in C order (last dimension fastest) and little-endian. A list of entries made
 * from sources holds no elements at all, so that a network larger than the heap can be written.
 */
public final class TensorEntry {

  /** The most dimensions a tensor may have, which is NumPy's limit too. */
  public static final int MAX_DIMENSIONS = 64;

  private static final int CHUNK_BYTES = 1 << 16;

  private final String name;
  private final TensorType type;
  private final long[] shape;
  private final long byteLength;
  private final Elements elements;

  /** Produces a tensor's little-endian bytes. */
  @FunctionalInterface
  public interface Elements {
    /** Writes exactly {@link TensorEntry#byteLength()} bytes; called once each time it is saved. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** Produces a tensor's numbers when they are needed. */
  @FunctionalInterface
  public interface FloatSource {
    /** All elements, in C order; the caller does not change the array and drops it soon. */
    float[] floats() throws IOException;
  }

  private TensorEntry(String name, TensorType type, long[] shape, Elements elements) {
    this.name = Objects.requireNonNull(name, "name");
    this.type = Objects.requireNonNull(type, "type");
    this.shape = shape.clone();
    this.elements = Objects.requireNonNull(elements, "elements");
    if (shape.length > MAX_DIMENSIONS || Arrays.stream(shape).anyMatch(d -> d < 0)) {
      throw new IllegalArgumentException(
          String.format(
              "Tensor %s has the shape %s, expected at most %d dimensions and none negative.",
              quoted(name), Arrays.toString(shape), MAX_DIMENSIONS));
    }
    try {
      this.byteLength = type.bytes(shape);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          String.format(
              "Tensor %s has the shape %s, expected fewer than 2^63 bytes of %s.",
              quoted(name), Arrays.toString(shape), type),
          e);
    }
  }

  /**
   * A tensor whose bytes are produced by {@code elements}.
   *
   * @param shape dimensions, at most {@link #MAX_DIMENSIONS}, none negative; empty for a scalar
   * @throws IllegalArgumentException if the shape is out of that range or counts 2^63 bytes or more
   */
  public static TensorEntry of(String name, TensorType type, long[] shape, Elements elements) {
    return new TensorEntry(name, type, shape, elements);
  }

  /**
   * An F32 tensor held in memory.
   *
   * @param values as many as the shape counts, not copied: leave them alone until they are written
   * @throws IllegalArgumentException if there are more or fewer
   */
  public static TensorEntry floats(String name, long[] shape, float[] values) {
    Objects.requireNonNull(values, "values");
    TensorEntry entry = floats(name, shape, () -> values);
    entry.checkCount(values.length, 4);
    return entry;
  }

  /** An F32 tensor whose values are asked for when it is written. */
  public static TensorEntry floats(String name, long[] shape, FloatSource source) {
    Objects.requireNonNull(source, "source");
    return new TensorEntry(
        name, TensorType.F32, shape, out -> writeLittleEndian(source.floats(), out));
  }

  /**
   * A tensor of any type, held in memory as its little-endian bytes.
   *
   * @param values not copied: leave them alone until they are written
   * @throws IllegalArgumentException if there are more or fewer than the shape and type count
   */
  public static TensorEntry bytes(String name, TensorType type, long[] shape, byte[] values) {
    Objects.requireNonNull(values, "values");
    TensorEntry entry = new TensorEntry(name, type, shape, out -> out.write(values));
    entry.checkCount(values.length, 1);
    return entry;
  }

  /** Name, unique within a file; any text. */
  public String name() {
    return name;
  }

  /** Element type. */
  public TensorType type() {
    return type;
  }

  /** Dimensions, a copy; empty for a scalar. */
  public long[] shape() {
    return shape.clone();
  }

  /** Bytes of all elements. */
  public long byteLength() {
    return byteLength;
  }

  /**
   * Writes the elements.
   *
   * @throws IOException if the source produced more or fewer bytes than the shape counts, or what
   *     the source or {@code out} threw
   */
  public void writeTo(OutputStream out) throws IOException {
    ExactLength exact = new ExactLength(out);
    elements.writeTo(exact);
    if (exact.written != byteLength) {
      throw exact.mismatch(Long.toString(exact.written));
    }
  }

  private void checkCount(int count, int bytesEach) {
    if ((long) count * bytesEach != byteLength) {
      throw new IllegalArgumentException(
          String.format(
              "Tensor %s was given %d bytes, expected %d for %s of shape %s.",
              quoted(name), (long) count * bytesEach, byteLength, type, Arrays.toString(shape)));
    }
  }

  private static void writeLittleEndian(float[] values, OutputStream out) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int most = CHUNK_BYTES / Float.BYTES;
    for (int done = 0; done < values.length; ) {
      int count = Math.min(most, values.length - done);
      chunk.asFloatBuffer().put(values, done, count);
      out.write(chunk.array(), 0, count * Float.BYTES);
      done += count;
    }
  }

  /** Passes bytes on as long as the shape has room for them. */
  private final class ExactLength extends OutputStream {
    private final OutputStream out;
    private long written;

    ExactLength(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      count(1);
      out.write(b);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      count(length);
      out.write(source, offset, length);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    private void count(int length) throws IOException {
      if (length > byteLength - written) {
        throw mismatch("at least " + (written + length));
      }
      written += length;
    }

    private IOException mismatch(String found) {
      return new IOException(
          String.format(
              "Tensor %s produced %s bytes, expected %d for %s of shape %s.",
              quoted(name), found, byteLength, type, Arrays.toString(shape)));
    }
  }
}
