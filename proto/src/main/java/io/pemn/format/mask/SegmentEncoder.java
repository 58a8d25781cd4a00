package io.pemn.format.mask;

import io.pemn.format.Mask;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Codes one segment, in the best of the ways that {@link SegmentDecoder} reads. */
final class SegmentEncoder {
  /** Bits of a flat segment between two looks at how many ones are left. */
  static final int BLOCK = 64;

  /** Settings are chosen by the first rows of a large segment. */
  private static final int SAMPLE = 1 << 21;

  private static final int MAX_DISTANCE = 256;
  private static final int DISTANCE_SAMPLE = 1 << 18;

  private final MaskLayout.Segment segment;
  private final int rowLength;
  private final byte[] bits;
  private final int ones;

  private SegmentEncoder(MaskLayout.Segment segment, Mask mask) {
    this.segment = segment;
    rowLength = Math.min(segment.rowLength(), SegmentModel.MAX_ROW);
    bits = mask.toBytes();
    ones = mask.kept();
  }

  /**
   * The settings that make a segment's code short, or none if its bits are best coded flat.
   *
   * @throws IllegalArgumentException if they have another number of ones than the segment says
   */
  static Optional<SegmentSettings> settings(MaskLayout.Segment segment, Mask mask) {
    return new SegmentEncoder(segment, mask).best();
  }

  /**
   * Codes a segment's bits.
   *
   * @param settings what {@link #settings} says
   */
  static void encode(
      MaskLayout.Segment segment, Mask mask, Optional<SegmentSettings> settings, BitSink sink) {
    new SegmentEncoder(segment, mask).encode(settings, sink);
  }

  private Optional<SegmentSettings> best() {
    if (segment.ones() != MaskLayout.UNKNOWN && segment.ones() != ones) {
      throw new IllegalArgumentException(
          "A segment of " + segment.ones() + " ones cannot have " + ones + ".");
    }
    int sample = Math.min(bits.length, Math.max(rowLength, SAMPLE / rowLength * rowLength));
    return new Search(sample).best();
  }

  private void encode(Optional<SegmentSettings> settings, BitSink sink) {
    if (segment.ones() == MaskLayout.UNKNOWN) {
      sink.putEven(ones, SegmentSettings.bits(bits.length));
    }
    if (ones > 0 && ones < bits.length) {
      put(settings, sink);
    }
  }

  private void put(Optional<SegmentSettings> settings, BitSink sink) {
    sink.putEven(settings.isPresent() ? 1 : 0, 1);
    if (settings.isPresent()) {
      putAdaptive(settings.get(), bits.length, ones, sink);
    } else {
      putFlat(bits.length, ones, sink);
    }
  }

  private void putFlat(int length, int count, BitSink sink) {
    int left = count;
    for (int at = 0; at < length && left > 0 && left < length - at; at += BLOCK) {
      int probability = Logistic.probability(left, length - at);
      for (int i = at; i < Math.min(length, at + BLOCK); i++) {
        sink.put(bits[i], probability);
        left -= bits[i];
      }
    }
  }

  private void putAdaptive(SegmentSettings settings, int length, int count, BitSink sink) {
    sink.putEven(settings.rows(), SegmentSettings.STRENGTH_BITS);
    sink.putEven(settings.columns(), SegmentSettings.STRENGTH_BITS);
    sink.putEven(settings.distance(), SegmentSettings.bits(rowLength - 1));
    SegmentModel model = new SegmentModel(count, length, rowLength, settings);
    int left = count;
    for (int at = 0; at < length && left > 0 && left < length - at; at += rowLength) {
      int end = Math.min(length, at + rowLength);
      model.put(bits, at, end - at, sink);
      left -= ones(at, end);
    }
  }

  private void measureFlat(int length, int count, CostBounds bounds) {
    int left = count;
    for (int at = 0; at < length && left > 0 && left < length - at; at += BLOCK) {
      int end = Math.min(length, at + BLOCK);
      int found = ones(at, end);
      bounds.add(found, end - at - found, Logistic.probability(left, length - at));
      left -= found;
    }
  }

