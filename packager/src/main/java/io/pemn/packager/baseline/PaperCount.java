package io.pemn.packager.baseline;

/**
 * Bytes as the paper counts them (Bai et al., NeurIPS 2022): one bit a masked weight; 32 bits for
 * every number that is kept as it is; and for a sparse matrix of compressed rows 32 bits for each
 * of its values, its column indices and its row pointers. No compression, no names.
 */
public final class PaperCount {
  private static final int WORD = 4;

  private PaperCount() {}

  /**
   * Masks.
   *
   * @param bits one a weight, and of ternary masks one a kept weight more
   */
  public static long masks(long bits) {
    return (bits + 7) / 8;
  }

  /**
   * Numbers that are kept as they are.
   *
   * @param count how many
   */
  public static long numbers(long count) {
    return WORD * count;
  }

  /**
   * A sparse matrix.
   *
   * @param nonZero weights that are not 0
   * @param rows output channels
   */
  public static long sparse(long nonZero, long rows) {
    return WORD * (2 * nonZero + rows + 1);
  }
}
