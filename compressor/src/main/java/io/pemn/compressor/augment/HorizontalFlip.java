package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.SeededRandom;
import java.util.stream.IntStream;

/** Mirrors an image left to right with probability 1/2. */
final class HorizontalFlip implements RandomChange {
  @Override
  public BatchChange draw(SeededRandom[] random, Shape images, Numbers numbers) {
    int[] flipped = IntStream.range(0, random.length).filter(i -> random[i].coin()).toArray();
    BatchGroups groups = new BatchGroups(random.length);
    groups.add(flipped, HorizontalFlip::mirrored);
    return groups.together(numbers);
  }

  /** All images mirrored. */
  static NDArray mirrored(NDArray images) {
    return images.flip(3);
  }
}
