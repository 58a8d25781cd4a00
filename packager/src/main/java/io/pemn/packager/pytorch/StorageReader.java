package io.pemn.packager.pytorch;

import io.pemn.format.BFloat16;
import io.pemn.format.Float16;
import io.pemn.format.NumberType;
import io.pemn.loader.torchscript.TensorLayout;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.packager.tensors.PrintableName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

/**
 * The numbers of a PyTorch file's tensors. The storage that was read last stays in memory. Not for
 * use by several threads at once.
 */
public final class StorageReader {
  /** The folder of the storages. */
  public static final String FOLDER = "data/";

  private static final String BYTE_ORDER = "byteorder";
  private static final int LONGEST_BYTE_ORDER = 16;

  private final PyTorchZip zip;

  /** The storage that was read last: several tensors may stand in it. */
  private String lastStorage;

  private ByteBuffer last;

  private StorageReader(PyTorchZip zip) {
    this.zip = zip;
  }

  /**
   * Checks that numbers are little-endian and that the file has every storage in full.
   *
   * @param zip the file, which must stay open
   * @param storages what its objects name
   * @throws IOException of the file's kind, in one sentence, if it is not so
   */
  public static StorageReader of(PyTorchZip zip, Collection<StorageId> storages)
      throws IOException {
    checkByteOrder(zip);
    for (StorageId storage : storages) {
      check(zip, storage);
    }
    return new StorageReader(zip);
  }

  private static void checkByteOrder(PyTorchZip zip) throws IOException {
    if (zip.contains(BYTE_ORDER)) {
      String order =
          zip.size(BYTE_ORDER) > LONGEST_BYTE_ORDER
              ? "unknown"
              : new String(zip.read(BYTE_ORDER), StandardCharsets.US_ASCII).strip();
      if (!order.equals("little")) {
        throw zip.kind()
            .failure(
                zip.path()
                    + " has the byte order "
                    + PrintableName.quoted(order)
                    + ", expected little; save it on a little-endian machine.");
      }
    }
  }

  private static void check(PyTorchZip zip, StorageId storage) throws IOException {
    String entry = FOLDER + storage.key();
    if (!zip.contains(entry)) {
      throw zip.kind()
          .failure(
              zip.path()
                  + " lacks the entry "
                  + PrintableName.quoted(entry)
                  + " that its objects name, expected every storage; it is damaged, save it"
                  + " again.");
    }
    if (storage.type().isPresent()) {
      int width = storage.type().get().bytes();
      long size = zip.size(entry);
      if (size % width != 0 || size / width != storage.elements()) {
        throw zip.kind()
            .failure(
                String.format(
                    "%s has the entry %s of %d bytes, expected %d numbers of %d bytes; it is"
                        + " damaged, save it again.",
                    zip.path(), PrintableName.quoted(entry), size, storage.elements(), width));
      }
      if (size > TorchScriptModule.MAX_STORAGE_BYTES) {
        throw zip.kind()
            .failure(
                String.format(
                    "%s has the entry %s of %,d bytes, expected at most %,d; split the tensor"
                        + " before saving.",
                    zip.path(),
                    PrintableName.quoted(entry),
                    size,
                    TorchScriptModule.MAX_STORAGE_BYTES));
      }
    }
  }

  /**
   * The numbers of a floating-point tensor, row-major; those of FLOAT64 are rounded to float.
   *
   * @param storage the key of a storage that was checked
   * @param type its type
   * @param layout of the tensor, which ends within the storage and has fewer than 2^31 elements
   * @throws IllegalArgumentException if the type is one of integers
   * @throws IOException of the file's kind, if the entry is damaged, or if the disk fails
   */
  public float[] floats(String storage, NumberType type, TensorLayout layout) throws IOException {
    ByteBuffer numbers = storage(storage);
    float[] values = new float[Math.toIntExact(layout.size())];
    switch (type) {
      case FLOAT64 ->
          layout.forEach((element, at) -> values[element] = (float) numbers.getDouble(at * 8));
      case FLOAT16 ->
          layout.forEach(
              (element, at) -> values[element] = Float16.toFloat(numbers.getShort(at * 2)));
      case BFLOAT16 ->
          layout.forEach(
              (element, at) -> values[element] = BFloat16.toFloat(numbers.getShort(at * 2)));
      case FLOAT32 -> {
        if (layout.isContiguous() && values.length > 0) {
          numbers.asFloatBuffer().get((int) layout.offset(), values);
        } else {
          layout.forEach((element, at) -> values[element] = numbers.getFloat(at * 4));
        }
      }
      default -> throw new IllegalArgumentException("Numbers of type " + type + " are no floats.");
    }
    return values;
  }

  /**
   * The numbers of a tensor as they are stored, row-major, little-endian.
   *
   * @param storage the key of a storage that was checked
   * @param type its type
   * @param layout of the tensor, which ends within the storage and has fewer than 2^31 bytes
   * @throws IOException of the file's kind, if the entry is damaged, or if the disk fails
   */
  public byte[] bytes(String storage, NumberType type, TensorLayout layout) throws IOException {
    int width = type.bytes();
    ByteBuffer numbers = storage(storage);
    byte[] values = new byte[Math.toIntExact(layout.size() * width)];
    if (layout.isContiguous() && values.length > 0) {
      numbers.get((int) layout.offset() * width, values);
      return values;
    }
    layout.forEach((element, at) -> numbers.get(at * width, values, element * width, width));
    return values;
  }

  private ByteBuffer storage(String key) throws IOException {
    if (!key.equals(lastStorage)) {
      lastStorage = null;
      last = null;
      last = ByteBuffer.wrap(zip.read(FOLDER + key)).order(ByteOrder.LITTLE_ENDIAN);
      lastStorage = key;
    }
    return last;
  }
}
