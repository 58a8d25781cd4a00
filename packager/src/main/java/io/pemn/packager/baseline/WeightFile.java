package io.pemn.packager.baseline;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Float16;
import io.pemn.format.NumberType;
import io.pemn.format.storage.BytePlanes;
import io.pemn.format.storage.ZstdFrame;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The weights of a network as one would ship them without masks, in the least that a reader needs:
 *
 * <pre>
 *   content  = format (1 byte), number of tensors (4 bytes), headers, numbers
 *   header   = kind (0 weights, 1 floats, 2 numbers as they are), type (1 byte, if kind is 2),
 *              rank (1 byte), dimensions (4 bytes each)
 *   numbers  = tensor after tensor, little-endian, as {@link WeightFormat} says; of floats first the
 *              lowest bytes of all in a row, then the next ones, which zstd makes more of
 *   packed   = length of the content (4 bytes), one zstd frame of level 19
 * </pre>
 *
 * <p>Tensors have neither names nor digests: a reader has to know the network. That makes these
 * files a little smaller than what is usually shipped.
 */
public final class WeightFile {
  private static final int INT8_MAX = 127;
  private static final int INT4_MAX = 7;

  /** Scales that are tried for a channel: from 1 down to 1/2 of the greatest, in equal steps. */
  private static final int INT4_SCALES = 21;

  private WeightFile() {}

  /** The content of a file, not compressed. */
  public static byte[] encode(List<PlainTensor> tensors, WeightFormat format) {
    ByteOutput out = new ByteOutput();
    out.put(1, format.ordinal());
    out.put(4, tensors.size());
    for (PlainTensor tensor : tensors) {
      putHeader(tensor, out);
    }
    for (PlainTensor tensor : tensors) {
      if (tensor instanceof PlainTensor.Weights weights) {
        putWeights(weights, format, out);
      } else if (tensor instanceof PlainTensor.Floats floats) {
        putFloats(floats.values(), floatType(format), out);
      } else if (tensor instanceof PlainTensor.Numbers numbers) {
        out.put(numbers.data());
      }
    }
    return out.toBytes();
  }

  /** The bytes of a whole file: what {@link #encode} gives, compressed. */
  public static byte[] pack(List<PlainTensor> tensors, WeightFormat format) {
    return packed(encode(tensors, format));
  }

  /** The bytes of a whole file of a given content. */
  public static byte[] packed(byte[] content) {
    ByteOutput out = new ByteOutput();
    out.put(4, content.length);
    out.put(ZstdFrame.compress(content));
    return out.toBytes();
  }

  /**
   * Reads a file.
   *
   * @param file what {@link #pack} gave
   * @return the tensors with the values that the file holds, rounded as its format rounds them
   * @throws IOException in one sentence, if it is no such file
   */
  public static List<PlainTensor> unpack(byte[] file) throws IOException {
    if (file.length < 4) {
      throw damaged(null);
    }
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int length = in.getInt();
    return decode(ZstdFrame.decompress(in.slice(), length, ArchiveSection.FILE));
  }

  /**
   * Reads the content of a file.
   *
   * @param content what {@link #encode} gave
   * @return the tensors with the values that the file holds, rounded as its format rounds them
   * @throws IOException in one sentence, if it is no such content
   */
  public static List<PlainTensor> decode(byte[] content) throws IOException {
    try {
      ByteBuffer in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
      WeightFormat format = WeightFormat.values()[in.get()];
      Header[] headers = new Header[Math.min(in.getInt(), content.length)];
      for (int i = 0; i < headers.length; i++) {
        headers[i] = Header.read(in);
      }
      List<PlainTensor> tensors = new ArrayList<>();
      for (Header header : headers) {
        int size = PlainTensor.size(header.shape());
        if (size > 2L * in.remaining() && format != WeightFormat.CSR) {
          throw new BufferUnderflowException();
        }
        tensors.add(
            switch (header.kind()) {
              case 0 -> new PlainTensor.Weights(header.shape(), weights(header, format, in));
              case 1 -> new PlainTensor.Floats(header.shape(), floats(floatType(format), size, in));
              default -> {
                byte[] data = new byte[Math.multiplyExact(size, header.type().bytes())];
                in.get(data);
                yield new PlainTensor.Numbers(header.shape(), header.type(), data);
              }
            });
      }
      if (in.hasRemaining()) {
        throw new BufferUnderflowException();
      }
      return tensors;
    } catch (BufferUnderflowException
        | ArithmeticException
        | IllegalArgumentException
        | IndexOutOfBoundsException e) {
      throw damaged(e);
    }
  }

