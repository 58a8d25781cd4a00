package io.pemn.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** A zip made by hand, so that its headers can lie (APPNOTE.TXT, sections 4.3.7 to 4.3.16). */
final class HandmadeZip {
  static final int STORED = 0;
  static final int DEFLATED = 8;

  private static final int LOCAL = 0x04034B50;
  private static final int CENTRAL = 0x02014B50;
  private static final int END = 0x06054B50;

  /** Bit 11: names are UTF-8. */
  private static final int UTF_8 = 1 << 11;

  /**
   * An entry as its headers describe it.
   *
   * @param localName in the header before the content
   */
  private record Entry(
      String name, String localName, byte[] content, int method, long size, int crc, int flags) {}

  private final List<Entry> entries;

  private HandmadeZip(List<Entry> entries) {
    this.entries = entries;
  }

  /** A zip with nothing wrong. */
  static HandmadeZip of(Map<String, byte[]> contents) {
    List<Entry> entries = new ArrayList<>();
    contents.forEach(
        (name, content) -> {
          CRC32 crc = new CRC32();
          crc.update(content);
          entries.add(
              new Entry(name, name, content, STORED, content.length, (int) crc.getValue(), UTF_8));
        });
    return new HandmadeZip(entries);
  }

  @FunctionalInterface
  private interface Change {
    Entry of(Entry entry);
  }

  private HandmadeZip changed(String name, Change change) {
    return new HandmadeZip(
        entries.stream().map(each -> each.name().equals(name) ? change.of(each) : each).toList());
  }

  /** The same, but an entry states another method and size. */
  HandmadeZip stating(String name, int method, long size) {
    return changed(
        name, e -> new Entry(e.name, e.localName, e.content, method, size, e.crc, e.flags));
  }

  /** The same, but an entry states another checksum. */
  HandmadeZip withChecksum(String name, int crc) {
    return changed(
        name, e -> new Entry(e.name, e.localName, e.content, e.method, e.size, crc, e.flags));
  }

  /** The same, but an entry's name consists of one letter in the header before it. */
  HandmadeZip withLocalName(String name, char letter) {
    String other = String.valueOf(letter).repeat(name.length());
    return changed(
        name, e -> new Entry(e.name, other, e.content, e.method, e.size, e.crc, e.flags));
  }

  /** The same, but an entry has one more flag. */
  HandmadeZip flagged(String name, int flag) {
    return changed(
        name,
        e -> new Entry(e.name, e.localName, e.content, e.method, e.size, e.crc, e.flags | flag));
  }

  /** The same, but an entry stands twice. */
  HandmadeZip twice(String name) {
    List<Entry> more = new ArrayList<>(entries);
    entries.stream().filter(each -> each.name().equals(name)).forEach(more::add);
    return new HandmadeZip(more);
  }

  /** The file. */
  byte[] toBytes() {
    return directoryAt(0);
  }

  /** The file, but its end says that the directory stands so much later. */
  byte[] directoryAt(int later) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    for (Entry entry : entries) {
      byte[] name = entry.name.getBytes(StandardCharsets.UTF_8);
      int at = file.size();
      ByteBuffer local = buffer(30).putInt(LOCAL).putShort((short) 20);
      file.writeBytes(described(local, entry, name.length).array());
      file.writeBytes(entry.localName.getBytes(StandardCharsets.UTF_8));
      file.writeBytes(entry.content);
      ByteBuffer central = buffer(46).putInt(CENTRAL).putShort((short) 20).putShort((short) 20);
      described(central, entry, name.length).position(42);
      directory.writeBytes(central.putInt(at).array());
      directory.writeBytes(name);
    }
    int at = file.size();
    file.writeBytes(directory.toByteArray());
    file.writeBytes(
        buffer(22)
            .putInt(END)
            .putInt(0)
            .putShort((short) entries.size())
            .putShort((short) entries.size())
            .putInt(directory.size())
            .putInt(at + later)
            .putShort((short) 0)
            .array());
    return file.toByteArray();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** What both headers say, the time of 1980-01-01 among it. */
  private static ByteBuffer described(ByteBuffer header, Entry entry, int nameLength) {
    int stored = entry.method == STORED ? (int) entry.size : entry.content.length;
    return header
        .putShort((short) entry.flags)
        .putShort((short) entry.method)
        .putShort((short) 0)
        .putShort((short) 0x21)
        .putInt(entry.crc)
        .putInt(stored)
        .putInt((int) entry.size)
        .putShort((short) nameLength);
  }
}
