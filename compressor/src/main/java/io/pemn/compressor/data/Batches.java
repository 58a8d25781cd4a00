package io.pemn.compressor.data;

import io.pemn.format.Normalization;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

/**
 * Makes the batches of training and evaluation from a set of images, epoch after epoch.
 *
 * <p>What an epoch gives depends on the arguments of the constructor and the number of the epoch
 * only, never on timing or on the epochs before it, so that a resumed run sees what an
 * uninterrupted one would have seen. How an image is augmented depends on its position in the epoch
 * and not on the batch size.
 */
public final class Batches {
  private final ImageSet images;
  private final Augmentation augmentation;
  private final int batchSize;
  private final boolean shuffle;
  private final long seed;
  private final float[][] tables;

  /** Buffers that no open stream holds: direct memory is slow to get and slow to be freed. */
  private final Queue<BatchBuffer> spare = new ConcurrentLinkedQueue<>();

  /**
   * Checks the arguments; prepares nothing yet.
   *
   * @param images the images of every epoch
   * @param normalization how a pixel becomes a float
   * @param augmentation what is changed at random; {@link Augmentation#NONE} for evaluation
   * @param batchSize images a batch, at least 1; the last batch of an epoch has the rest
   * @param shuffle whether the order is random, another for each epoch, or that of the set
   * @param seed decides the order and the augmentation
   * @throws IllegalArgumentException if the batch size is below 1 or a batch is 2 GiB or more, the
   *     normalization has another number of channels, or a shift could move an image out of sight
   */
  public Batches(
      ImageSet images,
      Normalization normalization,
      Augmentation augmentation,
      int batchSize,
      boolean shuffle,
      long seed) {
    this.images = Objects.requireNonNull(images, "images");
    this.augmentation = Objects.requireNonNull(augmentation, "augmentation");
    if (batchSize < 1) {
      throw new IllegalArgumentException(
          "The batch size is " + batchSize + ", but must be at least 1; give 1 or more.");
    }
    // A batch size beyond the set costs no memory: the only batch is then the whole set.
    this.batchSize = Math.min(batchSize, images.size());
    requireAddressable(this.batchSize, images.pixelsPerImage());
    int smallerSide = Math.min(images.height(), images.width());
    if (augmentation.maxShift() >= smallerSide) {
      throw new IllegalArgumentException(
          "A shift by up to "
              + augmentation.maxShift()
              + " pixels was asked for, but would move images of "
              + images.height()
              + "x"
              + images.width()
              + " out of sight; give at most "
              + (smallerSide - 1)
              + ".");
    }
    this.shuffle = shuffle;
    this.seed = seed;
    normalization.requireChannels(images.channels());
    this.tables =
        IntStream.range(0, images.channels())
            .mapToObj(normalization::tableFor)
            .toArray(float[][]::new);
  }

  /** Returns how many batches an epoch has, at least 1. */
  public int batchesPerEpoch() {
    return (int) (((long) images.size() + batchSize - 1) / batchSize);
  }

  /**
   * Begins to prepare an epoch in the background. Every image comes exactly once.
   *
   * @param epoch the number of the epoch, from 0
   * @return the batches, to be closed
   * @throws IllegalArgumentException if the epoch is negative
   */
  public BatchStream epoch(int epoch) {
    if (epoch < 0) {
      throw new IllegalArgumentException(
          "Epoch " + epoch + " was asked for, but epochs count from 0; give 0 or more.");
    }
    int[] order =
        shuffle
            ? SeededRandom.of(SeededRandom.Purpose.ORDER, seed, epoch).permutation(images.size())
            : IntStream.range(0, images.size()).toArray();
    float[] image = new float[images.pixelsPerImage()];
    return new BatchStream(
        batchesPerEpoch(),
        (batch, buffer) -> fill(epoch, order, batch, image, buffer),
        this::borrow,
        spare::add);
  }

  /** Fills a buffer; {@code image} is room for one image, used by the preparing thread alone. */
  private void fill(int epoch, int[] order, int batch, float[] image, BatchBuffer buffer)
      throws InterruptedException {
    int first = batch * batchSize;
    int end = (int) Math.min((long) first + batchSize, order.length);
    for (int position = first; position < end; position++) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      placement(epoch, position)
          .place(
              images.pixelArray(),
              order[position] * image.length,
              images.height(),
              images.width(),
              tables,
              image);
      buffer.add(image, images.label(order[position]));
    }
  }

  private Augmentation.Placement placement(int epoch, int position) {
    return augmentation.equals(Augmentation.NONE)
        ? Augmentation.Placement.UNCHANGED
        : augmentation.draw(
            SeededRandom.of(SeededRandom.Purpose.AUGMENTATION, seed, epoch, position));
  }

  /** Checks that the bytes of one batch can be counted by an int, as those of a buffer must. */
  static void requireAddressable(int batchSize, int pixelsPerImage) {
    long bytes = (long) batchSize * pixelsPerImage * Float.BYTES;
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A batch of "
              + batchSize
              + " images takes "
              + bytes
              + " bytes, but must stay below 2 GiB; give a batch size of at most "
              + Integer.MAX_VALUE / Float.BYTES / pixelsPerImage
              + ".");
    }
  }

  private BatchBuffer borrow() {
    BatchBuffer buffer = spare.poll();
    return buffer == null ? new BatchBuffer(batchSize, images.pixelsPerImage()) : buffer;
  }
}
