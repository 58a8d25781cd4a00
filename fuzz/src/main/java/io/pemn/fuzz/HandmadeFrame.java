package io.pemn.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A zstd frame made by hand, so that its header can lie (RFC 8878, section 3.1.1). */
final class HandmadeFrame {
  private static final int MAGIC = 0xFD2FB528;
  private static final int SKIPPABLE = 0x184D2A50;

  /** Frame_Content_Size_Flag 3 (eight bytes). */
  private static final int EIGHT_BYTES = 3 << 6;

  private static final int SINGLE_SEGMENT = 1 << 5;
  private static final int MOST_IN_A_BLOCK = 1 << 17;

  private HandmadeFrame() {}

  /** Zeros in blocks of one repeated byte, 4 bytes for each 128 KiB. */
  static byte[] zeros(long stated, long real) {
    return join(header(SINGLE_SEGMENT | EIGHT_BYTES, new byte[0], stated), zeroBlocks(real));
  }

  /** The content in one block that is not compressed. */
  static byte[] raw(long stated, byte[] content) {
    return join(header(SINGLE_SEGMENT | EIGHT_BYTES, new byte[0], stated), rawBlock(content));
  }

  /** A frame that states no content size. */
  static byte[] withoutSize(byte[] content) {
    return join(
        ByteBuffer.allocate(6)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(MAGIC)
            .put((byte) 0)
            .put((byte) 0x38)
            .array(),
        rawBlock(content));
  }

  /** A frame that wants the greatest window that there is, 3.75 TiB. */
  static byte[] withHugeWindow(byte[] content) {
    return join(header(EIGHT_BYTES, new byte[] {(byte) 0xFF}, content.length), rawBlock(content));
  }

  /** A frame that needs a dictionary. */
  static byte[] withDictionary(byte[] content) {
    return join(
        header(SINGLE_SEGMENT | EIGHT_BYTES | 1, new byte[] {7}, content.length),
        rawBlock(content));
  }

  /** A skippable frame. */
  static byte[] skippable(byte[] hidden) {
    return join(
        ByteBuffer.allocate(8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(SKIPPABLE)
            .putInt(hidden.length)
            .array(),
        hidden);
  }

  private static byte[] header(int descriptor, byte[] between, long stated) {
    return ByteBuffer.allocate(5 + between.length + 8)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(MAGIC)
        .put((byte) descriptor)
        .put(between)
        .putLong(stated)
        .array();
  }

  private static byte[] rawBlock(byte[] content) {
    return join(block(0, content.length, true), content);
  }

  private static byte[] zeroBlocks(long real) {
    ByteArrayOutputStream blocks = new ByteArrayOutputStream();
    for (long rest = real; ; rest -= MOST_IN_A_BLOCK) {
      boolean last = rest <= MOST_IN_A_BLOCK;
      blocks.writeBytes(block(1, (int) Math.min(rest, MOST_IN_A_BLOCK), last));
      blocks.write(0);
      if (last) {
        return blocks.toByteArray();
      }
    }
  }

  /** Block_Header: three bytes. */
  private static byte[] block(int type, int size, boolean last) {
    int header = size << 3 | type << 1 | (last ? 1 : 0);
    return new byte[] {(byte) header, (byte) (header >> 8), (byte) (header >> 16)};
  }

  /** The bytes one behind another. */
  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
