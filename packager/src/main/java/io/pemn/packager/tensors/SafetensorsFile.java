package io.pemn.packager.tensors;

import static io.pemn.packager.tensors.PrintableName.quoted;

import io.pemn.packager.tensors.SafetensorsHeader.Slot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A safetensors file whose header was read and checked in full: every byte of the file belongs to
 * the header or to exactly one tensor.
 *
 * <p>Tensors are read from the file when they are asked for, and the file is open only while that
 * lasts, so that there is nothing to close and a file may be far larger than the heap. A file that
 * shrinks between two calls is an error, never a crash, which mapped memory could not promise.
 */
public final class SafetensorsFile {

  /** Larger arrays cannot be allocated on every virtual machine. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private static final int CHUNK_BYTES = 1 << 20;
  private static final int NAMES_IN_MESSAGE = 8;

  private final Path path;
  private final long dataBegin;
  private final SafetensorsHeader header;

  private SafetensorsFile(Path path, long dataBegin, SafetensorsHeader header) {
    this.path = path;
    this.dataBegin = dataBegin;
    this.header = header;
  }

  /**
   * Reads and checks the header, and checks that the file holds its tensors and nothing else.
   *
   * <p>Memory is bounded by about twenty times the header's length, which is less than the file's
   * and at most 100,000,000 bytes; the headers of real networks take some kilobytes.
   *
   * @throws SafetensorsException if the file is missing, truncated, too long, or not as the format
   *     says
   * @throws IOException if the disk fails
   */
  public static SafetensorsFile read(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new SafetensorsException(
          Files.exists(path)
              ? path + " is a folder or a device, expected a safetensors file."
              : "There is no file " + path + ", expected a safetensors file; check the path.");
    }
    try (FileChannel channel = open(path)) {
      long size = channel.size();
      if (size < SafetensorsHeader.LENGTH_BYTES) {
        throw new SafetensorsException(
            String.format(
                "%s: the file has %d bytes, expected at least %d for the header's length; it is"
                    + " truncated or not a safetensors file.",
                path, size, SafetensorsHeader.LENGTH_BYTES));
      }
      byte[] lengthBytes = new byte[SafetensorsHeader.LENGTH_BYTES];
      readFully(path, channel, 0, ByteBuffer.wrap(lengthBytes));
      long length = ByteBuffer.wrap(lengthBytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
      if (Long.compareUnsigned(length, SafetensorsHeader.MAX_BYTES) > 0) {
        throw new SafetensorsException(
            String.format(
                "%s: the first 8 bytes give a header of %s bytes, expected at most %d; this is not"
                    + " a safetensors file.",
                path, Long.toUnsignedString(length), SafetensorsHeader.MAX_BYTES));
      }
      long dataBegin = SafetensorsHeader.LENGTH_BYTES + length;
      if (dataBegin > size) {
        throw new SafetensorsException(
            String.format(
                "%s: the file has %d bytes, expected at least %d for its header: it is truncated;"
                    + " download or save it again.",
                path, size, dataBegin));
      }
      byte[] bytes = new byte[(int) length];
      readFully(path, channel, SafetensorsHeader.LENGTH_BYTES, ByteBuffer.wrap(bytes));
      SafetensorsHeader header = SafetensorsHeader.parse(path, bytes, size - dataBegin);
      return new SafetensorsFile(path, dataBegin, header);
    }
  }

  /** The file that was read. */
  public Path path() {
    return path;
  }

  /** The header's {@code __metadata__}, in its order; empty where it has none. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** Names of the tensors, in the header's order. */
  public List<String> names() {
    return List.copyOf(header.tensors().keySet());
  }

  /** Whether the file has a tensor of that name. */
  public boolean contains(String name) {
    return header.tensors().containsKey(name);
  }

  /**
   * Element type of a tensor.
   *
   * @throws SafetensorsException if there is no such tensor
   */
  public TensorType type(String name) throws SafetensorsException {
    return slot(name).type();
  }

  /**
   * Dimensions of a tensor, a copy; empty for a scalar.
   *
   * @throws SafetensorsException if there is no such tensor
   */
  public long[] shape(String name) throws SafetensorsException {
    return slot(name).shape().clone();
  }

