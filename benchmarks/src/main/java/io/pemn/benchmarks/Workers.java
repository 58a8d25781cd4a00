package io.pemn.benchmarks;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A fixed number of threads that share tasks. */
final class Workers implements AutoCloseable {
  private final ExecutorService threads;

  /** Starts the threads; with one, tasks run on the caller's. */
  Workers(int threads) {
    this.threads = threads == 1 ? null : Executors.newFixedThreadPool(threads);
  }

  /** Runs all tasks and returns when the last has ended. */
  void run(List<Callable<Void>> tasks) throws Exception {
    if (threads == null) {
      for (Callable<Void> task : tasks) {
        task.call();
      }
      return;
    }
    for (Future<Void> done : threads.invokeAll(tasks)) {
      try {
        done.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  @Override
  public void close() {
    if (threads != null) {
      threads.shutdown();
    }
  }
}
