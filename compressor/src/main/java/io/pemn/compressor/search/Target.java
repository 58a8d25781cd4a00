package io.pemn.compressor.search;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is asked of an archive. */
public sealed interface Target {
  /**
   * The whole file has at most so many bytes.
   *
   * @param bytes at least 1
   */
  record Size(long bytes) implements Target {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%,d bytes", bytes);
    }
  }

  /**
   * The whole file is at least so many times smaller than all parameters as float32.
   *
   * @param times greater than 0
   */
  record Ratio(double times) implements Target {
    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException in one sentence, if it is out of range
     */
    public Ratio {
      if (!(times > 0 && Double.isFinite(times))) {
        throw new IllegalArgumentException(
            "The target ratio must be greater than 0, not " + times + ".");
      }
    }

    @Override
    public String toString() {
      return number(times) + " times smaller than fp32";
    }
  }

  /**
   * The accuracy is at most so many points of a hundred below the reference.
   *
   * @param points at least 0, less than 100
   */
  record Drop(double points) implements Target {
    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException in one sentence, if it is out of range
     */
    public Drop {
      if (!(points >= 0 && points < 100)) {
        throw new IllegalArgumentException(
            "The drop of accuracy must be at least 0 and less than 100 points, not "
                + points
                + ".");
      }
    }

    @Override
    public String toString() {
      return "a drop of at most " + text(points);
    }

    /** Such as {@code 1.5 points}. */
    static String text(double points) {
      return number(points) + (points == 1 ? " point" : " points");
    }
  }

  /** A number of bytes with its unit, such as {@code 40KB}. */
  Pattern SIZE = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?) ?([A-Za-z]*)");

  /** More than any file has, and still exact in whole numbers and in double precision. */
  BigDecimal GREATEST_SIZE = BigDecimal.valueOf(1L << 53);

  /** What the units stand for. */
  Map<String, Integer> UNITS =
      Map.of("", 1, "b", 1, "kb", 1000, "kib", 1024, "mb", 1000 * 1000, "mib", 1024 * 1024);

  /**
   * Reads a size.
   *
   * @param text such as 40000, 40KB (1000 bytes each), 40KiB (1024), 1.5MB or 1MiB
   * @throws IllegalArgumentException in one sentence, if it is none
   */
  static Target size(String text) {
    Matcher size = SIZE.matcher(text);
    if (size.matches() && UNITS.containsKey(size.group(2).toLowerCase(Locale.ROOT))) {
      int unit = UNITS.get(size.group(2).toLowerCase(Locale.ROOT));
      BigDecimal bytes = new BigDecimal(size.group(1)).multiply(BigDecimal.valueOf(unit));
      if (bytes.compareTo(BigDecimal.ONE) >= 0 && bytes.compareTo(GREATEST_SIZE) <= 0) {
        return new Size(bytes.setScale(0, RoundingMode.FLOOR).longValueExact());
      }
    }
    throw new IllegalArgumentException(
        "The target size '"
            + text
            + "' is no number of bytes; give one such as 40000, 40KB (of 1000 bytes), 40KiB (of"
            + " 1024), 1.5MB or 1MiB.");
  }

  private static String number(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
