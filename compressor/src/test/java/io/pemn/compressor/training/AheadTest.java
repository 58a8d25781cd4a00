package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AheadTest {
  @Test
  void resultsComeInTheirOrderEachOnce() {
    List<Integer> found = new ArrayList<>();
    try (Ahead<Integer> ahead = new Ahead<>(20, i -> i * i)) {
      for (int i = 0; i < 20; i++) {
        found.add(ahead.next());
      }
      assertThrows(NoSuchElementException.class, ahead::next);
    }
    assertEquals(IntStream.range(0, 20).mapToObj(i -> i * i).toList(), found);
  }

  @Test
  void aFewAreReadyBeforeTheyAreAskedFor() throws InterruptedException {
    CountDownLatch made = new CountDownLatch(Ahead.READY);
    AtomicInteger count = new AtomicInteger();
    try (Ahead<Integer> ahead =
        new Ahead<>(
            100,
            i -> {
              count.incrementAndGet();
              made.countDown();
              return i;
            })) {
      made.await();
      assertTrue(count.get() <= Ahead.READY, count.toString());
      assertEquals(0, ahead.next());
    }
  }

  @Test
  void aFailureIsHeardOfWhereItsResultIsTaken() {
    RuntimeException failure = new IllegalArgumentException("no such place");
    try (Ahead<Integer> ahead =
        new Ahead<>(
            3,
            i -> {
              if (i == 1) {
                throw failure;
              }
              return i;
            })) {
      assertEquals(0, ahead.next());
      IllegalStateException heard = assertThrows(IllegalStateException.class, ahead::next);
      assertSame(failure, heard.getCause());
    }
  }
}
