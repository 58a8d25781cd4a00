package io.pemn.compressor.data;

import io.pemn.format.Normalization;
import io.pemn.format.network.InputTensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

/**
 * Makes the batches of training and evaluation from a set of samples, epoch after epoch. Images are
 * normalized and augmented; tensors come as they are.
 *
 * <p>What an epoch gives depends on the arguments of the constructor and the number of the epoch
 * only, never on timing or on the epochs before it, so that a resumed run sees what an
 * uninterrupted one would have seen. How an image is augmented depends on its position in the epoch
 * and not on the batch size.
 */
public final class Batches {
  /** How many numbers say where an image is placed: right, down, mirrored. */
  public static final int PLACEMENT_NUMBERS = 3;

  private final SampleSet samples;
  private final Augmentation augmentation;
  private final int batchSize;
  private final boolean shuffle;
  private final long seed;
  private final boolean raw;

  /** What each pixel becomes, [channel][pixel]; no channels if the samples are no images. */
  private final float[][] tables;

  /** Buffers that no open stream holds: direct memory is slow to get and slow to be freed. */
  private final Queue<BatchBuffer> spare = new ConcurrentLinkedQueue<>();

  /**
   * Checks the arguments; prepares nothing yet.
   *
   * @param samples the samples of every epoch
   * @param normalization how a pixel becomes a float; not looked at if the samples are no images
   * @param augmentation what is changed at random; {@link Augmentation#NONE} for evaluation and for
   *     samples that are no images
   * @param batchSize samples a batch, at least 1; the last batch of an epoch has the rest
   * @param shuffle whether the order is random, another for each epoch, or that of the set
   * @param seed decides the order and the augmentation
   * @throws IllegalArgumentException if the batch size is below 1 or an input of a batch is 2 GiB
   *     or more, the normalization has another number of channels, a shift could move an image out
   *     of sight, or samples that are no images are to be augmented
   */
  public Batches(
      SampleSet samples,
      Normalization normalization,
      Augmentation augmentation,
      int batchSize,
      boolean shuffle,
      long seed) {
    this(
        samples,
        augmentation,
        samples instanceof ImageSet images
            ? tables(images, normalization, augmentation)
            : new float[0][],
        batchSize,
        shuffle,
        seed,
        false);
    Objects.requireNonNull(normalization, "normalization");
    if (!(samples instanceof ImageSet) && !augmentation.equals(Augmentation.NONE)) {
      throw new IllegalArgumentException(
          "An augmentation was asked for, but only images can be shifted and flipped, and these are "
              + samples
              + "; switch the augmentation off.");
    }
  }

  /**
   * Makes batches of images whose pixels are as they are, 0..255 in float32, to be augmented and
   * normalized elsewhere.
   *
   * @param images the images of every epoch
   * @param batchSize images a batch, at least 1; the last batch of an epoch has the rest
   * @param shuffle whether the order is random, another for each epoch, or that of the set
   * @param seed decides the order
   * @throws IllegalArgumentException if the batch size is below 1 or a batch is 2 GiB or more
   */
  public static Batches ofPixels(ImageSet images, int batchSize, boolean shuffle, long seed) {
    float[] same = new float[Normalization.PIXEL_VALUES];
    for (int pixel = 0; pixel < same.length; pixel++) {
      same[pixel] = pixel;
    }
    float[][] tables = new float[images.channels()][];
    Arrays.fill(tables, same);
    return new Batches(images, Augmentation.NONE, tables, batchSize, shuffle, seed, true);
  }

  private Batches(
      SampleSet samples,
      Augmentation augmentation,
      float[][] tables,
      int batchSize,
      boolean shuffle,
      long seed,
      boolean raw) {
    this.samples = Objects.requireNonNull(samples, "samples");
    this.augmentation = Objects.requireNonNull(augmentation, "augmentation");
    if (batchSize < 1) {
      throw new IllegalArgumentException(
          "The batch size is " + batchSize + ", but must be at least 1; give 1 or more.");
    }
    // A batch size beyond the set costs no memory: the only batch is then the whole set.
    this.batchSize = Math.min(batchSize, samples.size());
    for (InputTensor input : samples.inputs()) {
      requireAddressable(this.batchSize, input.bytes());
    }
    samples.target().ifPresent(target -> requireAddressable(this.batchSize, target.bytes()));
    this.shuffle = shuffle;
    this.seed = seed;
    this.raw = raw;
    this.tables = tables;
  }

  private static float[][] tables(
      ImageSet images, Normalization normalization, Augmentation augmentation) {
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
    normalization.requireChannels(images.channels());
    return IntStream.range(0, images.channels())
        .mapToObj(normalization::tableFor)
        .toArray(float[][]::new);
  }

  /** Returns the samples of every epoch. */
  public SampleSet samples() {
    return samples;
  }

  /** Returns how many samples a batch has, at least 1; the last of an epoch has the rest. */
  public int batchSize() {
    return batchSize;
  }

  /** Returns whether the images of the batches are still to be augmented and normalized. */
  public boolean areRaw() {
    return raw;
  }

