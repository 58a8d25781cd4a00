package io.pemn.compressor.search;

import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.training.TrainingOptions;
import java.util.Locale;
import java.util.Map;

/**
 * Masks that could be learned.
 *
 * @param type what they can say of a weight
 * @param perMille thousandths of the weights that they keep; of sign masks all
 */
public record Candidate(MaskType type, int perMille) {
  /** Everything. */
  static final int ALL = 1000;

  /** The fraction of the weights that are kept. */
  public double density() {
    return perMille / (double) ALL;
  }

  /** The options of its training: those of its kind of mask, at its density. */
  public TrainingOptions options(TrainingOptions base) {
    Map<String, String> map = base.toMap();
    map.put("mask", type.toString());
    map.put("density", Double.toString(density()));
    return TrainingOptions.of(map);
  }

  /** Such as {@code ternary-0.213}; of sign masks {@code sign}. */
  public String name() {
    return type == MaskType.SIGN
        ? type.toString()
        : String.format(Locale.ROOT, "%s-%.3f", type, density());
  }

  /** Such as {@code ternary masks that keep 21.3 %}. */
  @Override
  public String toString() {
    return type == MaskType.SIGN
        ? "sign masks"
        : String.format(Locale.ROOT, "%s masks that keep %.1f %%", type, 100 * density());
  }
}
