package io.pemn.compressor.data;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.function.Consumer;

/**
 * Some images and their labels, ready for a network.
 *
 * <p>A batch is valid until it is closed, its {@link BatchStream} is closed, or the next batch is
 * taken from the stream, whichever comes first; its memory is then filled with another batch. Views
 * that {@link #images} returned must not be read after that. One thread uses a batch.
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
   * Returns how many images there are: the batch size, or fewer in the last batch of an epoch.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int size() {
    return valid().size();
  }

  /**
   * Returns the normalized images: a direct, read-only view in native byte order, in the layout
   * NCHW, with exactly size x channels x height x width floats remaining. Every call returns a view
   * with a position of its own.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public FloatBuffer images() {
    return valid().images();
  }

  /**
   * Returns the memory of {@link #images}, for an engine that reads it where it is instead of
   * copying it: a direct buffer in native byte order. Write nothing into it.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public ByteBuffer imageBytes() {
    return valid().imageBytes();
  }

  /**
   * Returns the label of each image, 0..classes-1: an array of the caller's own, {@code size} long.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int[] labels() {
    return valid().labels();
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