  /**
   * Returns how the images of an epoch are shifted and flipped, for those who do it elsewhere: of
   * every place in the epoch, one after the other, by how many columns its image moves to the
   * right, by how many rows it moves down, and 1 if it is mirrored before that, else 0. Empty if
   * nothing is.
   *
   * @param epoch the number of the epoch, from 0
   */
  public float[] placements(int epoch) {
    if (augmentation.equals(Augmentation.NONE)) {
      return new float[0];
    }
    float[] placements = new float[samples.size() * PLACEMENT_NUMBERS];
    for (int place = 0, at = 0; place < samples.size(); place++) {
      Augmentation.Placement placement = placement(epoch, place);
      placements[at++] = placement.right();
      placements[at++] = placement.down();
      placements[at++] = placement.flipped() ? 1 : 0;
    }
    return placements;
  }

  /** Returns how many batches an epoch has, at least 1. */
  public int batchesPerEpoch() {
    return (int) (((long) samples.size() + batchSize - 1) / batchSize);
  }

  /**
   * Begins to prepare an epoch in the background. Every sample comes exactly once.
   *
   * @param epoch the number of the epoch, from 0
   * @return the batches, to be closed
   * @throws IllegalArgumentException if the epoch is negative
   */
  public BatchStream epoch(int epoch) {
    return epoch(epoch, IntStream.range(0, samples.size()).toArray());
  }

  /**
   * Begins to prepare some samples of an epoch, just as they come in it.
   *
   * @param epoch the number of the epoch, from 0
   * @param places where in the epoch they come, at least one, in the order wanted
   * @return the batches, to be closed
   * @throws IllegalArgumentException if the epoch is negative or no place is given
   * @throws IndexOutOfBoundsException if there is no such place
   */
  public BatchStream epoch(int epoch, int[] places) {
    if (places.length == 0) {
      throw new IllegalArgumentException("No place in the epoch was given; give one or more.");
    }
    int[] order = order(epoch);
    for (int place : places) {
      Objects.checkIndex(place, order.length);
    }
    Preparation sample = samples instanceof ImageSet images ? placing(images, epoch) : copying();
    return new BatchStream(
        (int) (((long) places.length + batchSize - 1) / batchSize),
        (batch, buffer) -> {
          buffer.describe(epoch, raw);
          fill(order, places, batch, sample, buffer);
        },
        this::borrow,
        spare::add);
  }

  /**
   * Returns the samples of an epoch in the order in which they come, by where they stand in the
   * set: an array of the caller's own.
   *
   * @param epoch the number of the epoch, from 0
   * @throws IllegalArgumentException if the epoch is negative
   */
  public int[] order(int epoch) {
    if (epoch < 0) {
      throw new IllegalArgumentException(
          "Epoch " + epoch + " was asked for, but epochs count from 0; give 0 or more.");
    }
    return shuffle
        ? SeededRandom.of(SeededRandom.Purpose.ORDER, seed, epoch).permutation(samples.size())
        : IntStream.range(0, samples.size()).toArray();
  }

  /** Adds one sample to a buffer. */
  @FunctionalInterface
  private interface Preparation {
    /**
     * Adds it.
     *
     * @param place where in the epoch it comes
     * @param position where in the set it stands
     */
    void add(int place, int position, BatchBuffer buffer);
  }

  private void fill(int[] order, int[] places, int batch, Preparation sample, BatchBuffer buffer)
      throws InterruptedException {
    int first = batch * batchSize;
    int end = (int) Math.min((long) first + batchSize, places.length);
    for (int i = first; i < end; i++) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      sample.add(places[i], order[places[i]], buffer);
    }
  }

  /** Normalizes and augments; for one thread, as it has room for one image. */
  private Preparation placing(ImageSet images, int epoch) {
    float[] image = new float[images.pixelsPerImage()];
    return (place, position, buffer) -> {
      placement(epoch, place)
          .place(
              images.pixelArray(),
              position * image.length,
              images.height(),
              images.width(),
              tables,
              image);
      buffer.add(image, images, position, place);
    };
  }

  private Preparation copying() {
    TensorSet tensors = (TensorSet) samples;
    return (place, position, buffer) -> buffer.add(tensors, position, place);
  }

  private Augmentation.Placement placement(int epoch, int place) {
    return augmentation.equals(Augmentation.NONE)
        ? Augmentation.Placement.UNCHANGED
        : augmentation.draw(SeededRandom.of(SeededRandom.Purpose.AUGMENTATION, seed, epoch, place));
  }

  /** Checks that the bytes of one batch can be counted by an int, as those of a buffer must. */
  static void requireAddressable(int batchSize, long bytesPerSample) {
    long bytes = batchSize * bytesPerSample;
    if (bytes > Integer.MAX_VALUE) {
      long most = Integer.MAX_VALUE / bytesPerSample;
      throw new IllegalArgumentException(
          "A batch of "
              + batchSize
              + " samples takes "
              + bytes
              + " bytes, but must stay below 2 GiB; give "
              + (most > 0 ? "a batch size of at most " + most : "smaller samples")
              + ".");
    }
  }

  private BatchBuffer borrow() {
    BatchBuffer buffer = spare.poll();
    return buffer == null ? new BatchBuffer(batchSize, samples) : buffer;
  }
}
