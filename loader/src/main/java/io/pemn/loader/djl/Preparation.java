package io.pemn.loader.djl;

import ai.djl.Device;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.storage.ZstdFrame;
import io.pemn.loader.PemnArchive;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * All that loading needs no engine for, done by another thread while the engine starts on this one,
 * which takes about as long: the archive is opened, its sections are decoded, and so whatever may
 * be wrong with them shows before the engine allocates for the network.
 */
final class Preparation implements Closeable {
  private final CompletableFuture<Prepared> prepared;

  private Preparation(CompletableFuture<Prepared> prepared) {
    this.prepared = prepared;
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
    CompletableFuture<Prepared> prepared = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                ZstdFrame.loadLibrary(); // Before the engine's are.
                prepared.complete(prepare(opening.call(), device));
              } catch (Throwable e) {
                prepared.completeExceptionally(e);
              }
            },
            "pemn-prepare");
    thread.setDaemon(true);
    thread.start();
    return new Preparation(prepared);
  }

  private static Prepared prepare(PemnArchive archive, Device device) throws IOException {
    archive.decode();
    return new Prepared(
        archive,
        archive.network() instanceof BuiltInDescription
            ? Optional.empty()
            : Optional.of(
                TorchScriptLoading.prepare(archive, device == null || Memory.isWritable(device))));
  }

  /**
   * Waits for what was prepared.
   *
   * @throws IOException if that failed
   * @throws InterruptedIOException if this thread was interrupted; the other one ends by itself
   */
  Prepared await() throws IOException {
    try {
      return prepared.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException(
          "The loading of an archive was interrupted; load it again to use it.");
    } catch (ExecutionException e) {
      throw failure(e.getCause());
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

  /** Has the file for the engine deleted, by the other thread if that is still at work. */
  @Override
  public void close() {
    prepared.thenAccept(ready -> ready.module().ifPresent(TorchScriptLoading::close));
  }
}
