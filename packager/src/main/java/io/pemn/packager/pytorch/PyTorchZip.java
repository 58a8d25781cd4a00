package io.pemn.packager.pytorch;

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

/**
 * The entries of a file that {@code torch.save} or {@code torch.jit.save} wrote, below its root
 * folder, read when they are asked for. Memory is taken only for what the file has.
 */
public final class PyTorchZip implements Closeable {
  /** The entry that holds the objects. */
  public static final String DATA = "data.pkl";

  /** What all deflated entries may take together; those of real networks are code. */
  private static final long MAX_INFLATED_BYTES = 1L << 28;

  private final Path path;
  private final FileKind kind;
  private final ZipFile zip;
  private final Map<String, ZipEntry> entries;

  private PyTorchZip(Path path, FileKind kind, ZipFile zip, Map<String, ZipEntry> entries) {
    this.path = path;
    this.kind = kind;
    this.zip = zip;
    this.entries = entries;
  }

  /**
   * Opens a file.
   *
   * @param kind what it is expected to be
   * @throws IOException of the kind, in one sentence, if there is no such file, or it is no zip of
   *     PyTorch, or a damaged one
   */
  public static PyTorchZip open(Path path, FileKind kind) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw kind.failure(
          Files.exists(path)
              ? path + " is a folder or a device, expected " + kind.noun() + "."
              : "There is no file " + path + ", expected " + kind.noun() + "; check the path.");
    }
    checkBeginning(path, kind);
    ZipFile zip = openZip(path, kind);
    try {
      return new PyTorchZip(path, kind, zip, entries(path, kind, zip));
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private static void checkBeginning(Path path, FileKind kind) throws IOException {
    byte[] beginning;
    try (InputStream in = Files.newInputStream(path)) {
      beginning = in.readNBytes(2);
    } catch (AccessDeniedException e) {
      throw kind.failure(
          path + " may not be read, expected " + kind.noun() + "; check its permissions.", e);
    }
    if (beginning.length == 2 && beginning[0] == 'P' && beginning[1] == 'K') {
      return;
    }
    if (beginning.length == 2 && beginning[0] == (byte) 0x80) {
      throw kind.failure(
          path
              + " is a Python pickle, "
              + kind.barePickle()
              + ", expected "
              + kind.noun()
              + "; "
              + kind.advice()
              + ".");
    }
    throw kind.failure(path + " is no zip, expected " + kind.noun() + "; " + kind.advice() + ".");
  }

  private static ZipFile openZip(Path path, FileKind kind) throws IOException {
    try {
      return new ZipFile(path.toFile());
    } catch (ZipException | EOFException | IllegalArgumentException e) {
      throw kind.failure(
          path
              + " is a damaged zip ("
              + e.getMessage()
              + "), expected "
              + kind.noun()
              + "; save or copy it again.",
          e);
    }
  }

  private static Map<String, ZipEntry> entries(Path path, FileKind kind, ZipFile zip)
      throws IOException {
    if (zip.size() > TorchScriptModule.MAX_ENTRIES) {
      throw kind.failure(
          String.format(
              "%s has %d entries, expected at most %d of %s.",
              path, zip.size(), TorchScriptModule.MAX_ENTRIES, kind.noun()));
    }
    List<ZipEntry> all = new ArrayList<>();
    zip.entries().asIterator().forEachRemaining(all::add);
    String root = root(path, kind, all);
    Map<String, ZipEntry> entries = new LinkedHashMap<>();
    long stored = 0;
    long inflated = 0;
    for (ZipEntry entry : all) {
      if (!entry.getName().startsWith(root) || entry.isDirectory()) {
        continue;
      }
      String name = entry.getName().substring(root.length());
      if (entries.put(name, entry) != null) {
        throw kind.failure(
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
        throw kind.failure(
            path
                + " has the entry "
                + PrintableName.quoted(name)
                + " with a size that the file does not have; it is damaged, save it again.");
      }
      if (inflated > MAX_INFLATED_BYTES) {
        throw kind.failure(
            String.format(
                "%s has compressed entries of %,d bytes or more, expected at most %,d together;"
                    + " save it again with PyTorch, which does not compress numbers.",
                path, inflated, MAX_INFLATED_BYTES));
      }
    }
    return Collections.unmodifiableMap(entries);
  }

  private static String root(Path path, FileKind kind, List<ZipEntry> all) throws IOException {
    String root = null;
    for (ZipEntry entry : all) {
      int slash = entry.getName().indexOf('/');
      if (slash > 0 && entry.getName().substring(slash + 1).equals(DATA)) {
        if (root != null) {
          throw kind.failure(
              path + " has " + DATA + " in two folders, expected one; save it again.");
        }
        root = entry.getName().substring(0, slash + 1);
      }
    }
    if (root == null) {
      throw kind.failure(
          path
              + " is a zip without "
              + DATA
              + ", expected "
              + kind.noun()
              + "; "
              + kind.advice()
              + ".");
    }
    return root;
  }

  /** The file. */
  public Path path() {
    return path;
  }

  /** What the file is expected to be. */
  FileKind kind() {
    return kind;
  }

  /** Paths below the root folder, in the order of the file. */
  public List<String> paths() {
    return List.copyOf(entries.keySet());
  }

  /** Whether there is such an entry. */
  public boolean contains(String name) {
    return entries.containsKey(name);
  }

  /** Bytes of an entry that there is, 0 or more. */
  public long size(String name) {
    return entries.get(name).getSize();
  }

  /**
   * The bytes of an entry that there is.
   *
   * @throws IOException of the kind, in one sentence, if it is damaged or too large
   */
  public byte[] read(String name) throws IOException {
    ZipEntry entry = entries.get(name);
    if (entry.getSize() > TorchScriptModule.MAX_STORAGE_BYTES) {
      throw kind.failure(
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

  private IOException damaged(String name, String reason, Throwable cause) {
    return kind.failure(
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
