package io.pemn.loader;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongSupplier;

/**
 * Bytes of a server that must keep coming: one that gives a byte now and then would hold its client
 * for ever.
 */
final class SteadyStream extends FilterInputStream {
  private static final long NANOSECONDS_A_SECOND = 1_000_000_000L;

  /** Time in which a slow line may recover before its rate counts. */
  private static final long GRACE_SECONDS = 60;

  private static final long LEAST_BYTES_A_SECOND = 1024;

  private final LongSupplier nanoseconds;
  private final long start;
  private long bytes;

  /**
   * Begins to watch.
   *
   * @param nanoseconds the time, as {@link System#nanoTime} gives it
   */
  SteadyStream(InputStream in, LongSupplier nanoseconds) {
    super(in);
    this.nanoseconds = nanoseconds;
    this.start = nanoseconds.getAsLong();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = super.read(target, offset, length);
    bytes += Math.max(count, 0);
    long seconds = (nanoseconds.getAsLong() - start) / NANOSECONDS_A_SECOND;
    if (count >= 0 && seconds > GRACE_SECONDS && bytes < seconds * LEAST_BYTES_A_SECOND) {
      throw new IOException(
          "The server sent only "
              + bytes
              + " bytes in "
              + seconds
              + " seconds, where at least "
              + LEAST_BYTES_A_SECOND
              + " a second are expected; try again later, or get the file in another way.");
    }
    return count;
  }
}
