package io.pemn.loader;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pemn.format.PemnFormatException;
import io.pemn.format.ZstdFrame;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Remainder;
import io.pemn.format.proto.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Decodes the tensors that are stored as they are. */
final class RemainderDecoder {
  private RemainderDecoder() {}

  /**
   * Decodes a section.
   *
   * @param section found equal to its digest
   * @param decodedBytes what its zstd frame must hold
   * @param unmasked exactly the parameters that it must have
   */
  static List<RemainderTensor> decode(
      ByteBuffer section, long decodedBytes, List<ParameterShape> unmasked)
      throws PemnFormatException {
    return decode(ZstdFrame.decompress(section, decodedBytes, "The remainder tensors"), unmasked);
  }

  /** Decodes an uncompressed remainder. */
  static List<RemainderTensor> decode(byte[] content, List<ParameterShape> unmasked)
      throws PemnFormatException {
    Map<String, ParameterShape> expected = new LinkedHashMap<>();
    unmasked.forEach(parameter -> expected.put(parameter.name(), parameter));
    List<RemainderTensor> tensors = new ArrayList<>();
    // One at a time: two bytes are a tensor, so that a whole message may take far more memory.
    ArchiveCursor cursor = new ArchiveCursor(ByteBuffer.wrap(content));
    while (!cursor.atEnd()) {
      io.pemn.format.proto.RemainderTensor tensor =
          parseTensor(cursor.readBytes(Remainder.TENSORS_FIELD_NUMBER, "remainder"));
      ParameterShape parameter = expected.remove(tensor.getName());
      if (parameter == null) {
        throw new PemnFormatException.Corrupt(
            "The archive's remainder has a tensor \""
                + tensor.getName()
                + "\" that its network does not have, has masked, or has had before;"
                + " it was written by a faulty tool.");
      }
      if (tensor.getType() != TensorType.FLOAT32) {
        throw new PemnFormatException.Unsupported(
            "The archive's "
                + tensor.getName()
                + " has number type "
                + tensor.getTypeValue()
                + ", which this version of pemn does not read; use a newer one.");
      }
      CheckedMetadata.checkShape(parameter, tensor.getShapeList());
      if (tensor.getData().size() != parameter.size() * (long) Float.BYTES) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + tensor.getName()
                + " takes "
                + tensor.getData().size()
                + " bytes, but its "
                + parameter.size()
                + " numbers need "
                + parameter.size() * (long) Float.BYTES
                + "; it was written by a faulty tool.");
      }
      tensors.add(
          new RemainderTensor(
              tensor.getName(),
              parameter.shape(),
              floats(tensor.getData().asReadOnlyByteBuffer())));
    }
    if (!expected.isEmpty()) {
      throw new PemnFormatException.Corrupt(
          "The archive lacks the parameter "
              + expected.keySet().iterator().next()
              + " of its network; it was written by a faulty tool.");
    }
    return List.copyOf(tensors);
  }

  private static io.pemn.format.proto.RemainderTensor parseTensor(ByteBuffer bytes)
      throws PemnFormatException {
    try {
      return io.pemn.format.proto.RemainderTensor.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder is no protobuf message: " + e.getMessage(), e);
    }
  }

  /** Little-endian float32 values, from position to limit. */
  static float[] floats(ByteBuffer bytes) {
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }
}
