package io.pemn.packager;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.pemn.format.Mask;
import io.pemn.format.proto.CodedPrototype;
import io.pemn.format.storage.BytePlanes;
import io.pemn.format.storage.UsedValues;
import io.pemn.format.storage.ZstdFrame;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Writes the values of a prototype that nothing regenerates in as few bytes as it can. */
final class PrototypeWriter {
  /** Older readers lack the code, so it has to save one in so many bytes. */
  private static final int WORTH = 10;

  private PrototypeWriter() {}

  /**
   * The section of coded values: those that some layer keeps, as numbers or, if that is smaller, as
   * indices of the different ones.
   *
   * @return nothing if the values as they are take little more, or no layer keeps any
   */
  static Optional<byte[]> toBytes(float[] values, List<MaskedLayer> layers) {
    Mask used =
        UsedValues.of(
            values.length,
            layers.stream()
                .map(layer -> new UsedValues.Use(layer.offset(), layer.mask().kept()))
                .toList());
    float[] stored = new float[used.kept()];
    int at = 0;
    for (int i = 0; i < values.length; i++) {
      if (used.keeps(i)) {
        stored[at++] = values[i];
      }
    }
    float[] different = different(stored);
    byte[] section = frame(stored);
    if (different.length < stored.length) {
      byte[] indexed = frame(different, stored);
      section = indexed.length < section.length ? indexed : section;
    }
    long whole = (long) values.length * Float.BYTES;
    return stored.length > 0 && section.length * WORTH < whole * (WORTH - 1)
        ? Optional.of(section)
        : Optional.empty();
  }

  /** The different values in the order of {@link Float#compare}, which tells zeros apart. */
  private static float[] different(float[] values) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    int count = 0;
    for (int i = 0; i < sorted.length; i++) {
      if (i == 0 || Float.compare(sorted[i], sorted[i - 1]) != 0) {
        sorted[count++] = sorted[i];
      }
    }
    return Arrays.copyOf(sorted, count);
  }

  private static byte[] frame(float[] values) {
    return frame(values, ByteBuffer.allocate(0), 1);
  }

  private static byte[] frame(float[] different, float[] values) {
    int width = BytePlanes.indexWidth(different.length);
    ByteBuffer indices = ByteBuffer.allocate(Math.multiplyExact(values.length, width));
    for (float value : values) {
      int index = Arrays.binarySearch(different, value);
      for (int b = 0; b < width; b++) {
        indices.put((byte) (index >>> b * Byte.SIZE));
      }
    }
    return frame(different, indices.flip(), width);
  }

  /**
   * One frame.
   *
   * @param numbers the values, or the different ones
   * @param indices little-endian; none if numbers are the values
   * @param width bytes of an index
   */
  private static byte[] frame(float[] numbers, ByteBuffer indices, int width) {
    List<BytePlanes.Numbers> first =
        List.of(new BytePlanes.Numbers(Float.BYTES, littleEndian(numbers)));
    List<BytePlanes.Numbers> second = List.of(new BytePlanes.Numbers(width, indices));
    ByteString planes = UnsafeByteOperations.unsafeWrap(BytePlanes.split(first));
    ByteString indexPlanes = UnsafeByteOperations.unsafeWrap(BytePlanes.split(second));
    byte[] content =
        CodedPrototype.newBuilder()
            .setNumbers(planes)
            .setIndices(indexPlanes)
            .build()
            .toByteArray();
    List<Integer> cuts = new ArrayList<>();
    int end =
        CodedOutputStream.computeBytesSize(CodedPrototype.NUMBERS_FIELD_NUMBER, planes)
            - planes.size();
    for (int plane = 0; plane < Float.BYTES; plane++) {
      cuts.add(end);
      end += BytePlanes.size(first, plane);
    }
    end = content.length - indexPlanes.size();
    for (int plane = 0; plane < width && end < content.length; plane++) {
      cuts.add(end);
      end += BytePlanes.size(second, plane);
    }
    return ZstdFrame.compress(content, cuts);
  }

  /** Values as they are stored where nothing codes them. */
  static ByteBuffer littleEndian(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }
}
