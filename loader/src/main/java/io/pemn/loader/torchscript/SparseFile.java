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
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (bytes == ZEROS) {
      channel.position(channel.position() + length);
      return;
    }
    for (ByteBuffer left = ByteBuffer.wrap(bytes, offset, length); left.hasRemaining(); ) {
      channel.write(left);
    }
  }

  /** Ends the file, which must not end with a hole: a zip ends with its directory. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
