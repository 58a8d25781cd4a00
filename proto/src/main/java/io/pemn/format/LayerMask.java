package io.pemn.format;

import io.pemn.format.proto.MaskKind;

/**
 * The learned mask of one layer: what it makes of each prototype value p, immutable. The effective
 * weight is the scale times p, -p or 0.
 *
 * @since 0.1
 */
public sealed interface LayerMask {
  /** {@return the number of weights} */
  int size();

  /** {@return the weights that are not 0} */
  Mask kept();

  /** {@return the weights that are -p, all of them kept} */
  Mask negated();

  /** {@return this kind of mask, as the archive names it} */
  MaskKind kind();

  /**
   * Compares masks.
   *
   * @param other a mask of this kind and size
   * @return the number of weights for which it says something else
   * @throws IllegalArgumentException if it is of another kind or size
   */
  default int differences(LayerMask other) {
    if (kind() != other.kind() || size() != other.size()) {
      throw new IllegalArgumentException(
          "Masks of kinds "
              + kind()
              + " and "
              + other.kind()
              + " with "
              + size()
              + " and "
              + other.size()
              + " weights cannot be compared.");
    }
    // Some kinds make these anew at every call.
    Mask kept = kept();
    Mask otherKept = other.kept();
    Mask negated = negated();
    Mask otherNegated = other.negated();
    int differences = 0;
    for (int i = 0; i < kept.words(); i++) {
      differences +=
          Long.bitCount(
              (kept.word(i) ^ otherKept.word(i)) | (negated.word(i) ^ otherNegated.word(i)));
    }
    return differences;
  }

  /**
   * The {0, 1} mask of the paper: p or 0.
   *
   * @param kept the weights that are p
   * @since 0.1
   */
  record Keep(Mask kept) implements LayerMask {
    @Override
    public int size() {
      return kept.size();
    }

    @Override
    public Mask negated() {
      return Mask.none(size());
    }

    @Override
    public MaskKind kind() {
      return MaskKind.KEEP;
    }
  }

  /**
   * The {-1, 1} mask: p or -p.
   *
   * @param negated the weights that are -p
   * @since 0.1
   */
  record Sign(Mask negated) implements LayerMask {
    @Override
    public int size() {
      return negated.size();
    }

    @Override
    public Mask kept() {
      return Mask.all(size());
    }

    @Override
    public MaskKind kind() {
      return MaskKind.SIGN;
    }
  }

  /**
   * The {-1, 0, 1} mask: p, -p or 0.
   *
   * @param kept the weights that are p or -p
   * @param negated those of them that are -p
   * @since 0.1
   */
  record Ternary(Mask kept, Mask negated) implements LayerMask {
    /**
     * Checks that what is negated is kept.
     *
     * @param kept the weights that are p or -p
     * @param negated those of them that are -p
     * @throws IllegalArgumentException if what is negated is not kept, or the sizes differ
     */
    public Ternary {
      if (kept.size() != negated.size()) {
        throw new IllegalArgumentException(
            "A ternary mask cannot keep among "
                + kept.size()
                + " weights and negate among "
                + negated.size()
                + ".");
      }
      for (int i = 0; i < kept.words(); i++) {
        if ((negated.word(i) & ~kept.word(i)) != 0) {
          throw new IllegalArgumentException(
              "A ternary mask negates a weight that it does not keep.");
        }
      }
    }

    @Override
    public int size() {
      return kept.size();
    }

    @Override
    public MaskKind kind() {
      return MaskKind.TERNARY;
    }
  }
}
