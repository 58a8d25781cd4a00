package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.SeededRandom;
import io.pemn.compressor.data.SeededRandom.Purpose;
import io.pemn.format.Normalization;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes network input of raw pixels: every step of a pipeline in its order, and the normalization,
 * on the device of the pixels. What happens to an image depends on the seed, the epoch and its
 * place in it, and each step draws for itself: leaving one out changes nothing of the others.
 */
public final class ImageAugmenter {
  /** The steps that draw; their places in this list are part of what the seed means. */
  private enum Step {
    CROP,
    FLIP,
    RAND_AUGMENT,
    JITTER,
    ERASE
  }

  private final AugmentationPipeline pipeline;
  private final PixelNormalization normalization;
  private final long seed;

  /**
   * Prepares a pipeline.
   *
   * @param normalization of one channel for all, or of as many as the images have
   * @param seed of the draws
   */
  public ImageAugmenter(AugmentationPipeline pipeline, Normalization normalization, long seed) {
    this.pipeline = pipeline;
    this.normalization = new PixelNormalization(normalization);
    this.seed = seed;
  }

  /**
   * Changes and normalizes a batch.
   *
   * @param pixels whole numbers 0..255, float32 of shape (batch, channels, height, width) with 1
   *     channel (grey) or 3 (red, green, blue); used up
   * @param epoch the number of the epoch
   * @param places where in the epoch each image comes
   * @return float32 of the same shape, owned by the manager of the pixels
   * @throws IllegalArgumentException if there are neither 1 nor 3 channels
   */
  public NDArray apply(NDArray pixels, int epoch, int[] places) {
    return draw(pixels.getShape(), epoch, places).apply(pixels);
  }

  /**
   * Draws what happens to a batch, on the host alone: on any thread, and before the batch is there.
   *
   * @param images the shape (batch, channels, height, width), with 1 channel or 3
   * @param epoch the number of the epoch
   * @param places where in the epoch each image comes
   * @throws IllegalArgumentException if there are neither 1 nor 3 channels
   */
  public Drawn draw(Shape images, int epoch, int[] places) {
    pipeline.requireChannels(images.get(1));
    Numbers numbers = new Numbers();
    List<BatchChange> changes = new ArrayList<>();
    pipeline.crop().ifPresent(s -> add(changes, s, Step.CROP, images, epoch, places, numbers));
    if (pipeline.flip()) {
      add(changes, new HorizontalFlip(), Step.FLIP, images, epoch, places, numbers);
    }
    pipeline
        .randAugment()
        .ifPresent(s -> add(changes, s, Step.RAND_AUGMENT, images, epoch, places, numbers));
    pipeline.jitter().ifPresent(s -> add(changes, s, Step.JITTER, images, epoch, places, numbers));
    changes.add(normalization.change(numbers));
    pipeline.erasing().ifPresent(s -> add(changes, s, Step.ERASE, images, epoch, places, numbers));
    return new Drawn(numbers, changes);
  }

  private void add(
      List<BatchChange> changes,
      RandomChange change,
      Step step,
      Shape images,
      int epoch,
      int[] places,
      Numbers numbers) {
    SeededRandom[] random = new SeededRandom[places.length];
    for (int i = 0; i < random.length; i++) {
      random[i] = SeededRandom.of(Purpose.AUGMENTATION, seed, epoch, places[i], step.ordinal());
    }
    changes.add(change.draw(random, images, numbers));
  }

  /** What happens to one batch. */
  public static final class Drawn {
    private final Numbers numbers;
    private final List<BatchChange> changes;

    private Drawn(Numbers numbers, List<BatchChange> changes) {
      this.numbers = numbers;
      this.changes = List.copyOf(changes);
    }

    /**
     * Changes and normalizes the batch; one array is copied to its device for that. Once.
     *
     * @param pixels whole numbers 0..255, float32 of the shape that was drawn for; used up
     * @return float32 of the same shape, owned by the manager of the pixels
     */
    public NDArray apply(NDArray pixels) {
      try (NDManager work = pixels.getManager().newSubManager()) {
        numbers.copyTo(work);
        NDArray images = pixels;
        for (BatchChange change : changes) {
          images = alone(images, change);
        }
        return images;
      }
    }
  }

  /** Makes a change and frees everything but its result: a step's temporaries are many. */
  private static NDArray alone(NDArray images, BatchChange change) {
    NDManager owner = images.getManager();
    try (NDManager work = owner.newSubManager()) {
      images.attach(work);
      NDArray changed = change.apply(images);
      changed.attach(owner);
      return changed;
    }
  }
}
