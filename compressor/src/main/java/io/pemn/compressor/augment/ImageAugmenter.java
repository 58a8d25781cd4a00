package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.pemn.compressor.data.SeededRandom;
import io.pemn.compressor.data.SeededRandom.Purpose;
import io.pemn.format.Normalization;
import java.util.function.UnaryOperator;

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
    pipeline.requireChannels(pixels.getShape().get(1));
    NDArray images = pixels;
    if (pipeline.crop().isPresent()) {
      images = step(images, pipeline.crop().get(), Step.CROP, epoch, places);
    }
    if (pipeline.flip()) {
      images = step(images, new HorizontalFlip(), Step.FLIP, epoch, places);
    }
    if (pipeline.randAugment().isPresent()) {
      images = step(images, pipeline.randAugment().get(), Step.RAND_AUGMENT, epoch, places);
    }
    if (pipeline.jitter().isPresent()) {
      images = step(images, pipeline.jitter().get(), Step.JITTER, epoch, places);
    }
    images = alone(images, normalization::apply);
    if (pipeline.erasing().isPresent()) {
      images = step(images, pipeline.erasing().get(), Step.ERASE, epoch, places);
    }
    return images;
  }

  private NDArray step(NDArray images, RandomChange change, Step step, int epoch, int[] places) {
    SeededRandom[] random = new SeededRandom[places.length];
    for (int i = 0; i < random.length; i++) {
      random[i] = SeededRandom.of(Purpose.AUGMENTATION, seed, epoch, places[i], step.ordinal());
    }
    return alone(images, part -> change.apply(part, random));
  }

  /** Makes a change and frees everything but its result: a step's temporaries are many. */
  private static NDArray alone(NDArray images, UnaryOperator<NDArray> change) {
    NDManager owner = images.getManager();
    try (NDManager work = owner.newSubManager()) {
      images.attach(work);
      NDArray changed = change.apply(images);
      changed.attach(owner);
      return changed;
    }
  }
}
