package io.pemn.compressor.data;

/** Image sets for tests in other packages. */
public final class HandmadeImages {
  private HandmadeImages() {}

  /** Grey images of unsigned bytes, one row after the other, and the class of each. */
  public static ImageSet grey(int height, int width, int classes, byte[] pixels, int[] labels) {
    return new ImageSet(1, height, width, classes, pixels, labels);
  }
}
