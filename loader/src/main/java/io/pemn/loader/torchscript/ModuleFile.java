package io.pemn.loader.torchscript;

import io.pemn.format.BFloat16;
import io.pemn.format.Float16;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.torchscript.TorchScriptModule.Entry;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.Span;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes TorchScript files as PyTorch does: uncompressed entries below one folder, the data of each
 * aligned to 64 bytes. Equal modules and numbers give equal bytes.
 */
public final class ModuleFile {
  private static final String ROOT = "module/";
  private static final int ALIGNMENT = 64;
  private static final int LOCAL_HEADER_BYTES = 30;
  private static final int EXTRA_HEADER_BYTES = 4;

  /** The earliest day that every zip writer stores without an additional field. */
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

  private ModuleFile() {}

  /** Where a module's numbers come from. */
  @FunctionalInterface
  public interface TensorSource {
    /**
     * The numbers of a tensor; called once for each, in the order of the module.
     *
     * @throws IOException whatever went wrong; it ends the writing
     */
    TensorValues tensor(String name) throws IOException;
  }

  /**
   * Writes a whole file. One storage and one tensor are in memory at a time.
   *
   * @param out gets the file and stays open
   * @param module one that is not trusted is to be {@linkplain TorchScriptModule#check checked}
   *     before: a storage's memory is taken for what the module claims
   * @param source the numbers; {@link TensorValues.Floats} are rounded to the type of the storage
   * @throws PemnFormatException if a tensor does not fit in its storage
   * @throws IllegalArgumentException if the source gives another number of values than its shape
   *     says, or floats for a storage of integers
   * @throws IOException whatever {@code out} or {@code source} throws
   */
  public static void write(OutputStream out, TorchScriptModule module, TensorSource source)
      throws IOException {
    write(out, module, storage -> false, source);
  }

  /**
   * Writes a file of which some storages are blank: zeros, whatever the numbers of their tensors,
   * which the source is not asked for. Into a {@link SparseFile} they are not even written.
   *
   * @param out gets the file and stays open
   * @param module as above
   * @param blank whether a storage is
   * @param source the numbers of all others, as above
   * @throws PemnFormatException as above
   * @throws IllegalArgumentException as above
   * @throws IOException whatever {@code out} or {@code source} throws
   */
  public static void write(
      OutputStream out,
      TorchScriptModule module,
      Predicate<StorageEntry> blank,
      TensorSource source)
      throws IOException {
    Counted counted = new Counted(out);
    ZipOutputStream zip = new ZipOutputStream(counted);
    for (Entry entry : module.entries()) {
      Content content;
      if (entry instanceof StorageEntry storage) {
        content =
            blank.test(storage)
                ? new Content.Zeros(storage.bytes())
                : new Content.Bytes(storageBytes(storage, source));
      } else {
        content = new Content.Bytes(((FileEntry) entry).content());
      }
      CRC32 crc = new CRC32();
      content.forEachPart(crc::update);
      zip.putNextEntry(header(entry.path(), content.length(), crc.getValue(), counted.bytes));
      content.forEachPart(zip::write);
      zip.closeEntry();
    }
    zip.finish();
    zip.flush();
  }

  /** What stands in an entry. */
  private sealed interface Content {
    int length();

    <E extends IOException> void forEachPart(Part<E> part) throws E;

    record Bytes(byte[] bytes) implements Content {
      @Override
      public int length() {
        return bytes.length;
      }

      @Override
      public <E extends IOException> void forEachPart(Part<E> part) throws E {
        part.accept(bytes, 0, bytes.length);
      }
    }

    record Zeros(int length) implements Content {
      @Override
      public <E extends IOException> void forEachPart(Part<E> part) throws E {
        for (int left = length; left > 0; left -= SparseFile.ZEROS.length) {
          part.accept(SparseFile.ZEROS, 0, Math.min(left, SparseFile.ZEROS.length));
        }
      }
    }
  }

  private interface Part<E extends IOException> {
    void accept(byte[] bytes, int offset, int length) throws E;
  }

  private static ZipEntry header(String path, int length, long crc, long position) {
    ZipEntry header = new ZipEntry(ROOT + path);
    header.setMethod(ZipEntry.STORED);
    header.setTimeLocal(TIME);
    header.setSize(length);
    header.setCompressedSize(length);
    header.setCrc(crc);
    int name = header.getName().getBytes(StandardCharsets.UTF_8).length;
    long unpadded = position + LOCAL_HEADER_BYTES + name + EXTRA_HEADER_BYTES;
    int padding = (int) Math.floorMod(-unpadded, (long) ALIGNMENT);
    byte[] extra = new byte[EXTRA_HEADER_BYTES + padding];
    Arrays.fill(extra, (byte) 'Z');
    ByteBuffer.wrap(extra)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) 'F')
        .put((byte) 'B')
        .putShort((short) padding);
    header.setExtra(extra);
    return header;
  }

  private static byte[] storageBytes(StorageEntry storage, TensorSource source) throws IOException {
    byte[] bytes = new byte[storage.bytes()];
    // Read and written at places of the storage: its position stays 0.
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (Span span : storage.spans()) {
      TensorValues values = source.tensor(span.tensor());
      TensorLayout layout = TorchScriptModule.checkInside(storage, span, values.shape());
      if (values instanceof TensorValues.Floats floats) {
        checkCount(span, layout.size(), floats.values().length, "floats");
        putFloats(buffer, storage.type(), layout, floats.values());
      } else if (values instanceof TensorValues.Raw raw) {
        int width = storage.type().bytes();
        checkCount(span, layout.size() * width, raw.bytes().remaining(), "bytes");
        putRaw(buffer, width, layout, raw.bytes().slice());
      }
    }
    return bytes;
  }

  private static void checkCount(Span span, long expected, int found, String unit) {
    if (expected != found) {
      throw new IllegalArgumentException(
          "The tensor "
              + span.tensor()
              + " was given "
              + found
              + " "
              + unit
              + ", but its shape needs "
              + expected
              + ".");
    }
  }

  private static void putFloats(
      ByteBuffer buffer, NumberType type, TensorLayout layout, float[] values) {
    switch (type) {
      case FLOAT32 -> {
        if (layout.isContiguous() && values.length > 0) {
          buffer.asFloatBuffer().put((int) layout.offset(), values);
        } else {
          layout.forEach((element, index) -> buffer.putFloat(index * 4, values[element]));
        }
      }
      case FLOAT64 ->
          layout.forEach((element, index) -> buffer.putDouble(index * 8, values[element]));
      case FLOAT16 ->
          layout.forEach(
              (element, index) -> buffer.putShort(index * 2, Float16.fromFloat(values[element])));
      case BFLOAT16 ->
          layout.forEach(
              (element, index) -> buffer.putShort(index * 2, BFloat16.fromFloat(values[element])));
      default ->
          throw new IllegalArgumentException(
              "Floats were given for a storage of type "
                  + type
                  + ", but they fit only in floating-point ones.");
    }
  }

  private static void putRaw(ByteBuffer buffer, int width, TensorLayout layout, ByteBuffer values) {
    if (layout.size() == 0) {
      return;
    }
    if (layout.isContiguous()) {
      buffer.put((int) layout.offset() * width, values, 0, values.remaining());
    } else {
      layout.forEach((element, index) -> buffer.put(index * width, values, element * width, width));
    }
  }

  /** Knows how many bytes went through. */
  private static final class Counted extends FilterOutputStream {
    private long bytes;

    Counted(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      bytes++;
    }

    @Override
    public void write(byte[] values, int offset, int length) throws IOException {
      out.write(values, offset, length);
      bytes += length;
    }
  }
}
