package io.pemn.format.network;

/**
 * The shape of one input image, channels first.
 *
 * @param channels 1 to 4096
 * @param height in pixels, 1 to 65536
 * @param width in pixels, 1 to 65536
 * @since 0.1
 */
public record ImageShape(int channels, int height, int width) {
  /**
   * Checks the ranges.
   *
   * @param channels number of channels
   * @param height in pixels
   * @param width in pixels
   * @throws IllegalArgumentException in one sentence, if a size is out of range
   */
  public ImageShape {
    Sizes.check("the number of channels", channels, 1, 4096);
    Sizes.check("the image height", height, 1, 1 << 16);
    Sizes.check("the image width", width, 1, 1 << 16);
  }

  /**
   * Counts the values of one image.
   *
   * @return channels times height times width
   * @throws ArithmeticException if that is more than 2147483647
   */
  public int values() {
    return Math.multiplyExact(Math.multiplyExact(channels, height), width);
  }

  @Override
  public String toString() {
    return channels + " x " + height + " x " + width;
  }
}
