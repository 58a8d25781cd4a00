package io.pemn.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The entries of a zip that PyTorch wrote, of which one is replaced before they are written again,
 * uncompressed and with right checksums.
 *
 * @param entries by their full names, in order
 */
record ZippedEntries(Map<String, byte[]> entries) {
  /** Reads a file of testdata/. */
  static ZippedEntries of(String file) {
    Path path = TestData.folder().resolve(file);
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(path.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ZippedEntries(entries);
  }

  /** The first entry of such a name. */
  String name(Predicate<String> wanted) {
    return entries.keySet().stream().filter(wanted).findFirst().orElseThrow();
  }

  /** The zip with another content of an entry. */
  byte[] with(String name, byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> each : entries.entrySet()) {
        byte[] stored = each.getKey().equals(name) ? content : each.getValue();
        ZipEntry entry = new ZipEntry(each.getKey());
        CRC32 crc = new CRC32();
        crc.update(stored);
        entry.setCrc(crc.getValue());
        entry.setSize(stored.length);
        zip.putNextEntry(entry);
        zip.write(stored);
      }
    }
    return bytes.toByteArray();
  }
}
