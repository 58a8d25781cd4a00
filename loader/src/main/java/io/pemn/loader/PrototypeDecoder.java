package io.pemn.loader;

import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.CodedPrototype;
import io.pemn.format.storage.BytePlanes;
import io.pemn.format.storage.ZstdFrame;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Decodes the values of a prototype that nothing regenerates. */
final class PrototypeDecoder {
  /** Room for the tags and lengths of both fields. */
  private static final int OVERHEAD = 16;

  private PrototypeDecoder() {}

  /**
   * Decodes a section.
   *
   * @param section one zstd frame
   * @param used the values that it must have; all others are 0
   * @return as many values as {@code used} has positions
   */
  static float[] decode(ByteBuffer section, Mask used) throws PemnFormatException {
    int stored = used.kept();
    byte[] content =
        ZstdFrame.decompressUpTo(
            section, 2L * Float.BYTES * stored + OVERHEAD, "The prototype's values");
    CodedPrototype message =
        CanonicalMessage.parse(
            CodedPrototype.parser(), ByteBuffer.wrap(content), "the coded prototype");
    float[] numbers =
        RemainderDecoder.finite(
            joined(Float.BYTES, message.getNumbers().asReadOnlyByteBuffer()), "coded prototype");
    boolean indexed = !message.getIndices().isEmpty();
    if (numbers.length > stored || !indexed && numbers.length < stored) {
      throw new PemnFormatException.Corrupt(
          "The archive's coded prototype has "
              + numbers.length
              + " numbers for "
              + stored
              + " values; it was written by a faulty tool.");
    }
    ByteBuffer indices =
        indexed
            ? indices(message.getIndices().asReadOnlyByteBuffer(), numbers.length, stored)
            : ByteBuffer.allocate(0);
    float[] values = new float[used.size()];
    int at = 0;
    for (int i = 0; i < values.length; i++) {
      if (used.keeps(i)) {
        values[i] = numbers[indexed ? indices.getInt(at * Integer.BYTES) : at];
        at++;
      }
    }
    return values;
  }

  /** Indices as ints, every one of them of a number. */
  private static ByteBuffer indices(ByteBuffer planes, int numbers, int stored)
      throws PemnFormatException {
    int width = BytePlanes.indexWidth(numbers);
    if (planes.remaining() != (long) width * stored) {
      throw new PemnFormatException.Corrupt(
          "The archive's coded prototype has indices of "
              + planes.remaining()
              + " bytes, but its "
              + stored
              + " values need "
              + width
              + " each; it was written by a faulty tool.");
    }
    ByteBuffer narrow = joined(width, planes);
    ByteBuffer indices = ByteBuffer.allocate(stored * Integer.BYTES);
    for (int i = 0; i < stored; i++) {
      int index = 0;
      for (int b = width - 1; b >= 0; b--) {
        index = index << Byte.SIZE | narrow.get(i * width + b) & 0xFF;
      }
      if (Integer.compareUnsigned(index, numbers) >= 0) {
        throw new PemnFormatException.Corrupt(
            "The archive's coded prototype has the index "
                + Integer.toUnsignedString(index)
                + ", but only "
                + numbers
                + " numbers; it was written by a faulty tool.");
      }
      indices.putInt(index);
    }
    return indices;
  }

  private static ByteBuffer joined(int width, ByteBuffer planes) throws PemnFormatException {
    if (planes.remaining() % width != 0) {
      throw new PemnFormatException.Corrupt(
          "The archive's coded prototype has "
              + planes.remaining()
              + " bytes of numbers, which are no multiple of "
              + width
              + "; it was written by a faulty tool.");
    }
    ByteBuffer numbers = ByteBuffer.allocate(planes.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    BytePlanes.join(planes, List.of(new BytePlanes.Numbers(width, numbers)));
    return numbers;
  }
}
