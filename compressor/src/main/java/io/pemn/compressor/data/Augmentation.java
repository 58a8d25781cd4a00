package io.pemn.compressor.data;

import java.util.Arrays;

/**
 * Random changes to a training image that keep its class: a shift, which is a random crop after
 * padding with black, and a horizontal flip. The padding is the pixel 0 before normalization, so a
 * shifted image has the same background as the images of the set.
 *
 * @param maxShift how many pixels an image is moved at most in each of the four directions, at
 *     least 0; every shift -maxShift..maxShift, across and down, is equally likely
 * @param flip whether an image is mirrored left to right with probability 1/2
 */
public record Augmentation(int maxShift, boolean flip) {
  /** Leaves every image as it is. */
  public static final Augmentation NONE = new Augmentation(0, false);

  /**
   * Checks the shift.
   *
   * @throws IllegalArgumentException if the shift is negative
   */
  public Augmentation {
    if (maxShift < 0) {
      throw new IllegalArgumentException(
          "A shift by up to "
              + maxShift
              + " pixels was asked for, but it must be 0 or more; give 0 for no shift.");
    }
  }

  /**
   * Returns a shift by up to {@code maxShift} pixels in each direction and a flip with probability
   * 1/2.
   *
   * @throws IllegalArgumentException if the shift is negative
   */
  public static Augmentation shiftAndFlip(int maxShift) {
    return new Augmentation(maxShift, true);
  }

  /** Draws what happens to one image. */
  Placement draw(SeededRandom random) {
    int right = maxShift == 0 ? 0 : random.below(2 * maxShift + 1) - maxShift;
    int down = maxShift == 0 ? 0 : random.below(2 * maxShift + 1) - maxShift;
    return new Placement(right, down, flip && random.coin());
  }

  /**
   * What happens to one image: it is mirrored if {@code flipped}, then moved.
   *
   * @param right by how many columns it moves to the right; to the left if negative
   * @param down by how many rows it moves down; up if negative
   */
  record Placement(int right, int down, boolean flipped) {
    static final Placement UNCHANGED = new Placement(0, 0, false);

    /**
     * Writes one image, changed so and normalized, to {@code target}.
     *
     * @param pixels holds the image from {@code offset} on, CHW, unsigned bytes
     * @param tables what a pixel becomes, [channel][pixel]
     * @param target CHW, from index 0
     */
    void place(byte[] pixels, int offset, int height, int width, float[][] tables, float[] target) {
      int first = Math.min(Math.max(right, 0), width);
      int end = Math.max(Math.min(width + right, width), first);
      int to = 0;
      for (int channel = 0; channel < tables.length; channel++) {
        float[] table = tables[channel];
        float black = table[0];
        int plane = offset + channel * height * width;
        for (int row = 0; row < height; row++, to += width) {
          int sourceRow = row - down;
          if (sourceRow < 0 || sourceRow >= height) {
            Arrays.fill(target, to, to + width, black);
            continue;
          }
          int line = plane + sourceRow * width;
          Arrays.fill(target, to, to + first, black);
          if (flipped) {
            int mirrored = line + width - 1 + right;
            for (int column = first; column < end; column++) {
              target[to + column] = table[pixels[mirrored - column] & 0xff];
            }
          } else {
            int straight = line - right;
            for (int column = first; column < end; column++) {
              target[to + column] = table[pixels[straight + column] & 0xff];
            }
          }
          Arrays.fill(target, to + end, to + width, black);
        }
      }
    }
  }
}
