package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
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
            section, 2L * Float.BYTES * stored + OVERHEAD, ArchiveSection.CODED_PROTOTYPE);
    CodedPrototype message =
        CanonicalMessage.parse(
            CodedPrototype.parser(),
            content,
            ArchiveSection.CODED_PROTOTYPE,
            "the coded prototype");
    float[] numbers = new float[message.getNumbers().size() / Float.BYTES];
    joined(Float.BYTES, message.getNumbers().asReadOnlyByteBuffer()).asFloatBuffer().get(numbers);
    FiniteFloats.check(numbers, ArchiveSection.CODED_PROTOTYPE, "coded prototype");
    boolean indexed = !message.getIndices().isEmpty();
    if (numbers.length > stored || !indexed && numbers.length < stored) {
      throw corrupt(
          numbers.length + " numbers",
          (indexed ? "at most " : "exactly ") + stored + ", one for each value that is used");
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
      throw corrupt(
          "indices of " + planes.remaining() + " bytes",
          (long) width * stored + ", " + width + " for each of its " + stored + " values");
    }
    ByteBuffer narrow = joined(width, planes);
    ByteBuffer indices = ByteBuffer.allocate(stored * Integer.BYTES);
    for (int i = 0; i < stored; i++) {
      int index = 0;
      for (int b = width - 1; b >= 0; b--) {
        index = index << Byte.SIZE | narrow.get(i * width + b) & 0xFF;
      }
      if (Integer.compareUnsigned(index, numbers) >= 0) {
        throw corrupt(
            "the index " + Integer.toUnsignedString(index),
            "less than its " + numbers + " numbers");
      }
      indices.putInt(index);
    }
    return indices;
  }

  private static PemnFormatException corrupt(String found, String expected) {
    return new PemnFormatException.Corrupt(
        Finding.of(ArchiveSection.CODED_PROTOTYPE, found, expected),
        "The archive's coded prototype has {found}, but {expected} are possible; it was written by"
            + " a faulty tool.");
  }

  private static ByteBuffer joined(int width, ByteBuffer planes) throws PemnFormatException {
    if (planes.remaining() % width != 0) {
      throw corrupt(planes.remaining() + " bytes of numbers", "a multiple of " + width);
    }
    ByteBuffer numbers = ByteBuffer.allocate(planes.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    BytePlanes.join(planes, List.of(new BytePlanes.Numbers(width, numbers)));
    return numbers;
  }
}
