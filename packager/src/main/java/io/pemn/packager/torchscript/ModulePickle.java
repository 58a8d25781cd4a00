package io.pemn.packager.torchscript;

import io.pemn.packager.pickle.Pickle;
import io.pemn.packager.pickle.PickleException;
import io.pemn.packager.pickle.PickleValue;
import io.pemn.packager.pickle.PickleValue.Global;
import io.pemn.packager.pickle.PickleValue.Text;
import io.pemn.packager.pickle.TupleListener.Span;
import io.pemn.packager.pytorch.StorageId;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The pickles of TorchScript modules, and where they say of what class a storage is. */
final class ModulePickle {
  /** The longest pickle, in bytes; those of real networks take some hundred kilobytes. */
  static final int MAX_BYTES = 1 << 24;

  /**
   * Where a pickle says of what class a storage is.
   *
   * @param key of the storage
   * @param type the class
   * @param begin first byte of the instruction
   * @param end one past the last
   */
  record StorageClass(String key, Global type, int begin, int end) {}

  /**
   * A pickle that was read.
   *
   * @param root the value that it holds
   * @param storageClasses every place where it says of what class a storage is, in order
   */
  record Parsed(PickleValue root, List<StorageClass> storageClasses) {}

  private ModulePickle() {}

  /**
   * Reads a pickle. Memory is bounded by some hundred times its length and some hundred megabytes.
   *
   * @param name of the file and the entry, for messages
   * @throws TorchScriptException if it is damaged, longer than {@link #MAX_BYTES}, or has an
   *     instruction that TorchScript does not write
   */
  static Parsed parse(String name, byte[] pickle) throws TorchScriptException {
    if (pickle.length > MAX_BYTES) {
      throw new TorchScriptException(
          String.format(
              "%s has %,d bytes, expected at most %,d; move large lists out of the module.",
              name, pickle.length, MAX_BYTES));
    }
    List<StorageClass> storageClasses = new ArrayList<>();
    PickleValue root;
    try {
      root =
          Pickle.readTorchScript(
              ByteBuffer.wrap(pickle),
              name,
              (items, origins) -> addStorageClass(items, origins, storageClasses));
    } catch (PickleException e) {
      throw new TorchScriptException(e.getMessage(), e);
    }
    storageClasses.sort(Comparator.comparingInt(StorageClass::begin));
    return new Parsed(root, List.copyOf(storageClasses));
  }

  private static void addStorageClass(
      List<PickleValue> items, List<Span> origins, List<StorageClass> storageClasses) {
    if (items.size() == StorageId.LENGTH
        && items.get(0) instanceof Text text
        && text.value().equals(StorageId.TAG)
        && items.get(1) instanceof Global type
        && items.get(2) instanceof Text key) {
      Span span = origins.get(1);
      storageClasses.add(new StorageClass(key.value(), type, span.begin(), span.end()));
    }
  }

  /**
   * The pickle with other storage classes.
   *
   * @param storageClasses of the whole pickle, as it was parsed
   * @param types the class of {@code torch} that each storage gets, by its key; others keep theirs
   */
  static byte[] withStorageClasses(
      byte[] pickle, List<StorageClass> storageClasses, Map<String, String> types) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(pickle.length);
    int done = 0;
    for (StorageClass place : storageClasses) {
      out.write(pickle, done, place.begin() - done);
      // Never a kept class: the one that was kept may be another now.
      Global type = place.type();
      String changed = types.get(place.key());
      String text =
          "c"
              + (changed == null ? type.module() : "torch")
              + "\n"
              + (changed == null ? type.name() : changed)
              + "\n";
      out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
      done = place.end();
    }
    out.write(pickle, done, pickle.length - done);
    return out.toByteArray();
  }
}
