package io.pemn.compressor.loading;

import java.util.Collection;
import java.util.Locale;

/**
 * Several measurements of one thing.
 *
 * @param least of them
 * @param median the one in the middle, or the mean of both there
 * @param greatest of them
 */
public record Spread(double least, double median, double greatest) {
  /**
   * Of measurements.
   *
   * @param values at least one
   */
  public static Spread of(Collection<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(sorted[0], median, sorted[sorted.length - 1]);
  }

  /** The same in another unit. */
  public Spread scaled(double factor) {
    return new Spread(least * factor, median * factor, greatest * factor);
  }

  /** Such as {@code 0.41 (0.40 to 0.45)}, or the one value alone. */
  public String toText(int decimals) {
    String number = "%,." + decimals + "f";
    if (least == greatest) {
      return String.format(Locale.ROOT, number, median);
    }
    return String.format(
        Locale.ROOT, number + " (" + number + " to " + number + ")", median, least, greatest);
  }
}
