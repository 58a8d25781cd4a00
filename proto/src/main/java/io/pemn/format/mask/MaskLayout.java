package io.pemn.format.mask;

import io.pemn.format.proto.MaskKind;
import java.util.ArrayList;
import java.util.List;

/**
 * What the bits of the masks stand for, as the metadata say it: the weights of every layer, then
 * the signs of every ternary layer.
 *
 * @param segments in the order of their bits
 */
public record MaskLayout(List<Segment> segments) {
  /** What {@link Segment#ones()} says where the metadata do not tell. */
  static final int UNKNOWN = -1;

  /**
   * Bits that belong together.
   *
   * @param positions number of bits
   * @param rowLength number of bits of a row; 1 or more
   * @param ones number of bits that are 1, or {@link MaskLayout#UNKNOWN}
   */
  public record Segment(int positions, int rowLength, int ones) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if they are impossible
     */
    public Segment {
      if (positions < 0 || rowLength < 1 || ones < UNKNOWN || ones > positions) {
        throw new IllegalArgumentException(
            "A segment cannot have "
                + positions
                + " bits, "
                + ones
                + " of them 1, in rows of "
                + rowLength
                + ".");
      }
    }
  }

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if the segments together have more than 2^31 - 1 bits
   */
  public MaskLayout {
    segments = List.copyOf(segments);
    if (segments.stream().mapToLong(Segment::positions).sum() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("Masks cannot have more than 2147483647 bits.");
    }
  }

  /** One segment of which nothing else is known, in one row. */
  public static MaskLayout of(int positions) {
    return new MaskLayout(
        List.of(new Segment(positions, Math.max(1, positions), MaskLayout.UNKNOWN)));
  }

  /**
   * A masked layer.
   *
   * @param shape its dimensions
   * @param kept number of weights that its mask keeps
   * @param kind what the mask can say of a weight
   */
  public record Masked(List<Integer> shape, int kept, MaskKind kind) {
    /** Copies the shape. */
    public Masked {
      shape = List.copyOf(shape);
    }
  }

  /**
   * The layout of an archive's masks.
   *
   * @param layers the archive's, found sound
   */
  public static MaskLayout of(List<Masked> layers) {
    List<Segment> segments = new ArrayList<>();
    List<Segment> signs = new ArrayList<>();
    for (Masked layer : layers) {
      int size = 1;
      for (int dimension : layer.shape()) {
        size = Math.multiplyExact(size, dimension);
      }
      int rowLength = layer.shape().size() < 2 || size == 0 ? size : size / layer.shape().get(0);
      segments.add(
          new Segment(
              size,
              Math.max(1, rowLength),
              layer.kind() == MaskKind.SIGN ? UNKNOWN : layer.kept()));
      if (layer.kind() == MaskKind.TERNARY) {
        signs.add(new Segment(layer.kept(), Math.max(1, layer.kept()), UNKNOWN));
      }
    }
    segments.addAll(signs);
    return new MaskLayout(segments);
  }

  /** Number of bits. */
  int positions() {
    return segments.stream().mapToInt(Segment::positions).sum();
  }
}
