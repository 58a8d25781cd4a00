package io.pemn.packager.imports;

import io.pemn.format.Mask;
import java.util.Arrays;

/**
 * The mask that scores stand for: the greatest absolute scores of a layer (edge-popup, Ramanujan et
 * al., CVPR 2020, with the absolute values of the paper).
 *
 * @param mask what is kept
 * @param isTied whether scores that are kept and scores that are not have the same size, so that
 *     PyTorch may have kept others of them
 */
record TopScores(Mask mask, boolean isTied) {
  /**
   * Keeps {@code n - trunc((1 - density) * n)} of n scores, in the floating-point arithmetic of
   * Python, which is Java's. Of scores of one size those that stand later are kept. PyTorch's sort
   * promises no order for them, and has another with every version and device.
   *
   * @param scores none of them NaN
   * @param density 0 to 1
   */
  static TopScores of(float[] scores, double density) {
    int dropped = (int) ((1 - density) * scores.length);
    if (dropped == 0) {
      return new TopScores(Mask.all(scores.length), false);
    }
    // Bits of floats that are not negative stand in the order of the floats.
    int[] sizes = new int[scores.length];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Float.floatToRawIntBits(Math.abs(scores[i]));
    }
    int[] sorted = sizes.clone();
    Arrays.sort(sorted);
    int edge = sorted[dropped - 1];
    boolean tied = dropped < sorted.length && sorted[dropped] == edge;
    int first = dropped - 1;
    while (first > 0 && sorted[first - 1] == edge) {
      first--;
    }
    int droppedAtEdge = dropped - first;
    byte[] kept = new byte[sizes.length];
    for (int i = 0; i < kept.length; i++) {
      boolean keep = sizes[i] > edge;
      if (sizes[i] == edge) {
        keep = droppedAtEdge == 0;
        droppedAtEdge -= keep ? 0 : 1;
      }
      kept[i] = (byte) (keep ? 1 : 0);
    }
    return new TopScores(Mask.ofBytes(kept), tied);
  }
}
