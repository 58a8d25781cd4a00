package io.pemn.packager.imports;

import io.pemn.format.BFloat16;
import io.pemn.format.Float16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Numbers of other floating-point types as float32, none of them changed. */
final class FloatNumbers {
  private FloatNumbers() {}

  /**
   * The numbers of a tensor.
   *
   * @param path the file, for messages
   * @param tensor what they are
   * @param bytes as many as the type and the shape say, little-endian, row-major
   * @throws ImportException if they are no floats, or one of them is no float32
   */
  static float[] of(Path path, StateTensor tensor, ByteBuffer bytes) throws IOException {
    if (!tensor.type().isFloat()) {
      throw new ImportException(
          path
              + ": "
              + tensor.text()
              + " has numbers of type "
              + tensor.type()
              + ", expected floating-point ones; convert it with .float() before saving.");
    }
    ByteBuffer numbers = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[numbers.remaining() / tensor.type().bytes()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (tensor.type()) {
            case FLOAT16 -> Float16.toFloat(numbers.getShort());
            case BFLOAT16 -> BFloat16.toFloat(numbers.getShort());
            case FLOAT64 -> narrowed(path, tensor, numbers.getDouble());
            default -> numbers.getFloat();
          };
    }
    return values;
  }

  /** A double as a float, if it is one: rounding could make two scores equal. */
  private static float narrowed(Path path, StateTensor tensor, double value)
      throws ImportException {
    float narrowed = (float) value;
    if (narrowed != value && !Double.isNaN(value)) {
      throw new ImportException(
          path
              + ": "
              + tensor.text()
              + " has the float64 number "
              + value
              + ", which float32 does not have, and networks here compute in float32; convert it"
              + " with .float() before saving, and measure its accuracy again.");
    }
    return narrowed;
  }
}
