package io.pemn.format.storage;

import io.pemn.format.BFloat16;
import io.pemn.format.Float16;
import io.pemn.format.NumberType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * Float32 numbers as an archive stores them: in a type of at most their width, and for {@link
 * NumberType#INT8} with a scale (docs/format.md, "Remainder"). Going back is exact, but for the one
 * float32 multiplication with the scale.
 *
 * @param type FLOAT32, FLOAT16, BFLOAT16 or INT8
 * @param scale of INT8, greater than 0; 0 for the others
 * @param data the numbers, little-endian; not copied: treat them as read-only
 */
public record CodedFloats(NumberType type, float scale, byte[] data) {
  /** The greatest whole number that stands for a float, and minus it the smallest. */
  public static final int GREATEST = 127;

  /** A scale costs four bytes, so that fewer numbers are as small, and better, as BFLOAT16. */
  private static final int FEWEST_SCALED = 9;

  /** With fewer steps up to the median magnitude, a few large numbers cost all others too much. */
  private static final int FEWEST_STEPS = 10;

  /**
   * Codes numbers. Where the wanted type cannot have them all, because one is too large or no
   * number, the next wider one is taken. BFLOAT16 is taken for INT8 where a scale is not worth its
   * bytes, because all are the same number or there are few, and where most numbers are so much
   * smaller than the largest that too little of them would be left.
   *
   * @param values the numbers
   * @param coding the type that is wanted
   */
  public static CodedFloats of(float[] values, FloatCoding coding) {
    return switch (coding) {
      case INT8 -> scaled(values).orElseGet(() -> of(values, FloatCoding.BF16));
      case FP16 ->
          rounded(values, NumberType.FLOAT16).orElseGet(() -> of(values, FloatCoding.BF16));
      case BF16 ->
          rounded(values, NumberType.BFLOAT16).orElseGet(() -> of(values, FloatCoding.FP32));
      case FP32 -> new CodedFloats(NumberType.FLOAT32, 0, NumberType.FLOAT32.encode(values));
    };
  }

  private static Optional<CodedFloats> rounded(float[] values, NumberType type) {
    byte[] data = type.encode(values);
    for (float value : decode(type, 0, ByteBuffer.wrap(data))) {
      if (!Float.isFinite(value)) {
        return Optional.empty();
      }
    }
    return Optional.of(new CodedFloats(type, 0, data));
  }

  private static Optional<CodedFloats> scaled(float[] values) {
    float greatest = 0;
    boolean constant = true;
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return Optional.empty();
      }
      greatest = Math.max(greatest, Math.abs(value));
      constant = constant && value == values[0];
    }
    float scale = greatest / GREATEST;
    if (constant
        || values.length < FEWEST_SCALED
        || !isScale(scale)
        || medianMagnitude(values) < FEWEST_STEPS * scale) {
      return Optional.empty();
    }
    byte[] data = new byte[values.length];
    for (int i = 0; i < data.length; i++) {
      // A double has the quotient well enough to round it but once.
      long nearest = Math.round((double) values[i] / scale);
      data[i] = (byte) Math.max(-GREATEST, Math.min(GREATEST, nearest));
    }
    return Optional.of(new CodedFloats(NumberType.INT8, scale, data));
  }

  private static float medianMagnitude(float[] values) {
    float[] magnitudes = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      magnitudes[i] = Math.abs(values[i]);
    }
    Arrays.sort(magnitudes);
    return magnitudes[magnitudes.length / 2];
  }

  /** Whether INT8 numbers can have this scale: it is greater than 0, and every product finite. */
  public static boolean isScale(float scale) {
    return scale > 0 && Float.isFinite(GREATEST * scale);
  }

  /** The float32 numbers that are stored. */
  public float[] values() {
    return decode(type, scale, ByteBuffer.wrap(data));
  }

  /**
   * The float32 numbers that bytes store.
   *
   * @param type as {@link #type}
   * @param scale as {@link #scale}
   * @param data from position to limit
   * @throws IllegalArgumentException if numbers of the type are no float32 ones
   */
  public static float[] decode(NumberType type, float scale, ByteBuffer data) {
    if (!isFloats(type, scale)) {
      throw new IllegalArgumentException(
          "Numbers of type "
              + type
              + (type == NumberType.INT8 ? " without a scale" : "")
              + " do not stand for float32 ones.");
    }
    ByteBuffer numbers = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[numbers.remaining() / type.bytes()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case FLOAT16 -> Float16.toFloat(numbers.getShort());
            case BFLOAT16 -> BFloat16.toFloat(numbers.getShort());
            case INT8 -> numbers.get() * scale;
            default -> numbers.getFloat();
          };
    }
    return values;
  }

  /**
   * Whether there are two numbers or more, all of them the same to the bit.
   *
   * @param data numbers of any type, from position to limit
   */
  public static boolean isConstant(NumberType type, ByteBuffer data) {
    int width = type.bytes();
    int rest = data.remaining() - width;
    // Every byte is the one that stands a number before it.
    return rest > 0
        && data.slice(data.position(), rest).equals(data.slice(data.position() + width, rest));
  }

  /** Whether numbers of a type stand for float32 ones: those of INT8 do if they have a scale. */
  public static boolean isFloats(NumberType type, float scale) {
    return switch (type) {
      case FLOAT32, FLOAT16, BFLOAT16 -> true;
      case INT8 -> scale != 0;
      default -> false;
    };
  }
}