  private static IOException damaged(RuntimeException cause) {
    return new IOException("This is no whole file of weights; write it again.", cause);
  }

  private record Header(int kind, NumberType type, List<Integer> shape) {
    static Header read(ByteBuffer in) {
      int kind = in.get();
      NumberType type = kind == 2 ? NumberType.values()[in.get()] : NumberType.FLOAT32;
      int rank = in.get();
      List<Integer> shape = new ArrayList<>();
      for (int i = 0; i < rank; i++) {
        int dimension = in.getInt();
        if (dimension < 0) {
          throw new IndexOutOfBoundsException(dimension);
        }
        shape.add(dimension);
      }
      return new Header(kind, type, shape);
    }
  }

  private static void putHeader(PlainTensor tensor, ByteOutput out) {
    if (tensor instanceof PlainTensor.Numbers numbers) {
      out.put(1, 2);
      out.put(1, numbers.type().ordinal());
    } else {
      out.put(1, tensor instanceof PlainTensor.Weights ? 0 : 1);
    }
    out.put(1, tensor.shape().size());
    tensor.shape().forEach(dimension -> out.put(4, dimension));
  }

  private static NumberType floatType(WeightFormat format) {
    return format == WeightFormat.FLOAT32 ? NumberType.FLOAT32 : NumberType.FLOAT16;
  }

  private static void putFloats(float[] values, NumberType type, ByteOutput out) {
    ByteBuffer numbers = ByteBuffer.wrap(type.encode(values));
    out.put(BytePlanes.split(List.of(new BytePlanes.Numbers(type.bytes(), numbers))));
  }