  /**
   * Bytes of a tensor of any type, read-only and little-endian, from position 0 to its limit.
   *
   * @throws SafetensorsException if there is no such tensor, if it exceeds 2 GiB, or if the file
   *     shrank since its header was read
   * @throws IOException if the disk fails
   */
  public ByteBuffer tensor(String name) throws IOException {
    return ByteBuffer.wrap(raw(name, slot(name))).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Elements of an F32 tensor, in C order.
   *
   * @throws SafetensorsException if there is no such tensor, if it is not F32, if it has more
   *     elements than an array can (2^31), or if the file shrank since its header was read
   * @throws IOException if the disk fails
   */
  public float[] floats(String name) throws IOException {
    Slot slot = floatSlot(name);
    long elements = (slot.end() - slot.begin()) / Float.BYTES;
    checkArray(name, elements, "elements");
    float[] values = new float[(int) elements];
    floats(slot, 0, values, values.length);
    return values;
  }

  /**
   * Some elements of an F32 tensor, in C order.
   *
   * @param from the first of them
   * @param target gets them, from its first element on
   * @param count how many
   * @throws IndexOutOfBoundsException if the tensor, or the array, has fewer
   * @throws SafetensorsException if there is no such tensor, if it is not F32, or if the file
   *     shrank since its header was read
   * @throws IOException if the disk fails
   */
  public void floats(String name, long from, float[] target, int count) throws IOException {
    Slot slot = floatSlot(name);
    Objects.checkFromIndexSize(from, count, (slot.end() - slot.begin()) / Float.BYTES);
    Objects.checkFromIndexSize(0, count, target.length);
    floats(slot, from, target, count);
  }

  private Slot floatSlot(String name) throws SafetensorsException {
    Slot slot = slot(name);
    if (slot.type() != TensorType.F32) {
      throw wrongType(name, slot, "F32", "save it as float32");
    }
    return slot;
  }

  private void floats(Slot slot, long from, float[] target, int count) throws IOException {
    ByteBuffer chunk =
        ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, (long) count * Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = open(path)) {
      for (int done = 0; done < count; ) {
        int some = Math.min(chunk.capacity() / Float.BYTES, count - done);
        chunk.clear().limit(some * Float.BYTES);
        readFully(path, channel, dataBegin + slot.begin() + (from + done) * Float.BYTES, chunk);
        chunk.flip();
        chunk.asFloatBuffer().get(target, done, some);
        done += some;
      }
    }
  }

  /**
   * Elements of a U8 or BOOL tensor, in C order; {@link #tensor} gives the bytes of other types.
   *
   * @throws SafetensorsException if there is no such tensor, if it is of another type, if it
   *     exceeds 2 GiB, or if the file shrank since its header was read
   * @throws IOException if the disk fails
   */
  public byte[] bytes(String name) throws IOException {
    Slot slot = slot(name);
    if (slot.type() != TensorType.U8 && slot.type() != TensorType.BOOL) {
      throw wrongType(name, slot, "U8 or BOOL", "save it as uint8");
    }
    return raw(name, slot);
  }

  private byte[] raw(String name, Slot slot) throws IOException {
    long length = slot.end() - slot.begin();
    checkArray(name, length, "bytes");
    byte[] bytes = new byte[(int) length];
    try (FileChannel channel = open(path)) {
      readFully(path, channel, dataBegin + slot.begin(), ByteBuffer.wrap(bytes));
    }
    return bytes;
  }

  private Slot slot(String name) throws SafetensorsException {
    Slot slot = header.tensors().get(name);
    if (slot == null) {
      String some =
          header.tensors().keySet().stream()
              .limit(NAMES_IN_MESSAGE)
              .map(PrintableName::quoted)
              .collect(Collectors.joining(", "));
      throw new SafetensorsException(
          String.format(
              "%s: there is no tensor %s, expected it beside the %d that the file has%s%s.",
              path,
              quoted(name),
              header.tensors().size(),
              some.isEmpty() ? "" : ": " + some,
              header.tensors().size() > NAMES_IN_MESSAGE ? ", ..." : ""));
    }
    return slot;
  }

  private SafetensorsException wrongType(String name, Slot slot, String expected, String advice) {
    return new SafetensorsException(
        String.format(
            "%s: tensor %s is %s, expected %s; %s.",
            path, quoted(name), slot.type(), expected, advice));
  }

  private void checkArray(String name, long count, String unit) throws SafetensorsException {
    if (count > MAX_ARRAY) {
      throw new SafetensorsException(
          String.format(
              "%s: tensor %s has %d %s, expected at most %d; split it before saving.",
              path, quoted(name), count, unit, MAX_ARRAY));
    }
  }

  private static FileChannel open(Path path) throws IOException {
    try {
      return FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new SafetensorsException(
          path + " is gone, expected the file whose header was read; restore it.", e);
    } catch (AccessDeniedException e) {
      throw new SafetensorsException(
          path + " may not be read, expected a readable safetensors file; check its permissions.",
          e);
    }
  }

  private static void readFully(Path path, FileChannel channel, long position, ByteBuffer target)
      throws IOException {
    int start = target.position();
    int limit = target.limit();
    while (target.position() < limit) {
      // The JDK copies through direct memory of the buffer's size and keeps that: bound it.
      target.limit(Math.min(limit, target.position() + CHUNK_BYTES));
      if (channel.read(target, position + target.position() - start) < 0) {
        throw new SafetensorsException(
            String.format(
                "%s: the file ends at byte %d, expected it to reach byte %d: it shrank while it was"
                    + " read.",
                path, position + target.position() - start, position + limit - start));
      }
      target.limit(limit);
    }
  }
}
