package io.pemn.loader;

import static io.pemn.format.proto.RemainderTensor.SHAPE_FIELD_NUMBER;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Remainder;
import io.pemn.format.storage.BytePlanes;
import io.pemn.format.storage.CodedFloats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Decodes the tensors that no mask replaces. */
final class RemainderDecoder {
  private static final int MAX_DIMENSIONS = 64;

  /** The most bytes that type, scale and flag of a tensor take, with tags and lengths. */
  private static final int MOST_HEADER = 16;

  /** No tensor has more bytes but for name and numbers: a dimension takes at most ten. */
  private static final int MOST_DESCRIPTION = 1 << 10;

  /** The most bytes of one tensor in memory: larger arrays are not possible on every machine. */
  private static final long MOST_TENSOR = Integer.MAX_VALUE - 8;

  private RemainderDecoder() {}

  /** The most bytes of the remainder of a built-in network. */
  static long mostBytes(List<ParameterShape> unmasked) {
    return unmasked.stream().mapToLong(ParameterShape::size).sum() * Float.BYTES
        + (unmasked.size() + 1L) * MOST_HEADER;
  }

  /**
   * Decodes the remainder of a built-in network.
   *
   * @param content the message
   * @param unmasked exactly the parameters that it must have
   */
  static List<RemainderTensor> decode(byte[] content, List<ParameterShape> unmasked)
      throws IOException {
    ArchiveCursor cursor = new ArchiveCursor(content);
    List<Header> headers = new ArrayList<>();
    for (ParameterShape parameter : unmasked) {
      io.pemn.format.proto.RemainderTensor tensor = header(cursor, parameter.name());
      if (tensor.getShapeCount() > 0) {
        throw new PemnFormatException.Corrupt(
            "The archive repeats the shape of "
                + parameter.name()
                + ", which its network says; it was written by a faulty tool.");
      }
      Header header =
          new Header(
              parameter.name(),
              parameter.shape(),
              parameter.size(),
              type(tensor, parameter.name()),
              tensor.getScale(),
              tensor.getConstant());
      if (!header.isFloats()) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + header.name()
                + " has numbers of type "
                + header.type()
                + ", but its network needs such that stand for FLOAT32 ones;"
                + " it was written by a faulty tool.");
      }
      headers.add(header.checked());
    }
    List<RemainderTensor> tensors = numbers(cursor, headers);
    for (RemainderTensor tensor : tensors) {
      finite(tensor.values(), tensor.name());
    }
    return tensors;
  }

  /**
   * Decodes the remainder of a TorchScript module.
   *
   * @param content the message
   * @param names of its tensors, as the module has them
   * @param parameters how many numbers there must be, constants counted in full
   * @param limits what it may ask for
   */
  static List<RemainderTensor> decode(
      byte[] content, List<String> names, long parameters, Limits limits) throws IOException {
    if (names.size() > limits.layers()) {
      throw new PemnFormatException.LimitExceeded(
          "The archive's remainder has more tensors than the limit of "
              + limits.layers()
              + "; raise the limit if you trust it.");
    }
    ArchiveCursor cursor = new ArchiveCursor(content);
    List<Header> headers = new ArrayList<>();
    long found = 0;
    long bytes = 0;
    for (String name : names) {
      io.pemn.format.proto.RemainderTensor tensor = header(cursor, name);
      List<Integer> shape = shape(tensor, name);
      int size = shape.stream().reduce(1, (a, b) -> a * b);
      Header header =
          new Header(
              name, shape, size, type(tensor, name), tensor.getScale(), tensor.getConstant());
      headers.add(header.checked());
      found += size;
      bytes += header.bytes();
    }
    checkCount(found, parameters);
    if (bytes > limits.remainderBytes()) {
      throw new PemnFormatException.LimitExceeded(
          "The archive's remainder takes "
              + bytes
              + " bytes in memory, more than the limit of "
              + limits.remainderBytes()
              + "; raise the limit if you trust it.");
    }
    List<RemainderTensor> tensors = numbers(cursor, headers);
    for (RemainderTensor tensor : tensors) {
      if (tensor.type() == NumberType.BOOL) {
        checkBooleans(tensor);
      }
    }
    return tensors;
  }

  /**
   * What stands of a tensor before the numbers.
   *
   * @param constant whether only one number is stored
   */
  private record Header(
      String name, List<Integer> shape, int size, NumberType type, float scale, boolean constant) {
    boolean isFloats() {
      return CodedFloats.isFloats(type, scale);
    }

    int stored() {
      return constant ? 1 : size;
    }

    /** Bytes of all its numbers in memory, floats as float32. */
    long bytes() {
      return (long) size * (isFloats() ? Float.BYTES : type.bytes());
    }

    Header checked() throws PemnFormatException {
      boolean scaled = Float.floatToRawIntBits(scale) != 0;
      if (scaled && (type != NumberType.INT8 || !CodedFloats.isScale(scale))) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + name
                + " has numbers of type "
                + type
                + " and the scale "
                + scale
                + ", but only INT8 numbers have one, which is greater than 0 and finite;"
                + " it was written by a faulty tool.");
      }
      if (constant && size < 2) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + name
                + " is called constant, but has fewer than two numbers;"
                + " it was written by a faulty tool.");
      }
      if (bytes() > MOST_TENSOR) {
        throw new PemnFormatException.LimitExceeded(
            "The archive's "
                + name
                + " takes "
                + bytes()
                + " bytes in memory, more than the "
                + MOST_TENSOR
                + " that are possible for one tensor.");
      }
      return this;
    }
  }

  /** One at a time: two bytes are a tensor, so that a whole message may take far more memory. */
  private static io.pemn.format.proto.RemainderTensor header(ArchiveCursor cursor, String name)
      throws IOException {
    if (cursor.atEnd()) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder lacks the tensor "
              + name
              + "; it was written by a faulty tool.");
    }
    ByteBuffer bytes = cursor.readBytes(Remainder.TENSORS_FIELD_NUMBER, "remainder");
    if (bytes.remaining() > MOST_DESCRIPTION) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has "
              + bytes.remaining()
              + " bytes for what is before the numbers of "
              + name
              + ", more than any tensor needs; it was written by a faulty tool.");
    }
    io.pemn.format.proto.RemainderTensor tensor = parse(bytes);
    if (!tensor.getName().isEmpty() || !tensor.getData().isEmpty()) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has a name or numbers within the tensor "
              + name
              + ", where this format version does not; it was written by a faulty tool.");
    }
    return tensor;
  }

  private static List<RemainderTensor> numbers(ArchiveCursor cursor, List<Header> headers)
      throws IOException {
    List<BytePlanes.Numbers> stored = new ArrayList<>();
    long needed = headers.stream().mapToLong(h -> (long) h.stored() * h.type().bytes()).sum();
    ByteBuffer planes =
        needed == 0 || cursor.atEnd()
            ? ByteBuffer.allocate(0)
            : cursor.readBytes(Remainder.NUMBERS_FIELD_NUMBER, "remainder's numbers");
    if (!cursor.atEnd()) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has more in it than the "
              + headers.size()
              + " tensors of its network that are not masked; it was written by a faulty tool.");
    }
    if (planes.remaining() != needed) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has "
              + planes.remaining()
              + " bytes of numbers, but its tensors need "
              + needed
              + "; it was written by a faulty tool.");
    }
    for (Header header : headers) {
      int width = header.type().bytes();
      stored.add(new BytePlanes.Numbers(width, ByteBuffer.allocate(header.stored() * width)));
    }
    BytePlanes.join(planes, stored);
    List<RemainderTensor> tensors = new ArrayList<>();
    for (int i = 0; i < stored.size(); i++) {
      Header header = headers.get(i);
      ByteBuffer data = stored.get(i).bytes();
      if (header.constant()) {
        data = repeated(data, header.size());
      } else if (CodedFloats.isConstant(header.type(), data)) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + header.name()
                + " has one number "
                + header.size()
                + " times, which is to be stored once; it was written by a faulty tool.");
      }
      if (Float.floatToRawIntBits(header.scale()) != 0) {
        checkScaled(header.name(), data);
      }
      tensors.add(
          new RemainderTensor(header.name(), header.shape(), header.type(), header.scale(), data));
    }
    return List.copyOf(tensors);
  }

  private static ByteBuffer repeated(ByteBuffer number, int times) {
    int width = number.remaining();
    byte[] data = new byte[Math.multiplyExact(times, width)];
    number.get(number.position(), data, 0, width);
    // Twice as much each time.
    for (int filled = width; filled < data.length; ) {
      int more = Math.min(filled, data.length - filled);
      System.arraycopy(data, 0, data, filled, more);
      filled += more;
    }
    return ByteBuffer.wrap(data);
  }

  private static void checkScaled(String name, ByteBuffer data) throws PemnFormatException {
    for (int i = 0; i < data.remaining(); i++) {
      if (data.get(i) < -CodedFloats.GREATEST) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + name
                + " has the number -128, but with a scale only -127 to 127 are possible;"
                + " it was written by a faulty tool.");
      }
    }
  }

  /**
   * Decodes the remainder of a built-in network, as it was before version 3.
   *
   * @param content the message
   * @param unmasked exactly the parameters that it must have
   */
  static List<RemainderTensor> decodeOld(byte[] content, List<ParameterShape> unmasked)
      throws IOException {
    List<RemainderTensor> tensors = new ArrayList<>();
    // One at a time: two bytes are a tensor, so that a whole message may take far more memory.
    ArchiveCursor cursor = new ArchiveCursor(content);
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
      finite(tensor.values(), tensor.name());
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
   * Decodes the remainder of a TorchScript module, which itself said what is in it before version
   * 3.
   *
   * @param content the message
   * @param masked names that none of the tensors may have
   * @param parameters how many numbers there must be
   * @param mostTensors how many tensors there may be
   */
  static List<RemainderTensor> decodeOld(
      byte[] content, Set<String> masked, long parameters, int mostTensors) throws IOException {
    List<RemainderTensor> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>(masked);
    long found = 0;
    ArchiveCursor cursor = new ArchiveCursor(content);
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
    checkCount(found, parameters);
    return List.copyOf(tensors);
  }

  private static void checkCount(long found, long parameters) throws PemnFormatException {
    if (found != parameters) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has "
              + found
              + " numbers, but "
              + parameters
              + " are stated; it was written by a faulty tool.");
    }
  }

  private static RemainderTensor next(ArchiveCursor cursor) throws IOException {
    ByteBuffer bytes = cursor.readBytes(Remainder.TENSORS_FIELD_NUMBER, "remainder");
    checkShapeBytes(bytes);
    io.pemn.format.proto.RemainderTensor tensor = parse(bytes);
    if (tensor.getConstant() || Float.floatToRawIntBits(tensor.getScale()) != 0) {
      throw new PemnFormatException.Corrupt(
          "The archive's "
              + tensor.getName()
              + " is constant or has a scale, which this format version does not know;"
              + " it was written by a faulty tool.");
    }
    NumberType type = type(tensor, tensor.getName());
    List<Integer> shape = shape(tensor, tensor.getName());
    long numbers = shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
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
    RemainderTensor checked =
        new RemainderTensor(tensor.getName(), shape, type, tensor.getData().asReadOnlyByteBuffer());
    if (type == NumberType.BOOL) {
      checkBooleans(checked);
    }
    return checked;
  }

  private static io.pemn.format.proto.RemainderTensor parse(ByteBuffer bytes)
      throws PemnFormatException {
    return CanonicalMessage.parse(
        io.pemn.format.proto.RemainderTensor.parser(), bytes, "a remainder tensor");
  }

  /** Parsed, a dimension of one byte takes eight: a small frame could ask for gigabytes. */
  private static void checkShapeBytes(ByteBuffer tensor) throws PemnFormatException {
    CodedInputStream in = CodedInputStream.newInstance(tensor.duplicate());
    long shape = 0;
    try {
      for (int tag; (tag = in.readTag()) != 0; ) {
        int before = in.getTotalBytesRead();
        boolean more = in.skipField(tag);
        if (WireFormat.getTagFieldNumber(tag) == SHAPE_FIELD_NUMBER) {
          shape += in.getTotalBytesRead() - before;
        }
        if (!more || shape > MOST_DESCRIPTION) {
          break;
        }
      }
    } catch (IOException e) {
      // Parsing says what is wrong, at the same place.
    }
    if (shape > MOST_DESCRIPTION) {
      throw new PemnFormatException.Corrupt(
          "A tensor of the archive's remainder has more than the "
              + MAX_DIMENSIONS
              + " dimensions that are possible; it was written by a faulty tool.");
    }
  }

  private static NumberType type(io.pemn.format.proto.RemainderTensor tensor, String name)
      throws PemnFormatException {
    return NumberType.of(tensor.getType())
        .orElseThrow(
            () ->
                new PemnFormatException.Unsupported(
                    "The archive's "
                        + name
                        + " has number type "
                        + tensor.getTypeValue()
                        + ", which this version of pemn does not read; use a newer one."));
  }

  private static List<Integer> shape(io.pemn.format.proto.RemainderTensor tensor, String name)
      throws PemnFormatException {
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
            "The archive's " + name + " has an impossible shape; it was written by a faulty tool.");
      }
      numbers *= dimension;
      shape.add((int) dimension);
    }
    return shape;
  }

  private static void checkBooleans(RemainderTensor tensor) throws PemnFormatException {
    ByteBuffer data = tensor.data();
    while (data.hasRemaining()) {
      byte value = data.get();
      if (value != 0 && value != 1) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + tensor.name()
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
    finite(values, what);
    return values;
  }

  private static void finite(float[] values, String what) throws PemnFormatException {
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
  }
}