  private static float[] floats(NumberType type, int size, ByteBuffer in) {
    int bytes = Math.multiplyExact(size, type.bytes());
    ByteBuffer planes = in.slice(in.position(), bytes);
    in.position(in.position() + bytes);
    ByteBuffer numbers = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    BytePlanes.join(planes, List.of(new BytePlanes.Numbers(type.bytes(), numbers)));
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] =
          type == NumberType.FLOAT32
              ? numbers.getFloat(i * Float.BYTES)
              : Float16.toFloat(numbers.getShort(i * Short.BYTES));
    }
    return values;
  }

  private static void putWeights(PlainTensor.Weights weights, WeightFormat format, ByteOutput out) {
    float[] values = weights.values();
    switch (format) {
      case FLOAT32, FLOAT16 -> putFloats(values, floatType(format), out);
      case INT8 -> {
        float scale = greatest(values, 0, values.length) / INT8_MAX;
        out.put(4, Float.floatToRawIntBits(scale));
        for (float value : values) {
          out.put(1, quantized(value, scale, INT8_MAX));
        }
      }
      case INT4 -> putInt4(values, rows(weights.shape()), out);
      case CSR -> putCsr(values, rows(weights.shape()), out);
    }
  }

  private static float[] weights(Header header, WeightFormat format, ByteBuffer in) {
    int size = PlainTensor.size(header.shape());
    int rows = rows(header.shape());
    return switch (format) {
      case FLOAT32, FLOAT16 -> floats(floatType(format), size, in);
      case INT8 -> {
        float scale = in.getFloat();
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
          values[i] = in.get() * scale;
        }
        yield values;
      }
      case INT4 -> int4(size, rows, in);
      case CSR -> csr(size, rows, in);
    };
  }

  /** Output channels; a single number has one. */
  private static int rows(List<Integer> shape) {
    return shape.isEmpty() ? 1 : shape.get(0);
  }

  private static void putInt4(float[] values, int rows, ByteOutput out) {
    int columns = rows == 0 ? 0 : values.length / rows;
    float[] scales = new float[rows];
    for (int row = 0; row < rows; row++) {
      scales[row] = Float16.toFloat(int4Scale(values, row * columns, columns));
    }
    putFloats(scales, NumberType.FLOAT16, out);
    for (int i = 0; i < values.length; i += 2) {
      int low = quantized(values[i], scales[i / columns], INT4_MAX);
      int high =
          i + 1 == values.length
              ? 0
              : quantized(values[i + 1], scales[(i + 1) / columns], INT4_MAX);
      out.put(1, low & 0xF | (high & 0xF) << 4);
    }
  }

  private static float[] int4(int size, int rows, ByteBuffer in) {
    int columns = rows == 0 ? 0 : size / rows;
    float[] scales = floats(NumberType.FLOAT16, rows, in);
    float[] values = new float[size];
    for (int i = 0; i < size; i += 2) {
      int pair = in.get();
      values[i] = (pair << 28 >> 28) * scales[i / columns];
      if (i + 1 < size) {
        values[i + 1] = (pair >> 4) * scales[(i + 1) / columns];
      }
    }
    return values;
  }

  /** The float16 scale that leaves the least squared error. */
  private static short int4Scale(float[] values, int from, int count) {
    float greatest = greatest(values, from, from + count) / INT4_MAX;
    short best = Float16.fromFloat(greatest);
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < INT4_SCALES; i++) {
      short candidate = Float16.fromFloat(greatest * (1 - 0.5f * i / (INT4_SCALES - 1)));
      float scale = Float16.toFloat(candidate);
      double error = 0;
      for (int j = from; j < from + count; j++) {
        double difference = values[j] - quantized(values[j], scale, INT4_MAX) * scale;
        error += difference * difference;
      }
      if (error < least) {
        least = error;
        best = candidate;
      }
    }
    return best;
  }

  private static float greatest(float[] values, int from, int to) {
    float greatest = 0;
    for (int i = from; i < to; i++) {
      greatest = Math.max(greatest, Math.abs(values[i]));
    }
    return greatest;
  }

  private static int quantized(float value, float scale, int max) {
    return scale == 0 ? 0 : Math.max(-max, Math.min(max, Math.round(value / scale)));
  }

  private static void putCsr(float[] values, int rows, ByteOutput out) {
    int columns = rows == 0 ? 0 : values.length / rows;
    int kept = nonZero(values);
    out.put(4, kept);
    float[] keptValues = new float[kept];
    int next = 0;
    for (float value : values) {
      if (value != 0) {
        keptValues[next++] = value;
      }
    }
    putFloats(keptValues, NumberType.FLOAT16, out);
    for (int i = 0; i < values.length; i++) {
      if (values[i] != 0) {
        out.put(width(columns - 1), i % columns);
      }
    }
    int pointer = 0;
    out.put(width(kept), pointer);
    for (int row = 0; row < rows; row++) {
      pointer += nonZero(Arrays.copyOfRange(values, row * columns, (row + 1) * columns));
      out.put(width(kept), pointer);
    }
  }

  private static float[] csr(int size, int rows, ByteBuffer in) {
    int columns = rows == 0 ? 0 : size / rows;
    int kept = in.getInt();
    if (kept < 0 || kept > in.remaining()) {
      throw new BufferUnderflowException();
    }
    float[] kepts = floats(NumberType.FLOAT16, kept, in);
    int[] at = new int[kept];
    for (int i = 0; i < kept; i++) {
      at[i] = get(width(columns - 1), in);
    }
    float[] values = new float[size];
    int pointer = get(width(kept), in);
    for (int row = 0; row < rows; row++) {
      int end = get(width(kept), in);
      for (; pointer < end; pointer++) {
        values[row * columns + at[pointer]] = kepts[pointer];
      }
    }
    return values;
  }

  /** How many values are not 0. */
  public static int nonZero(float[] values) {
    int nonZero = 0;
    for (float value : values) {
      nonZero += value == 0 ? 0 : 1;
    }
    return nonZero;
  }

  /** Bytes of the narrowest unsigned integer of 1, 2 or 4 bytes that holds a number. */
  private static int width(int greatest) {
    return greatest < 1 << 8 ? 1 : greatest < 1 << 16 ? 2 : 4;
  }

  private static int get(int width, ByteBuffer in) {
    return switch (width) {
      case 1 -> Byte.toUnsignedInt(in.get());
      case 2 -> Short.toUnsignedInt(in.getShort());
      default -> in.getInt();
    };
  }
}
