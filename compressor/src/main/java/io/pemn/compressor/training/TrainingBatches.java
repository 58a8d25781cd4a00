package io.pemn.compressor.training;

import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.augment.AugmentationPipeline;
import io.pemn.compressor.augment.ImageAugmenter;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.data.SampleSet;
import io.pemn.format.Normalization;
import java.util.Optional;

/**
 * The batches that a training learns from: those that the preparing thread makes ready, or raw ones
 * and what makes them ready on the device.
 */
final class TrainingBatches {
  private TrainingBatches() {}

  /** The batches of a training. */
  static Batches of(TrainingOptions options, SampleSet set) {
    return of(
        options.augmentation(), set, options.normalization(), options.batchSize(), options.seed());
  }

  /**
   * The batches of a training, in a random order.
   *
   * @throws IllegalArgumentException in one sentence, if a pipeline is to change samples that are
   *     no images, or as {@link Batches} does
   */
  static Batches of(
      AugmentationChoice choice,
      SampleSet set,
      Normalization normalization,
      int batchSize,
      long seed) {
    if (choice instanceof AugmentationChoice.OfBytes bytes) {
      return new Batches(set, normalization, bytes.augmentation(), batchSize, true, seed);
    }
    AugmentationPipeline pipeline = (AugmentationPipeline) choice;
    if (!(set instanceof ImageSet images)) {
      throw new IllegalArgumentException(
          "The augmentation "
              + choice
              + " was asked for, but it changes images, and these are "
              + set
              + "; switch it off.");
    }
    pipeline.requireChannels(images.channels());
    normalization.requireChannels(images.channels());
    return Batches.ofPixels(images, batchSize, true, seed);
  }

  /** What makes input of the batches of a training that are raw. */
  static Optional<ImageAugmenter> augmenter(
      AugmentationChoice choice, Normalization normalization, long seed) {
    return choice instanceof AugmentationPipeline pipeline
        ? Optional.of(new ImageAugmenter(pipeline, normalization, seed))
        : Optional.empty();
  }
}
