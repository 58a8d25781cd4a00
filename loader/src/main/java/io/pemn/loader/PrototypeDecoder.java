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
        CanonicalMessage.parseContent(
            CodedPrototype.parser(),
            ByteBuffer.wrap(content),
            ArchiveSection.CODED_PROTOTYPE,
            "the coded prototype");
    boolean indexed = !message.getIndices().isEmpty();
    int count = message.getNumbers().size() / Float.BYTES;
    if (count > stored || !indexed && count < stored) {
      throw corrupt(
          count + " numbers",
          (indexed ? "at most " : "exactly ") + stored + ", one for each value that is used");
    }
    float[] numbers = new float[count];
    joined(Float.BYTES, message.getNumbers().asReadOnlyByteBuffer()).asFloatBuffer().get(numbers);
    FiniteFloats.check(numbers, ArchiveSection.CODED_PROTOTYPE, "coded prototype");
    if (indexed) {
      numbers = chosen(numbers, message.getIndices().asReadOnlyByteBuffer(), stored);
    }
    float[] values = new float[used.size()];
    int at = 0;
    for (int i = 0; i < values.length; i++) {
      if (used.keeps(i)) {
        values[i] = numbers[at++];
      }
    }
    return values;
  }

  /** The numbers that indices choose. */
  private static float[] chosen(float[] numbers, ByteBuffer planes, int stored)
      throws PemnFormatException {
    int width = BytePlanes.indexWidth(numbers.length);
    if (planes.remaining() != (long) width * stored) {
      throw corrupt(
          "indices of " + planes.remaining() + " bytes",
          (long) width * stored + " bytes, " + width + " for each of its " + stored + " values");
    }
    ByteBuffer indices = joined(width, planes);
    float[] chosen = new float[stored];
    for (int i = 0; i < stored; i++) {
      int index = 0;
      for (int b = width - 1; b >= 0; b--) {
        index = index << Byte.SIZE | indices.get(i * width + b) & 0xFF;
      }
      if (Integer.compareUnsigned(index, numbers.length) >= 0) {
        throw corrupt(
            "the index " + Integer.toUnsignedString(index),
            "less than its " + numbers.length + " numbers");
      }
      chosen[i] = numbers[index];
    }
    return chosen;
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
