package io.pemn.loader;

import io.pemn.format.PemnFormatException;
import io.pemn.format.ZstdFrame;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Remainder;
import io.pemn.format.proto.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

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
    List<RemainderTensor> tensors = new ArrayList<>();
    // One at a time: two bytes are a tensor, so that a whole message may take far more memory.
    ArchiveCursor cursor = new ArchiveCursor(ByteBuffer.wrap(content));
    for (ParameterShape parameter : unmasked) {
      if (cursor.atEnd()) {
        throw new PemnFormatException.Corrupt(
            "The archive lacks the parameter "
                + parameter.name()
                + " of its network; it was written by a faulty tool.");
      }
      tensors.add(decode(cursor.readBytes(Remainder.TENSORS_FIELD_NUMBER, "remainder"), parameter));
    }
    if (!cursor.atEnd()) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has more tensors than the "
              + unmasked.size()
              + " parameters of its network that are not masked;"
              + " it was written by a faulty tool.");
    }
    return List.copyOf(tensors);
  }

  private static RemainderTensor decode(ByteBuffer bytes, ParameterShape parameter)
      throws PemnFormatException {
    io.pemn.format.proto.RemainderTensor tensor =
        CanonicalMessage.parse(
            io.pemn.format.proto.RemainderTensor.parser(), bytes, "a remainder tensor");
    if (!tensor.getName().equals(parameter.name())) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has a tensor \""
              + tensor.getName()
              + "\" where its network's parameter "
              + parameter.name()
              + " should be; it was written by a faulty tool.");
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
    return new RemainderTensor(
        tensor.getName(),
        parameter.shape(),
        finite(tensor.getData().asReadOnlyByteBuffer(), tensor.getName()));
  }

  /** Little-endian float32 values, from position to limit, every one of them finite. */
  static float[] finite(ByteBuffer bytes, String what) throws PemnFormatException {
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + what
                + " has the value "
                + value
                + ", but only finite ones make sense; it was written by a faulty tool.");
      }
    }
    return values;
  }
}
