package io.pemn.compressor.data;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The batches of one epoch, in order, prepared ahead by one background thread.
 *
 * <p>A stream must be closed, also when it was read to its end: that stops the thread and lets the
 * next epoch reuse the memory. One thread uses a stream. A batch that {@link #next} returned is
 * valid until it is closed, {@code next} is called again or the stream is closed.
 */
public final class BatchStream implements Iterator<Batch>, AutoCloseable {
  /** How many batches may stand ready while the reader works on another. */
  static final int PREPARED_AHEAD = 3;

  /** Fills a buffer with the batch of a number, counted from 0. */
  @FunctionalInterface
  interface Preparation {
    /** Ends early, with the exception, if the thread is interrupted. */
    void fill(int batch, BatchBuffer buffer) throws InterruptedException;
  }

  private sealed interface Outcome {}

  private record Prepared(BatchBuffer buffer) implements Outcome {}

  private record Failed(int batch, Throwable cause) implements Outcome {}

  private final int batches;
  private final Preparation preparation;
  private final Supplier<BatchBuffer> borrow;
  private final Consumer<BatchBuffer> giveBack;
  private final BlockingQueue<BatchBuffer> free = new LinkedBlockingQueue<>();
  private final BlockingQueue<Outcome> ready = new LinkedBlockingQueue<>();

  /** Written by the preparing thread; read by {@link #close} when that thread has ended. */
  private final List<BatchBuffer> borrowed = new ArrayList<>();

  private final Thread preparer;
  private int taken;
  private Runnable releaseLast = () -> {};
  private boolean closed;

  /**
   * Starts preparing.
   *
   * @param batches how many batches there are
   * @param borrow gives a buffer; asked at most {@link #PREPARED_AHEAD} + 1 times
   * @param giveBack takes each borrowed buffer when the stream is closed
   */
  BatchStream(
      int batches,
      Preparation preparation,
      Supplier<BatchBuffer> borrow,
      Consumer<BatchBuffer> giveBack) {
    this.batches = batches;
    this.preparation = preparation;
    this.borrow = borrow;
    this.giveBack = giveBack;
    this.preparer = new Thread(this::prepare, "pemn-batches");
    preparer.setDaemon(true);
    preparer.start();
  }

  /** Tells whether there is another batch; false once the stream is closed. */
  @Override
  public boolean hasNext() {
    return !closed && taken < batches;
  }

  /**
   * Releases the batch before and returns the next, waiting for it if need be.
   *
   * @throws NoSuchElementException if all batches of the epoch were taken
   * @throws IllegalStateException if the stream is closed, if preparing the batch failed (with the
   *     failure as its cause), or if the thread is interrupted while it waits
   */
  @Override
  public Batch next() {
    if (closed) {
      throw new IllegalStateException(
          "A batch was asked of a closed stream, but a stream gives batches only until it is"
              + " closed; open the epoch again.");
    }
    if (taken == batches) {
      throw new NoSuchElementException(
          "Batch "
              + (batches + 1)
              + " was asked for, but the epoch has "
              + batches
              + "; ask hasNext() first.");
    }
    releaseLast.run();
    releaseLast = () -> {};
    Outcome outcome;
    try {
      outcome = ready.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "The thread was interrupted while it waited for a batch; close the stream.", e);
    }
    if (outcome instanceof Failed failed) {
      // Stays there for the next call: a reader that goes on meets the same failure, not a wait.
      ready.add(failed);
      throw new IllegalStateException(
          "Preparing batch "
              + (failed.batch() + 1)
              + " of "
              + batches
              + " failed: "
              + failed.cause()
              + "; close the stream.",
          failed.cause());
    }
    taken++;
    Batch batch = new Batch(((Prepared) outcome).buffer(), free::add);
    releaseLast = batch::close;
    return batch;
  }

  /**
   * Stops the thread, waits until it has ended, and releases all batches. Closing again does
   * nothing.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    preparer.interrupt();
    boolean interrupted = false;
    while (preparer.isAlive()) {
      try {
        preparer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    releaseLast.run();
    borrowed.forEach(giveBack);
  }

  /** Returns the background thread. */
  Thread preparer() {
    return preparer;
  }

  private void prepare() {
    int batch = 0;
    try {
      for (; batch < batches; batch++) {
        BatchBuffer buffer = freeBuffer();
        buffer.clear();
        preparation.fill(batch, buffer);
        ready.add(new Prepared(buffer));
      }
    } catch (InterruptedException e) {
      // Only close() interrupts this thread, and nobody waits for a batch after it.
      Thread.currentThread().interrupt();
    } catch (Throwable e) {
      // Whatever it is, the reader must hear of it: it would wait forever for this batch.
      ready.add(new Failed(batch, e));
    }
  }

  /** Waits for a free buffer once all are borrowed; that alone bounds what stands ready. */
  private BatchBuffer freeBuffer() throws InterruptedException {
    BatchBuffer buffer = free.poll();
    if (buffer != null) {
      return buffer;
    }
    if (borrowed.size() == PREPARED_AHEAD + 1) {
      return free.take();
    }
    BatchBuffer added = borrow.get();
    borrowed.add(added);
    return added;
  }
}
