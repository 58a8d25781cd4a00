package io.pemn.compressor.augment;

import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.SeededRandom;

/** A change that each image of a batch gets its own random parameters for. */
interface RandomChange {
  /**
   * Draws what happens to a batch.
   *
   * @param random the draws of each image, used for nothing else
   * @param images the shape (batch, channels, height, width)
   * @param numbers gets what the device needs for it
   */
  BatchChange draw(SeededRandom[] random, Shape images, Numbers numbers);
}
