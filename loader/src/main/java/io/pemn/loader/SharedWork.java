package io.pemn.loader;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Pieces of work that several threads take one after the other. */
final class SharedWork {
  private SharedWork() {}

  /** One piece of work. */
  interface Piece {
    void run(int number) throws IOException;
  }

  /**
   * Does all pieces and returns, or throws, when no thread works any more. After a failure no
   * further piece begins. Where the system has no more threads, those that there are do the work.
   *
   * @param threads how many may work, the calling one included
   * @param pieces how many there are, numbered from 0
   * @throws IOException what the first piece threw that failed, as is anything else that one throws
   */
  static void run(int threads, int pieces, Piece piece) throws IOException {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Runnable worker =
        () -> {
          try {
            for (int i; failure.get() == null && (i = next.getAndIncrement()) < pieces; ) {
              piece.run(i);
            }
          } catch (Throwable e) {
            failure.compareAndSet(null, e);
          }
        };
    List<Thread> helpers = new ArrayList<>();
    for (int i = 1; i < Math.min(threads, pieces); i++) {
      Thread helper = new Thread(worker, "pemn-worker-" + i);
      helper.setDaemon(true);
      try {
        helper.start();
      } catch (OutOfMemoryError e) {
        break;
      }
      helpers.add(helper);
    }
    worker.run();
    join(helpers);
    if (failure.get() != null) {
      SharedWork.<IOException>rethrow(failure.get());
    }
  }

  /** Other languages than Java throw checked exceptions where none are declared. */
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void rethrow(Throwable failure) throws E {
    throw (E) failure;
  }

  /** They still write to what the caller owns: an interrupt waits until they are done. */
  private static void join(List<Thread> helpers) {
    boolean interrupted = false;
    for (Thread helper : helpers) {
      while (true) {
        try {
          helper.join();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
