package io.pemn.benchmarks.loading;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ThrottledStreamTest {
  private static final double A_MILLION = 1e6;
  private static final long SECOND = 1_000_000_000;

  private final byte[] bytes = new byte[3_000_000];
  private final AtomicLong clock = new AtomicLong(17);

  ThrottledStreamTest() {
    new Random(1).nextBytes(bytes);
  }

  private ThrottledStream line() {
    return new ThrottledStream(
        new ByteArrayInputStream(bytes), A_MILLION, clock::get, clock::addAndGet);
  }

  @Test
  void theLineTakesItsTime() throws IOException {
    assertArrayEquals(bytes, line().readAllBytes());
    assertEquals(17 + 3 * SECOND, clock.get());
  }

  @Test
  void whoReadsSlowlyWaitsForNothing() throws IOException {
    ThrottledStream line = line();
    clock.addAndGet(2 * SECOND);
    line.readNBytes(2_000_000);
    assertEquals(17 + 2 * SECOND, clock.get());
    line.readNBytes(500_000);
    assertEquals(17 + 5 * SECOND / 2, clock.get());
  }

  @Test
  void singleAndSkippedBytesTakeTheirTimeToo() throws IOException {
    ThrottledStream line = line();
    assertEquals(bytes[0] & 0xFF, line.read());
    assertEquals(99, line.skip(99));
    assertEquals(bytes[100] & 0xFF, line.read());
    assertEquals(17 + 101 * SECOND / 1_000_000, clock.get());
  }
}
