package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.format.storage.ArchiveFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of a stream, kept as they come, so that the beginning is worked on while the rest is on its
 * way. No length is believed: room is taken for what arrives, and taken once. For one thread.
 */
final class ArrivingBytes implements ArchiveBytes {
  /** What is asked of the stream, and kept, at once; most archives of small networks fit in one. */
  private static final int CHUNK = 1 << 16;

  private static final int HASHED_AT_ONCE = 1 << 14;

  /** More do not fit in an array. */
  static final int MOST = Integer.MAX_VALUE - 8;

  private final InputStream in;
  private final Limits limits;
  private final List<byte[]> chunks = new ArrayList<>();
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
    return read(chunks, from, count);
  }

  @Override
  public ByteBuffer readAhead(long from, int needed, int most) throws IOException {
    arrive(from + needed);
    return read(from, (int) Math.max(needed, Math.min(most, arrived - from)));
  }

  /** SHA-256 of some of the bytes, computed while they arrive. */
  byte[] digest(long from, int count) throws IOException {
    MessageDigest sha256 = ArchiveFormat.sha256();
    for (int at = 0; at < count; at += HASHED_AT_ONCE) {
      sha256.update(read(from + at, Math.min(HASHED_AT_ONCE, count - at)));
    }
    return sha256.digest();
  }

  /** All bytes, once the end was found. */
  Arrived whole() {
    return new Arrived(chunks, arrived);
  }

  /**
   * All bytes of a stream.
   *
   * @param chunks as many bytes each as the others, but for those that are not needed of the last
   */
  record Arrived(List<byte[]> chunks, long size) implements ArchiveBytes {
    Arrived {
      chunks = List.copyOf(chunks);
    }

    @Override
    public ByteBuffer read(long from, int count) {
      return ArrivingBytes.read(chunks, from, count);
    }
  }

  private static ByteBuffer read(List<byte[]> chunks, long from, int count) {
    int chunk = (int) (from / CHUNK);
    int at = (int) (from % CHUNK);
    if (count == 0 || count <= CHUNK - at) {
      return count == 0
          ? ByteBuffer.allocate(0)
          : ByteBuffer.wrap(chunks.get(chunk), at, count).slice();
    }
    ByteBuffer joined = ByteBuffer.allocate(count);
    for (; joined.hasRemaining(); chunk++, at = 0) {
      joined.put(chunks.get(chunk), at, Math.min(CHUNK - at, joined.remaining()));
    }
    return joined.flip();
  }

  /** All bytes in one piece, once the last has come. */
  InMemory toEnd() throws IOException {
    while (!endsAt(arrived)) {
      // One more was found, and whatever came with it.
    }
    return new InMemory(read(0, arrived));
  }

  /** Reads until there are so many, or no more come. */
  private void arrive(long wanted) throws IOException {
    while (arrived < wanted && !ended) {
      if (arrived == MOST) {
        throw PemnArchive.tooLarge("The stream", "more than " + MOST + " bytes", MOST);
      }
      int at = arrived % CHUNK;
      if (at == 0) {
        chunks.add(new byte[CHUNK]);
      }
      int room = Math.min(CHUNK - at, MOST - arrived);
      int count = in.read(chunks.get(chunks.size() - 1), at, room);
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