  private void measureAdaptive(SegmentSettings settings, int length, int count, CostBounds bounds) {
    bounds.addEven(2 * SegmentSettings.STRENGTH_BITS + SegmentSettings.bits(rowLength - 1));
    SegmentModel model = new SegmentModel(count, length, rowLength, settings);
    int left = count;
    for (int at = 0; at < length && left > 0 && left < length - at; at += rowLength) {
      int end = Math.min(length, at + rowLength);
      model.measure(bits, at, end - at, bounds);
      left -= ones(at, end);
    }
  }

  private int ones(int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      sum += bits[i];
    }
    return sum;
  }

  /** How long a code is: between bounds, and exactly once these do not tell. */
  private static final class Length {
    private final Consumer<CostMeter> coding;
    private final double least;
    private final double most;
    private double exactly = Double.NaN;

    Length(Consumer<CostBounds> measuring, Consumer<CostMeter> coding) {
      CostBounds bounds = new CostBounds();
      measuring.accept(bounds);
      this.coding = coding;
      this.least = bounds.least();
      this.most = bounds.most();
    }

    boolean isLessThan(Length other) {
      if (most < other.least || least >= other.most) {
        return most < other.least;
      }
      return exactly() < other.exactly();
    }

    double exactly() {
      if (Double.isNaN(exactly)) {
        CostMeter meter = new CostMeter();
        coding.accept(meter);
        exactly = meter.bits();
      }
      return exactly;
    }
  }

  /** Looks for the settings that give the shortest code of the first bits. */
  private final class Search {
    private final int length;
    private final int count;
    private final Set<SegmentSettings> considered = new HashSet<>();
    private Length shortest;
    private SegmentSettings best = new SegmentSettings(0, 0, 0);
    private boolean flat = true;

    Search(int length) {
      this.length = length;
      count = ones(0, length);
    }

    Optional<SegmentSettings> best() {
      if (count == 0 || count == length) {
        return Optional.empty();
      }
      shortest =
          new Length(bounds -> measureFlat(length, count, bounds), m -> putFlat(length, count, m));
      boolean oneRow = rowLength >= length;
      SegmentSettings start = new SegmentSettings(2, oneRow ? 0 : 2, 0);
      consider(start);
      for (int rows = 0; rows < 4; rows++) {
        consider(new SegmentSettings(rows, start.columns(), 0));
      }
      for (int columns = 0; columns < 4 && !oneRow; columns++) {
        consider(new SegmentSettings(best.rows(), columns, 0));
      }
      if (!oneRow) {
        SegmentSettings without = best;
        if (rowLength > 1) {
          consider(new SegmentSettings(without.rows(), without.columns(), 1));
        }
        int likely = likelyDistance();
        if (likely > 1) {
          consider(new SegmentSettings(without.rows(), without.columns(), likely));
        }
      }
      if (!flat) {
        for (int rows = 0; rows < 4; rows++) {
          consider(new SegmentSettings(rows, best.columns(), best.distance()));
        }
      }
      return flat ? Optional.empty() : Optional.of(best);
    }

    private void consider(SegmentSettings settings) {
      // What was no shorter than the shortest then is no shorter than the shortest now.
      if (!considered.add(settings)) {
        return;
      }
      Length found =
          new Length(
              bounds -> measureAdaptive(settings, length, count, bounds),
              meter -> putAdaptive(settings, length, count, meter));
      if (found.isLessThan(shortest)) {
        shortest = found;
        best = settings;
        flat = false;
      }
    }

    /** The distance from 2 on at which most pairs of equal bits are more than chance would have. */
    private int likelyDistance() {
      int limit = Math.min(rowLength, MAX_DISTANCE);
      int[] pairs = new int[limit];
      int[] places = new int[rowLength];
      int rows = 0;
      for (int at = 0; at < Math.min(length, DISTANCE_SAMPLE); at += rowLength, rows++) {
        int found = 0;
        for (int i = 0; i < rowLength && at + i < length; i++) {
          if (bits[at + i] != 0) {
            for (int k = found - 1; k >= 0 && i - places[k] < limit; k--) {
              pairs[i - places[k]]++;
            }
            places[found++] = i;
          }
        }
      }
      double density = (double) count / length;
      int likely = 0;
      double most = 0;
      for (int distance = 2; distance < limit; distance++) {
        double chance = density * density * rows * (rowLength - distance);
        double more = (pairs[distance] - chance) / Math.sqrt(chance);
        if (more > most) {
          most = more;
          likely = distance;
        }
      }
      return likely;
    }
  }
}
