package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import io.pemn.compressor.data.SeededRandom;
import java.util.stream.IntStream;

/** Mirrors an image left to right with probability 1/2. */
final class HorizontalFlip implements RandomChange {
  @Override
  public NDArray apply(NDArray images, SeededRandom[] random) {
    int[] flipped = IntStream.range(0, random.length).filter(i -> random[i].coin()).toArray();
    BatchGroups groups = new BatchGroups(random.length);
    groups.add(flipped, HorizontalFlip::mirrored);
    return groups.apply(images);
  }

  /** All images mirrored. */
  static NDArray mirrored(NDArray images) {
    return images.flip(3);
  }
}
