package io.pemn.compressor.data;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Some samples, ready for a network.
 *
 * <p>A batch is valid until it is closed, its {@link BatchStream} is closed, or the next batch is
 * taken from the stream, whichever comes first; its memory is then filled with another batch.
 * Buffers that {@link #input} and {@link #target} returned must not be read after that. One thread
 * uses a batch.
 */
public final class Batch implements AutoCloseable {
  private final BatchBuffer buffer;
  private final Consumer<BatchBuffer> release;
  private boolean released;

  Batch(BatchBuffer buffer, Consumer<BatchBuffer> release) {
    this.buffer = buffer;
    this.release = release;
  }

  /**
   * Returns how many samples there are: the batch size, or fewer in the last batch of an epoch.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int size() {
    return valid().size();
  }

  /**
   * Returns how many inputs a sample has, at least 1.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int inputs() {
    return valid().inputs();
  }

  /**
   * Returns the memory of an input of all samples, one sample after the other, for an engine that
   * reads it where it is instead of copying it: a direct buffer in native byte order, with exactly
   * size x elements x bytes of a number remaining; of images, the normalized float32 pixels in the
   * layout NCHW, or if it {@link #isRaw is raw} the pixels 0..255 as float32. Every call returns a
   * view with a position of its own. Write nothing into it.
   *
   * @param index which input, from 0
   * @throws IndexOutOfBoundsException if there is no such input
   * @throws IllegalStateException if the batch is no longer valid
   */
  public ByteBuffer input(int index) {
    return valid().input(index);
  }

  /**
   * Returns the label of each sample, 0..classes-1: an array of the caller's own, {@code size}
   * long, or empty if the samples have no labels.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int[] labels() {
    return valid().labels();
  }

  /**
   * Returns the memory of the float32 targets of all samples, as {@link #input} does.
   *
   * @throws IllegalStateException if the samples have no targets, or the batch is no longer valid
   */
  public ByteBuffer target() {
    return valid()
        .target()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "The target of a batch was asked for, but its samples have none; ask target()"
                        + " of the set first."));
  }

  /**
   * Returns where each sample of the batch stands in its set, from 0: an array of the caller's own,
   * {@code size} long.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int[] positions() {
    return valid().positions();
  }

  /**
   * Returns where in the epoch each sample of the batch comes, from 0: an array of the caller's
   * own, {@code size} long.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int[] places() {
    return valid().places();
  }

  /**
   * Returns the number of the epoch.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int epoch() {
    return valid().epoch();
  }

  /**
   * Tells whether its images are still to be augmented and normalized.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public boolean isRaw() {
    return valid().isRaw();
  }

  /** Gives the memory back to be filled with another batch; closing again does nothing. */
  @Override
  public void close() {
    if (!released) {
      released = true;
      release.accept(buffer);
    }
  }

  private BatchBuffer valid() {
    if (released) {
      throw new IllegalStateException(
          "This batch was released, but can be read only until it or its stream is closed or the"
              + " next batch is taken; copy what is needed for longer.");
    }
    return buffer;
  }
}
