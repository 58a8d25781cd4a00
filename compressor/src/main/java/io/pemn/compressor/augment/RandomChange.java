package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import io.pemn.compressor.data.SeededRandom;

/** A change that each image of a batch gets its own random parameters for. */
interface RandomChange {
  /**
   * Changes a batch without writing to it.
   *
   * @param images float32 of shape (batch, channels, height, width); before normalization whole
   *     numbers 0..255, and so is what comes back
   * @param random the draws of each image, used for nothing else
   * @return an array of the same shape, or the given one if nothing changes
   */
  NDArray apply(NDArray images, SeededRandom[] random);
}
