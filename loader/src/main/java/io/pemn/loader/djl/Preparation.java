package io.pemn.loader.djl;

import ai.djl.Device;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.PemnArchive;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * All that loading needs no engine for, done by another thread while the engine starts on this one,
 * which takes about as long: the archive is opened, its sections are decoded, and so whatever may
 * be wrong with them shows before the engine allocates for the network.
 */
final class Preparation implements Closeable {
  private final FutureTask<Prepared> task;

  private Preparation(FutureTask<Prepared> task) {
    this.task = task;
  }

  /**
   * What was prepared.
   *
   * @param archive decoded
   * @param module the file for the engine, if the network is a TorchScript module
   */
  record Prepared(PemnArchive archive, Optional<TorchScriptLoading> module) {}

  /**
   * Begins.
   *
   * @param opening gives the archive
   * @param device where the network shall run, or null for wherever the engine likes
   */
  static Preparation begin(Callable<PemnArchive> opening, Device device) {
    FutureTask<Prepared> task = new FutureTask<>(() -> prepare(opening.call(), device));
    Thread thread = new Thread(task, "pemn-prepare");
    thread.setDaemon(true);
    thread.start();
    return new Preparation(task);
  }

  private static Prepared prepare(PemnArchive archive, Device device) throws IOException {
    archive.decode();
    boolean onGpu = device != null && device.isGpu();
    return new Prepared(
        archive,
        archive.network() instanceof BuiltInDescription
            ? Optional.empty()
            : Optional.of(TorchScriptLoading.prepare(archive, !onGpu)));
  }

  /**
   * Waits for what was prepared.
   *
   * @throws IOException if that failed
   */
  Prepared await() throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true; // Its file is still to be deleted.
        } catch (ExecutionException e) {
          throw failure(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static IOException failure(Throwable cause) {
    if (cause instanceof RuntimeException e) {
      throw e;
    } else if (cause instanceof Error e) {
      throw e;
    }
    return cause instanceof IOException e ? e : new IOException(cause);
  }

  /** Waits and deletes the file for the engine. */
  @Override
  public void close() throws IOException {
    Prepared prepared;
    try {
      prepared = await();
    } catch (IOException | RuntimeException e) {
      return; // There is nothing to delete; whoever wanted the archive was told.
    }
    if (prepared.module().isPresent()) {
      prepared.module().get().close();
    }
  }
}
