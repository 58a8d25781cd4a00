package io.pemn.loader;

import static io.pemn.format.proto.RemainderTensor.SHAPE_FIELD_NUMBER;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Remainder;
import io.pemn.format.storage.BytePlanes;
import io.pemn.format.storage.CodedFloats;
import io.pemn.loader.ArchiveCursor.Field;
import io.pemn.loader.torchscript.TorchScriptModule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Decodes the tensors that no mask replaces. */
final class RemainderDecoder {
  private static final Field TENSOR =
      new Field(Remainder.TENSORS_FIELD_NUMBER, ArchiveSection.REMAINDER, "remainder");
  private static final Field NUMBERS =
      new Field(Remainder.NUMBERS_FIELD_NUMBER, ArchiveSection.REMAINDER, "remainder's numbers");

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
        throw corrupt(
            "the shape of " + parameter.name(),
            "none",
            "The archive has {found}, where its network says it and the format has {expected}");
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
        throw corrupt(
            "numbers of type " + header.type(),
            "such that stand for FLOAT32 ones",
            "The archive's " + header.name() + " has {found}, but its network needs {expected}");
      }
      headers.add(header.checked());
    }
    List<RemainderTensor> tensors = numbers(cursor, headers);
    for (RemainderTensor tensor : tensors) {
      FiniteFloats.check(tensor.values(), ArchiveSection.REMAINDER, tensor.name());
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
      throw exceeded(names.size() + " tensors", limits.layers() + " tensors");
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
      throw exceeded(bytes + " bytes in memory", limits.remainderBytes() + " bytes");
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
        throw corrupt(
            "numbers of type " + type + " and the scale " + scale,
            "only INT8 numbers with one, which is greater than 0 and finite",
            "The archive's " + name + " has {found}, but the format has {expected}");
      }
      if (constant && size < 2) {
        throw corrupt(
            size + " numbers",
            "two or more",
            "The archive's "
                + name
                + " is called constant, which needs {expected}, but has {found}");
      }
      if (bytes() > MOST_TENSOR) {
        throw new PemnFormatException.LimitExceeded(
            Finding.of(
                ArchiveSection.REMAINDER, bytes() + " bytes", "at most " + MOST_TENSOR + " bytes"),
            "The archive's "
                + name
                + " takes {found} in memory, but {expected} are possible for one tensor; use a"
                + " smaller network.");
      }
      return this;
    }
  }

  /** One at a time: two bytes are a tensor, so that a whole message may take far more memory. */
  private static io.pemn.format.proto.RemainderTensor header(ArchiveCursor cursor, String name)
      throws IOException {
    if (cursor.atEnd()) {
      throw corrupt(
          "the end",
          "the tensor " + name,
          "The archive's remainder has {found} where {expected} is missing");
    }
    ByteBuffer bytes = cursor.readBytes(TENSOR);
    if (bytes.remaining() > MOST_DESCRIPTION) {
      throw corrupt(
          bytes.remaining() + " bytes",
          "at most " + MOST_DESCRIPTION,
          "The archive's remainder has {found} for what is before the numbers of "
              + name
              + ", but {expected} are possible");
    }
    io.pemn.format.proto.RemainderTensor tensor = parse(bytes);
    if (!tensor.getName().isEmpty() || !tensor.getData().isEmpty()) {
      throw corrupt(
          "a name or numbers within the tensor " + name,
          "neither",
          "The archive's remainder has {found}, but this format version has {expected}");
    }
    return tensor;
  }

  private static List<RemainderTensor> numbers(ArchiveCursor cursor, List<Header> headers)
      throws IOException {
    List<BytePlanes.Numbers> stored = new ArrayList<>();
    long needed = headers.stream().mapToLong(h -> (long) h.stored() * h.type().bytes()).sum();
    ByteBuffer planes =
        needed == 0 || cursor.atEnd() ? ByteBuffer.allocate(0) : cursor.readBytes(NUMBERS);
    if (!cursor.atEnd()) {
      throw corrupt(
          "more than that",
          "the " + headers.size() + " tensors of its network that are not masked",
          "The archive's remainder should have {expected}, but has {found}");
    }
    if (planes.remaining() != needed) {
      throw corrupt(
          planes.remaining() + " bytes of numbers",
          needed + " bytes",
          "The archive's remainder has {found}, but its tensors need {expected}");
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
        throw corrupt(
            "one number " + header.size() + " times",
            "once, as a constant",
            "The archive's " + header.name() + " has {found}, which is to be stored {expected}");
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
        throw corrupt(
            "the number -128",
            "-127 to 127",
            "The archive's "
                + name
                + " has {found}, but with a scale only {expected} are possible");
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
        throw corrupt(
            "the end",
            "the parameter " + parameter.name(),
            "The archive's remainder has {found} where {expected} of its network is missing");
      }
      RemainderTensor tensor = next(cursor);
      if (!tensor.name().equals(parameter.name())) {
        throw corrupt(
            "a tensor \"" + tensor.name() + "\"",
            "its network's parameter " + parameter.name(),
            "The archive's remainder has {found} where {expected} should be");
      }
      CheckedMetadata.checkShape(
          parameter,
          tensor.shape().stream().map(Integer::longValue).toList(),
          ArchiveSection.REMAINDER);
      if (tensor.type() != NumberType.FLOAT32) {
        throw corrupt(
            "numbers of type " + tensor.type(),
            "FLOAT32",
            "The archive's " + tensor.name() + " has {found}, but its network needs {expected}");
      }
      FiniteFloats.check(tensor.values(), ArchiveSection.REMAINDER, tensor.name());
      tensors.add(tensor);
    }
    if (!cursor.atEnd()) {
      throw corrupt(
          "more tensors",
          "the " + unmasked.size() + " parameters of its network that are not masked",
          "The archive's remainder should have {expected}, but has {found}");
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
        throw exceeded(mostTensors + 1L + " tensors or more", mostTensors + " tensors");
      }
      if (!TorchScriptModule.isName(tensor.name())) {
        throw corrupt(
            "a tensor \"" + tensor.name() + "\"",
            "names of 1 to 4096 bytes of printable text",
            "The archive's remainder has {found}, but the format has {expected}");
      }
      if (!names.add(tensor.name())) {
        throw corrupt(
            "two tensors \"" + tensor.name() + "\"",
            "each name once",
            "The archive has {found}, but the format has {expected}");
      }
      found += tensor.size();
      tensors.add(tensor);
    }
    checkCount(found, parameters);
    return List.copyOf(tensors);
  }

  private static void checkCount(long found, long parameters) throws PemnFormatException {
    if (found != parameters) {
      throw corrupt(
          found + " numbers",
          Long.toUnsignedString(parameters),
          "The archive's remainder has {found}, but {expected} are stated");
    }
  }

  private static RemainderTensor next(ArchiveCursor cursor) throws IOException {
    ByteBuffer bytes = cursor.readBytes(TENSOR);
    checkShapeBytes(bytes);
    io.pemn.format.proto.RemainderTensor tensor = parse(bytes);
    if (tensor.getConstant() || Float.floatToRawIntBits(tensor.getScale()) != 0) {
      throw corrupt(
          "a constant or a scale",
          "neither",
          "The archive's "
              + tensor.getName()
              + " has {found}, but this format version has {expected}");
    }
    NumberType type = type(tensor, tensor.getName());
    List<Integer> shape = shape(tensor, tensor.getName());
    long numbers = shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    if (tensor.getData().size() != numbers * type.bytes()) {
      throw corrupt(
          tensor.getData().size() + " bytes",
          numbers * type.bytes() + " bytes",
          "The archive's "
              + tensor.getName()
              + " takes {found}, but its "
              + numbers
              + " numbers need {expected}");
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
    return CanonicalMessage.parseContent(
        io.pemn.format.proto.RemainderTensor.parser(),
        bytes,
        ArchiveSection.REMAINDER,
        "a remainder tensor");
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
      throw corrupt(
          "a shape of more than " + MOST_DESCRIPTION + " bytes",
          MAX_DIMENSIONS + " dimensions",
          "The archive's remainder has a tensor with {found}, but at most {expected} are possible");
    }
  }

  private static NumberType type(io.pemn.format.proto.RemainderTensor tensor, String name)
      throws PemnFormatException {
    return NumberType.of(tensor.getType())
        .orElseThrow(
            () ->
                new PemnFormatException.Unsupported(
                    Finding.of(
                        ArchiveSection.REMAINDER,
                        "number type " + tensor.getTypeValue(),
                        "0 to " + (NumberType.values().length - 1)),
                    "The archive's "
                        + name
                        + " has {found}, but this version of pemn reads {expected}; use a newer"
                        + " one."));
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
        throw corrupt(
            "a shape of " + CheckedMetadata.shape(tensor.getShapeList()),
            "at most " + MAX_DIMENSIONS + " dimensions with products below 2147483648",
            "The archive's " + name + " has {found}, but {expected} are possible");
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
        throw corrupt(
            "the truth value " + (value & 0xFF),
            "0 and 1",
            "The archive's " + tensor.name() + " has {found}, but only {expected} are possible");
      }
    }
  }

  private static PemnFormatException corrupt(String found, String expected, String sentence) {
    return new PemnFormatException.Corrupt(
        Finding.of(ArchiveSection.REMAINDER, found, expected),
        sentence + "; it was written by a faulty tool.");
  }

  private static PemnFormatException exceeded(String found, String most) {
    return new PemnFormatException.LimitExceeded(
        Finding.of(ArchiveSection.REMAINDER, found, "at most " + most),
        "The archive's remainder has {found}, but {expected} are allowed; raise the limit if you"
            + " trust it.");
  }
}
