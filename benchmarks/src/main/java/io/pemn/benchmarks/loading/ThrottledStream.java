package io.pemn.benchmarks.loading;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * A stream that has at no time given more bytes than a line of its rate could have brought since it
 * was opened. Bytes that nobody reads yet go on arriving meanwhile.
 */
final class ThrottledStream extends FilterInputStream {
  /** Bytes that come at once at most. */
  private static final int PACKET = 1 << 14;

  private static final double NANOS = 1e9;

  private final double bytesASecond;
  private final LongSupplier clock;
  private final LongConsumer pause;
  private final long begin;
  private long given;

  /**
   * Opens the line.
   *
   * @param in what it brings
   * @param bytesASecond greater than 0
   * @param clock nanoseconds since any moment
   * @param pause returns when as many nanoseconds have passed
   */
  ThrottledStream(InputStream in, double bytesASecond, LongSupplier clock, LongConsumer pause) {
    super(in);
    this.bytesASecond = bytesASecond;
    this.clock = clock;
    this.pause = pause;
    this.begin = clock.getAsLong();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = super.read(target, offset, Math.min(length, PACKET));
    if (count > 0) {
      given += count;
      long there = begin + (long) (given / bytesASecond * NANOS);
      for (long now = clock.getAsLong(); now < there; now = clock.getAsLong()) {
        pause.accept(there - now);
      }
    }
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    return Math.max(0, read(new byte[(int) Math.min(count, PACKET)]));
  }
}
