package io.pemn.loader.torchscript;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A new file in which {@linkplain ModuleFile#write blank storages} are holes: where the file system
 * knows such, they take neither room nor time.
 */
public final class SparseFile extends OutputStream {
  /** What holes are made of: recognised as this very array, not by looking at the bytes. */
  static final byte[] ZEROS = new byte[1 << 16];

  private final SeekableByteChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);

  private SparseFile(SeekableByteChannel channel) {
    this.channel = channel;
  }

  /**
   * Creates the file.
   *
   * @throws IOException if it exists already or cannot be created
   */
  public static SparseFile create(Path file) throws IOException {
    return new SparseFile(
        Files.newByteChannel(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE));
  }

  @Override
  public void write(int value) throws IOException {
    if (!buffer.hasRemaining()) {
      flush();
    }
    buffer.put((byte) value);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (bytes == ZEROS) {
      flush();
      channel.position(channel.position() + length);
      return;
    }
    for (int from = offset, end = offset + length; from < end; ) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      int count = Math.min(buffer.remaining(), end - from);
      buffer.put(bytes, from, count);
      from += count;
    }
  }

  @Override
  public void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  /** Ends the file, which must not end with a hole: a zip ends with its directory. */
  @Override
  public void close() throws IOException {
    try (channel) {
      flush();
    }
  }
}
