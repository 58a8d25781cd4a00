package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.format.storage.ArchiveFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Bytes of a stream, kept as they come, so that the beginning is worked on while the rest is on its
 * way. No length is believed: room grows with what arrives. For one thread.
 */
final class ArrivingBytes implements ArchiveBytes {
  private static final int FIRST_ROOM = 1 << 16;
  private static final int AT_ONCE = 1 << 14;

  /** More do not fit in an array. */
  static final int MOST = Integer.MAX_VALUE - 8;

  private final InputStream in;
  private final Limits limits;
  private byte[] bytes = new byte[FIRST_ROOM];
  private int arrived;
  private boolean ended;

  ArrivingBytes(InputStream in, Limits limits) {
    this.in = in;
    this.limits = limits;
  }

  @Override
  public long size() {
    return ended ? arrived : MOST;
  }

  @Override
  public boolean endsAt(long position) throws IOException {
    arrive(position + 1);
    return arrived == position;
  }

  @Override
  public ByteBuffer read(long from, int count) throws IOException {
    arrive(from + count);
    if (arrived < from + count) {
      throw new PemnFormatException.Truncated(
          Finding.of(
                  ArchiveSection.FILE, arrived + " bytes", "at least " + (from + count) + " bytes")
              .at(arrived),
          "The archive ends after {found}, but {expected} were announced: it was cut short on its"
              + " way; get it again.");
    }
    return ByteBuffer.wrap(bytes, (int) from, count).slice().asReadOnlyBuffer();
  }

  @Override
  public ByteBuffer readAhead(long from, int needed, int most) throws IOException {
    arrive(from + needed);
    return read(from, (int) Math.max(needed, Math.min(most, arrived - from)));
  }

  /** SHA-256 of some of the bytes, computed while they arrive. */
  byte[] digest(long from, int count) throws IOException {
    MessageDigest sha256 = ArchiveFormat.sha256();
    for (int at = 0; at < count; at += AT_ONCE) {
      sha256.update(read(from + at, Math.min(AT_ONCE, count - at)));
    }
    return sha256.digest();
  }

  /** All bytes, once the end was found. */
  InMemory whole() {
    return new InMemory(ByteBuffer.wrap(Arrays.copyOf(bytes, arrived)));
  }

  /** All bytes, once the last has come. */
  InMemory toEnd() throws IOException {
    while (!endsAt(arrived)) {
      // One more was found, and whatever came with it.
    }
    return whole();
  }

  /** Reads until there are so many, or no more come. */
  private void arrive(long wanted) throws IOException {
    while (arrived < wanted && !ended) {
      if (arrived == MOST) {
        throw PemnArchive.tooLarge("The stream", "more than " + MOST + " bytes", MOST);
      }
      if (arrived == bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(2L * arrived, MOST));
      }
      int count = in.read(bytes, arrived, bytes.length - arrived);
      if (count == 0) {
        throw new IOException(
            "The stream of an archive gives nothing and does not end; it breaks the contract of"
                + " InputStream.read.");
      }
      ended = count < 0;
      arrived += Math.max(count, 0);
      if (arrived > limits.fileBytes()) {
        throw PemnArchive.tooLarge(
            "The stream", "more than " + limits.fileBytes() + " bytes", limits.fileBytes());
      }
    }
  }
}
