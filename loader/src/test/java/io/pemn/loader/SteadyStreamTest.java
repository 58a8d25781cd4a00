package io.pemn.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A server may be slow, but not for ever. */
class SteadyStreamTest {
  private static final long SECOND = 1_000_000_000L;

  private long now;

  @Test
  void oneThatDripsIsGivenUpAfterAMinute() throws IOException {
    SteadyStream in = stream(1000);
    for (int second = 1; second <= 60; second++) {
      now = second * SECOND;
      assertEquals(7, in.read());
    }
    now = 61 * SECOND;

    String message = assertThrows(IOException.class, in::read).getMessage();

    assertTrue(message.contains("only 61 bytes in 61 seconds"), message);
  }

  @Test
  void oneThatIsSlowButSteadyIsWaitedFor() throws IOException {
    SteadyStream in = stream(1024 * 3600);
    for (int second = 1; second <= 3600; second++) {
      now = second * SECOND;
      assertEquals(1024, in.read(new byte[1024], 0, 1024));
    }
    now = 7300 * SECOND;
    assertEquals(-1, in.read(), "the end may be waited for");
  }

  private SteadyStream stream(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) 7);
    return new SteadyStream(new ByteArrayInputStream(bytes), () -> now);
  }
}
