package io.pemn.format.mask;

import io.pemn.format.Mask;
import java.util.Optional;

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
   * Codes a segment's bits.
   *
   * @throws IllegalArgumentException if they have another number of ones than the segment says
   */
  static void encode(MaskLayout.Segment segment, Mask mask, BitSink sink) {
    new SegmentEncoder(segment, mask).encode(sink);
  }

  private void encode(BitSink sink) {
    if (segment.ones() == MaskLayout.UNKNOWN) {
      sink.putEven(ones, SegmentSettings.bits(bits.length));
    } else if (segment.ones() != ones) {
      throw new IllegalArgumentException(
          "A segment of " + segment.ones() + " ones cannot have " + ones + ".");
    }
    if (ones > 0 && ones < bits.length) {
      int sample = Math.min(bits.length, Math.max(rowLength, SAMPLE / rowLength * rowLength));
      put(new Search(sample).best(), sink);
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
      for (int i = at; i < end; i++) {
        left -= bits[i];
      }
    }
  }

  /** Looks for the settings that give the shortest code of the first bits. */
  private final class Search {
    private final int length;
    private final int count;
    private double shortest;
    private SegmentSettings best = new SegmentSettings(0, 0, 0);
    private boolean flat = true;

    Search(int length) {
      this.length = length;
      int sum = 0;
      for (int i = 0; i < length; i++) {
        sum += bits[i];
      }
      count = sum;
    }

    Optional<SegmentSettings> best() {
      if (count == 0 || count == length) {
        return Optional.empty();
      }
      CostMeter meter = new CostMeter();
      putFlat(length, count, meter);
      shortest = meter.bits();
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
      if (!flat && settings.equals(best)) {
        return;
      }
      CostMeter meter = new CostMeter();
      putAdaptive(settings, length, count, meter);
      if (meter.bits() < shortest) {
        shortest = meter.bits();
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
