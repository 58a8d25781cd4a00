package io.pemn.loader.image;

import java.util.Arrays;

/**
 * Brings one plane of an image to another size, without keeping its proportions: bilinear where it
 * grows; where it shrinks, each pixel is an average of the area that it covers and its
 * surroundings, with weights that fall off linearly (the same triangle, wider).
 *
 * <p>Training reads folders of images with it, so that images which are resized alike before
 * prediction are what the network has learned from. Instances are immutable.
 */
public final class Resampling {
  private final int fromHeight;
  private final int fromWidth;
  private final Taps rows;
  private final Taps columns;

  /** From one size to another, each in pixels and at least 1. */
  public Resampling(int fromHeight, int fromWidth, int toHeight, int toWidth) {
    this.fromHeight = fromHeight;
    this.fromWidth = fromWidth;
    this.rows = Taps.of(fromHeight, toHeight);
    this.columns = Taps.of(fromWidth, toWidth);
  }

  /** The pixels that make up each new one: weights[i] from first[i] on, adding up to 1. */
  private record Taps(int[] first, float[][] weights) {
    static Taps of(int from, int to) {
      double scale = (double) from / to;
      double reach = Math.max(scale, 1);
      int[] first = new int[to];
      float[][] weights = new float[to][];
      for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale;
        first[i] = Math.max(0, (int) Math.floor(centre - reach));
        int end = Math.min(from, (int) Math.ceil(centre + reach));
        double[] raw = new double[end - first[i]];
        double sum = 0;
        for (int tap = 0; tap < raw.length; tap++) {
          raw[tap] = Math.max(0, 1 - Math.abs(first[i] + tap + 0.5 - centre) / reach);
          sum += raw[tap];
        }
        weights[i] = new float[raw.length];
        for (int tap = 0; tap < raw.length; tap++) {
          weights[i][tap] = (float) (raw[tap] / sum);
        }
      }
      return new Taps(first, weights);
    }
  }

  /**
   * Resamples a plane.
   *
   * @param plane unsigned bytes, row by row
   * @param target gets the new plane from {@code offset} on
   * @param offset where in {@code target} the new plane begins
   */
  public void apply(byte[] plane, byte[] target, int offset) {
    if (fromHeight == rows.first().length && fromWidth == columns.first().length) {
      System.arraycopy(plane, 0, target, offset, plane.length);
      return;
    }
    float[] line = new float[fromWidth];
    int to = offset;
    for (int row = 0; row < rows.first().length; row++) {
      Arrays.fill(line, 0);
      float[] down = rows.weights()[row];
      for (int tap = 0; tap < down.length; tap++) {
        int from = (rows.first()[row] + tap) * fromWidth;
        for (int x = 0; x < fromWidth; x++) {
          line[x] += down[tap] * (plane[from + x] & 0xff);
        }
      }
      for (int column = 0; column < columns.first().length; column++) {
        float[] across = columns.weights()[column];
        int from = columns.first()[column];
        float sum = 0;
        for (int tap = 0; tap < across.length; tap++) {
          sum += across[tap] * line[from + tap];
        }
        target[to++] = (byte) Math.min(255, (int) (sum + 0.5f));
      }
    }
  }
}
