package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;

/** A change of which everything is decided: only the device has still to make it. */
@FunctionalInterface
interface BatchChange {
  /**
   * Changes a batch without writing to it. What the change needs is on the device by now.
   *
   * @param images float32 of shape (batch, channels, height, width); before normalization whole
   *     numbers 0..255, and so is what comes back
   * @return an array of the same shape, or the given one if nothing changes
   */
  NDArray apply(NDArray images);
}
