package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Float32 numbers that are neither infinite nor NaN. Zeros of both signs and denormals are fine.
 */
final class FiniteFloats {
  private FiniteFloats() {}

  /**
   * Reads and checks.
   *
   * @param bytes of a section, little-endian, from position to limit, as many as floats need
   * @param name of the numbers, for messages
   * @throws PemnFormatException with an offset from the first of the bytes
   */
  static float[] read(ByteBuffer bytes, ArchiveSection section, String name)
      throws PemnFormatException {
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    int at = firstOther(values);
    if (at < values.length) {
      throw new PemnFormatException.Corrupt(
          finding(values[at], section).at((long) at * Float.BYTES), sentence(name));
    }
    return values;
  }

  /**
   * Checks numbers that stood compressed.
   *
   * @param name of the numbers, for messages
   */
  static void check(float[] values, ArchiveSection section, String name)
      throws PemnFormatException {
    int at = firstOther(values);
    if (at < values.length) {
      throw new PemnFormatException.Corrupt(finding(values[at], section), sentence(name));
    }
  }

  private static int firstOther(float[] values) {
    int at = 0;
    while (at < values.length && Float.isFinite(values[at])) {
      at++;
    }
    return at;
  }

  private static Finding finding(float found, ArchiveSection section) {
    return Finding.of(section, "the value " + found, "finite ones");
  }

  private static String sentence(String name) {
    return "The archive's "
        + name
        + " has {found}, but only {expected} make sense; it was written by a faulty tool.";
  }
}
