package io.pemn.loader;

import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Remainder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Decodes the tensors that are stored as they are. */
final class RemainderDecoder {
  private static final int MAX_DIMENSIONS = 64;

  private RemainderDecoder() {}

  /**
   * Decodes the remainder of a built-in network.
   *
   * @param content the message
   * @param unmasked exactly the parameters that it must have
   */
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
      RemainderTensor tensor = next(cursor);
      if (!tensor.name().equals(parameter.name())) {
        throw new PemnFormatException.Corrupt(
            "The archive's remainder has a tensor \""
                + tensor.name()
                + "\" where its network's parameter "
                + parameter.name()
                + " should be; it was written by a faulty tool.");
      }
      CheckedMetadata.checkShape(
          parameter, tensor.shape().stream().map(Integer::longValue).toList());
      if (tensor.type() != NumberType.FLOAT32) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + tensor.name()
                + " has numbers of type "
                + tensor.type()
                + ", but its network needs FLOAT32; it was written by a faulty tool.");
      }
      finite(tensor.data(), tensor.name());
      tensors.add(tensor);
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

  /**
   * Decodes the remainder of a TorchScript module, which itself says what is in it.
   *
   * @param content the message
   * @param masked names that none of the tensors may have
   * @param parameters how many numbers there must be
   * @param mostTensors how many tensors there may be
   */
  static List<RemainderTensor> decode(
      byte[] content, Set<String> masked, long parameters, int mostTensors)
      throws PemnFormatException {
    List<RemainderTensor> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>(masked);
    long found = 0;
    ArchiveCursor cursor = new ArchiveCursor(ByteBuffer.wrap(content));
    while (!cursor.atEnd()) {
      RemainderTensor tensor = next(cursor);
      if (tensors.size() == mostTensors) {
        throw new PemnFormatException.LimitExceeded(
            "The archive's remainder has more tensors than the limit of "
                + mostTensors
                + "; raise the limit if you trust it.");
      }
      if (tensor.name().isEmpty() || !names.add(tensor.name())) {
        throw new PemnFormatException.Corrupt(
            "The archive has two tensors of the name \""
                + tensor.name()
                + "\", or one without; it was written by a faulty tool.");
      }
      found += tensor.size();
      tensors.add(tensor);
    }
    if (found != parameters) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has "
              + found
              + " numbers, but "
              + parameters
              + " are stated; it was written by a faulty tool.");
    }
    return List.copyOf(tensors);
  }

  private static RemainderTensor next(ArchiveCursor cursor) throws PemnFormatException {
    ByteBuffer bytes = cursor.readBytes(Remainder.TENSORS_FIELD_NUMBER, "remainder");
    io.pemn.format.proto.RemainderTensor tensor =
        CanonicalMessage.parse(
            io.pemn.format.proto.RemainderTensor.parser(), bytes, "a remainder tensor");
    NumberType type =
        NumberType.of(tensor.getType())
            .orElseThrow(
                () ->
                    new PemnFormatException.Unsupported(
                        "The archive's "
                            + tensor.getName()
                            + " has number type "
                            + tensor.getTypeValue()
                            + ", which this version of pemn does not read; use a newer one."));
    List<Integer> shape = new ArrayList<>();
    long numbers = 1;
    for (long dimension : tensor.getShapeList()) {
      boolean sound =
          dimension >= 0
              && dimension <= Integer.MAX_VALUE
              && shape.size() < MAX_DIMENSIONS
              && (dimension == 0 || numbers <= Integer.MAX_VALUE / dimension);
      if (!sound) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + tensor.getName()
                + " has an impossible shape; it was written by a faulty tool.");
      }
      numbers *= dimension;
      shape.add((int) dimension);
    }
    if (tensor.getData().size() != numbers * type.bytes()) {
      throw new PemnFormatException.Corrupt(
          "The archive's "
              + tensor.getName()
              + " takes "
              + tensor.getData().size()
              + " bytes, but its "
              + numbers
              + " numbers need "
              + numbers * type.bytes()
              + "; it was written by a faulty tool.");
    }
    if (type == NumberType.BOOL) {
      checkBooleans(tensor);
    }
    return new RemainderTensor(
        tensor.getName(), shape, type, tensor.getData().asReadOnlyByteBuffer());
  }

  private static void checkBooleans(io.pemn.format.proto.RemainderTensor tensor)
      throws PemnFormatException {
    for (byte value : tensor.getData()) {
      if (value != 0 && value != 1) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + tensor.getName()
                + " has the truth value "
                + value
                + ", but only 0 and 1 are possible; it was written by a faulty tool.");
      }
    }
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
