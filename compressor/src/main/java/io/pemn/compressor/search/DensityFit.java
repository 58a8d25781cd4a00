package io.pemn.compressor.search;

import io.pemn.compressor.masking.MaskType;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The greatest density with which an archive still has a size. Sizes are measured, not computed, so
 * that it holds for whatever code stores the masks; the entropy only says where to measure next.
 */
final class DensityFit {
  /** The least density that is worth a training. */
  private static final int LEAST = 5;

  /** The greatest: of binary masks the one with the most entropy. */
  static final int GREATEST = 500;

  /** A size this close below the limit is good enough. */
  private static final double CLOSE = 0.002;

  /** Measures the archive of a candidate. */
  @FunctionalInterface
  interface Scales {
    Prediction weigh(Candidate candidate) throws IOException;
  }

  /**
   * What was found.
   *
   * @param candidate the densest that fits; empty if none does
   * @param prediction of it, or of the sparsest if none fits
   */
  record Fit(Optional<Candidate> candidate, Prediction prediction) {}

  private final Scales scales;
  private final Map<Candidate, Prediction> known = new LinkedHashMap<>();

  DensityFit(Scales scales) {
    this.scales = scales;
  }

  /** Looks for the densest masks of a kind whose archive has at most so many bytes. */
  Fit densest(MaskType type, long limit) throws IOException {
    if (type == MaskType.SIGN) {
      return fit(new Candidate(type, Candidate.ALL), limit);
    }
    Candidate above = new Candidate(type, GREATEST);
    if (weigh(above).bytes() <= limit) {
      return fit(above, limit);
    }
    Candidate below = new Candidate(type, LEAST);
    if (weigh(below).bytes() > limit) {
      return fit(below, limit);
    }
    boolean halve = false;
    while (above.perMille() - below.perMille() > 1
        && limit - weigh(below).bytes() > CLOSE * limit) {
      int middle = (below.perMille() + above.perMille()) / 2;
      int guess = halve ? middle : guess(below, above, limit);
      int width = above.perMille() - below.perMille();
      Candidate next = new Candidate(type, guess);
      if (weigh(next).bytes() <= limit) {
        below = next;
      } else {
        above = next;
      }
      // Where the entropy leads nowhere, halving does.
      halve = above.perMille() - below.perMille() > width / 2;
    }
    return fit(below, limit);
  }

  /** The size of a candidate's archive, measured once. */
  Prediction weigh(Candidate candidate) throws IOException {
    Prediction prediction = known.get(candidate);
    if (prediction == null) {
      prediction = scales.weigh(candidate);
      known.put(candidate, prediction);
    }
    return prediction;
  }

  private Fit fit(Candidate candidate, long limit) throws IOException {
    Prediction prediction = weigh(candidate);
    boolean fits = prediction.bytes() <= limit;
    return new Fit(fits ? Optional.of(candidate) : Optional.empty(), prediction);
  }

  /** Between the two, where sizes in proportion to the entropy would reach the limit. */
  private int guess(Candidate below, Candidate above, long limit) throws IOException {
    long low = weigh(below).bytes();
    long high = weigh(above).bytes();
    double share = (double) (limit - low) / (high - low);
    double from = entropy(below.type(), below.perMille());
    double wanted = from + share * (entropy(above.type(), above.perMille()) - from);
    int least = below.perMille() + 1;
    int greatest = above.perMille() - 1;
    while (least < greatest) {
      int middle = (least + greatest + 1) / 2;
      if (entropy(below.type(), middle) <= wanted) {
        least = middle;
      } else {
        greatest = middle - 1;
      }
    }
    return least;
  }

  /** Bits a weight. */
  private static double entropy(MaskType type, int perMille) {
    double kept = perMille / (double) Candidate.ALL;
    double bits = -kept * log2(kept) - (1 - kept) * log2(1 - kept);
    return type == MaskType.TERNARY ? bits + kept : bits;
  }

  private static double log2(double value) {
    return Math.log(value) / Math.log(2);
  }
}
