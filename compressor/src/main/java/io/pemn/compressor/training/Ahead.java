package io.pemn.compressor.training;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Results 0, 1, 2 and so on, computed a few ahead by a thread of their own, and taken in order. */
final class Ahead<T> implements AutoCloseable {
  /** How many may stand ready. */
  static final int READY = 3;

  private final int count;
  private final IntFunction<T> make;
  private final Queue<Future<T>> ready = new ArrayDeque<>();
  private final ExecutorService thread;
  private int asked;

  /**
   * Begins to compute.
   *
   * @param count how many results there are
   * @param make computes one; used by the thread alone
   */
  Ahead(int count, IntFunction<T> make) {
    this.count = count;
    this.make = make;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "pemn-draws");
              made.setDaemon(true);
              return made;
            });
    while (ready.size() < READY && asked < count) {
      ask();
    }
  }

  private void ask() {
    int number = asked++;
    ready.add(thread.submit(() -> make.apply(number)));
  }

  /**
   * Takes the next result, waiting for it if need be.
   *
   * @throws IllegalStateException if computing it failed, with the failure as its cause, or if the
   *     thread is interrupted while it waits
   */
  T next() {
    Future<T> next = ready.remove();
    if (asked < count) {
      ask();
    }
    try {
      return next.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "Preparing a batch failed: " + e.getCause() + ".", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "The thread was interrupted while it waited for a batch; end the training.", e);
    }
  }

  /** Stops the thread. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
