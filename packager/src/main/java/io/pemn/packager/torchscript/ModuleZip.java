package io.pemn.packager.torchscript;

import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.packager.tensors.PrintableName;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** The entries of a TorchScript file below its root folder, read when they are asked for. */
final class ModuleZip implements Closeable {
  static final String DATA = "data.pkl";

  /** What all deflated entries may take together; those of real networks are code. */
  private static final long MAX_INFLATED_BYTES = 1L << 28;

  private static final String ADVICE =
      "; make one by torch.jit.script(model).save(...) or torch.jit.trace(model, inputs).save(...).";

  private final Path path;
  private final ZipFile zip;
  private final Map<String, ZipEntry> entries;

  private ModuleZip(Path path, ZipFile zip, Map<String, ZipEntry> entries) {
    this.path = path;
    this.zip = zip;
    this.entries = entries;
  }

  static ModuleZip open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new TorchScriptException(
          Files.exists(path)
              ? path + " is a folder or a device, expected a TorchScript file."
              : "There is no file " + path + ", expected a TorchScript file; check the path.");
    }
    checkBeginning(path);
    ZipFile zip = openZip(path);
    try {
      return new ModuleZip(path, zip, entries(path, zip));
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private static void checkBeginning(Path path) throws IOException {
    byte[] beginning;
    try (InputStream in = Files.newInputStream(path)) {
      beginning = in.readNBytes(2);
    } catch (AccessDeniedException e) {
      throw new TorchScriptException(
          path + " may not be read, expected a readable TorchScript file; check its permissions.",
          e);
    }
    if (beginning.length == 2 && beginning[0] == 'P' && beginning[1] == 'K') {
      return;
    }
    if (beginning.length == 2 && beginning[0] == (byte) 0x80) {
      throw new TorchScriptException(
          path
              + " is a Python pickle, as torch.save writes it of a state_dict or of a whole Python"
              + " module, expected a TorchScript file"
              + ADVICE);
    }
    throw new TorchScriptException(path + " is no zip, expected a TorchScript file" + ADVICE);
  }

  private static ZipFile openZip(Path path) throws IOException {
    try {
      return new ZipFile(path.toFile());
    } catch (ZipException | EOFException | IllegalArgumentException e) {
      throw new TorchScriptException(
          path
              + " is a damaged zip ("
              + e.getMessage()
              + "), expected a TorchScript file; save or copy it again.",
          e);
    }
  }

  private static Map<String, ZipEntry> entries(Path path, ZipFile zip) throws IOException {
    if (zip.size() > TorchScriptModule.MAX_ENTRIES) {
      throw new TorchScriptException(
          String.format(
              "%s has %d entries, expected at most %d of a TorchScript file.",
              path, zip.size(), TorchScriptModule.MAX_ENTRIES));
    }
    List<ZipEntry> all = new ArrayList<>();
    zip.entries().asIterator().forEachRemaining(all::add);
    String root = root(path, all);
    Map<String, ZipEntry> entries = new LinkedHashMap<>();
    long stored = 0;
    long inflated = 0;
    for (ZipEntry entry : all) {
      if (!entry.getName().startsWith(root) || entry.isDirectory()) {
        continue;
      }
      String name = entry.getName().substring(root.length());
      if (entries.put(name, entry) != null) {
        throw new TorchScriptException(
            path
                + " has the entry "
                + PrintableName.quoted(name)
                + " twice, expected it once; save it again.");
      }
      // Both are below 2^63 / 2^20 where the file is not far beyond any disk.
      stored += Math.max(0, entry.getCompressedSize());
      inflated += entry.getMethod() == ZipEntry.STORED ? 0 : Math.max(0, entry.getSize());
      boolean sound =
          entry.getSize() >= 0
              && entry.getCompressedSize() >= 0
              && stored <= Files.size(path)
              && (entry.getMethod() != ZipEntry.STORED
                  || entry.getSize() == entry.getCompressedSize());
      if (!sound) {
        throw new TorchScriptException(
            path
                + " has the entry "
                + PrintableName.quoted(name)
                + " with a size that the file does not have; it is damaged, save it again.");
      }
      if (inflated > MAX_INFLATED_BYTES) {
        throw new TorchScriptException(
            String.format(
                "%s has compressed entries of %,d bytes or more, expected at most %,d together;"
                    + " save it again with PyTorch, which does not compress numbers.",
                path, inflated, MAX_INFLATED_BYTES));
      }
    }
    return Collections.unmodifiableMap(entries);
  }

  private static String root(Path path, List<ZipEntry> all) throws TorchScriptException {
    String root = null;
    for (ZipEntry entry : all) {
      int slash = entry.getName().indexOf('/');
      if (slash > 0 && entry.getName().substring(slash + 1).equals(DATA)) {
        if (root != null) {
          throw new TorchScriptException(
              path + " has " + DATA + " in two folders, expected one module; save it again.");
        }
        root = entry.getName().substring(0, slash + 1);
      }
    }
    if (root == null) {
      throw new TorchScriptException(
          path + " is a zip without " + DATA + ", expected a TorchScript file" + ADVICE);
    }
    String code = root + ModuleClass.FOLDER;
    if (all.stream().noneMatch(entry -> entry.getName().startsWith(code))) {
      throw new TorchScriptException(
          path
              + " has tensors but no code, as torch.save writes it of a state_dict or of a whole"
              + " Python module, expected a TorchScript file"
              + ADVICE);
    }
    return root;
  }

  Path path() {
    return path;
  }

  /** Paths below the root folder, in the order of the file. */
  List<String> paths() {
    return List.copyOf(entries.keySet());
  }

  boolean contains(String name) {
    return entries.containsKey(name);
  }

  /** Bytes of an entry that there is, 0 or more. */
  long size(String name) {
    return entries.get(name).getSize();
  }

  /** An entry that there is; memory is taken for what the file has. */
  byte[] read(String name) throws IOException {
    ZipEntry entry = entries.get(name);
    if (entry.getSize() > TorchScriptModule.MAX_STORAGE_BYTES) {
      throw new TorchScriptException(
          String.format(
              "%s has the entry %s of %,d bytes, expected at most %,d; split it before saving.",
              path,
              PrintableName.quoted(name),
              entry.getSize(),
              TorchScriptModule.MAX_STORAGE_BYTES));
    }
    byte[] content;
    try (InputStream in = zip.getInputStream(entry)) {
      content = in.readNBytes((int) entry.getSize());
      if (content.length < entry.getSize() || in.read() >= 0) {
        throw damaged(name, "its size is not " + entry.getSize(), null);
      }
    } catch (ZipException | EOFException e) {
      throw damaged(name, e.getMessage(), e);
    }
    CRC32 crc = new CRC32();
    crc.update(content);
    if (crc.getValue() != entry.getCrc()) {
      throw damaged(name, "its checksum differs", null);
    }
    return content;
  }

  private TorchScriptException damaged(String name, String reason, Throwable cause) {
    return new TorchScriptException(
        path
            + " has the damaged entry "
            + PrintableName.quoted(name)
            + " ("
            + reason
            + "); save or copy it again.",
        cause);
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
