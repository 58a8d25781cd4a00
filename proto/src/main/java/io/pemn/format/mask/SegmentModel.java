package io.pemn.format.mask;

import java.util.Arrays;

/**
 * How likely the bits of one segment are 1: a logit that adds up what the segment, the bit's row,
 * its column and two bits before it say, each learned as the bits become known.
 */
final class SegmentModel {
  /** Bits of a row between two looks at how full it is. */
  static final int BLOCK = 16;

  /** Longer rows are cut. */
  static final int MAX_ROW = 1 << 16;

  /** The greatest share that a row, a column or a context has in a logit. */
  private static final int SHARE_LIMIT = 8 << 16;

  private static final long BASE_PRECISION = 4 << 16;
  private static final long CONTEXT_PRECISION = 1 << 16;

  /** The share of each column. */
  final int[] columns;

  /** The share of each context: bit 0 is the bit before, bit 1 the one at the distance. */
  final int[] contexts = new int[4];

  /** The row's bits, one a byte, the first behind {@code distance} zeros. */
  final byte[] row;

  /** What the row's bits are over their probabilities. */
  final int[] errors;

  final long[] contextErrors = new long[4];
  final long[] contextInformation = new long[4];

  private final SegmentSettings settings;
  private final long[] contextPrecisions = new long[4];
  private long base;
  private long basePrecision = BASE_PRECISION;
  private long columnPrecision;
  private long share;
  private long rowPrecision;
  private long rowErrors;
  private long rowInformation;

  SegmentModel(int ones, int positions, int rowLength, SegmentSettings settings) {
    this.settings = settings;
    columns = new int[rowLength];
    errors = new int[rowLength];
    row = new byte[rowLength + settings.distance()];
    base = Logistic.logit(Logistic.probability(ones, positions));
    columnPrecision = settings.columnPrecision();
    Arrays.fill(contextPrecisions, CONTEXT_PRECISION);
  }

  /** Codes a row's bits. */
  void put(byte[] bits, int from, int length, BitSink sink) {
    char[] probabilities = Logistic.probabilities();
    int distance = settings.distance();
    int wanted = contextMask();
    startRow();
    int left = 0;
    for (int start = 0; start < length; start += BLOCK) {
      int end = Math.min(length, start + BLOCK);
      int level = level();
      int sum = 0;
      int information = 0;
      for (int i = start; i < end; i++) {
        int context = (left | row[i] << 1) & wanted;
        int probability =
            probabilities[
                Logistic.MIDDLE + (level + columns[i] + contexts[context] >> Logistic.SHIFT)];
        left = bits[from + i];
        sink.put(left, probability);
        row[distance + i] = (byte) left;
        int error = (left << 16) - probability;
        int known = probability * (65536 - probability) >>> 16;
        errors[i] = error;
        sum += error;
        information += known;
        contextErrors[context] += error;
        contextInformation[context] += known;
      }
      endBlock(sum, information);
    }
    endRow(length);
  }

  /**
   * Learns from a row's bits as {@link #put} does, and adds to bounds how long their code may be.
   * Nothing is coded, so that no bit waits for the one before.
   */
  void measure(byte[] bits, int from, int length, CostBounds bounds) {
    startRow();
    int whole = length / BLOCK * BLOCK;
    if (contextMask() == 0) {
      for (int start = 0; start < whole; start += BLOCK) {
        measureAlone(bits, from, start, BLOCK);
      }
      measureAlone(bits, from, whole, length - whole);
    } else {
      System.arraycopy(bits, from, row, settings.distance(), length);
      for (int start = 0; start < whole; start += BLOCK) {
        measureInContext(bits, from, start, BLOCK);
      }
      measureInContext(bits, from, whole, length - whole);
    }
    bounds.add(errors, length);
    endRow(length);
  }

  private void measureAlone(byte[] bits, int from, int start, int count) {
    char[] probabilities = Logistic.probabilities();
    int level = level();
    int sum = 0;
    int information = 0;
    for (int i = 0; i < count; i++) {
      int probability =
          probabilities[Logistic.MIDDLE + (level + columns[start + i] >> Logistic.SHIFT)];
      int error = (bits[from + start + i] << 16) - probability;
      errors[start + i] = error;
      sum += error;
      information += probability * (65536 - probability) >>> 16;
    }
    endBlock(sum, information);
  }

  private void measureInContext(byte[] bits, int from, int start, int count) {
    char[] probabilities = Logistic.probabilities();
    int level = level();
    int before = start == 0 ? 0 : bits[from + start - 1];
    int sum = 0;
    int information = 0;
    for (int i = start; i < start + count; i++) {
      int context = before | row[i] << 1;
      int probability =
          probabilities[
              Logistic.MIDDLE + (level + columns[i] + contexts[context] >> Logistic.SHIFT)];
      before = bits[from + i];
      int error = (before << 16) - probability;
      int known = probability * (65536 - probability) >>> 16;
      errors[i] = error;
      sum += error;
      information += known;
      contextErrors[context] += error;
      contextInformation[context] += known;
    }
    endBlock(sum, information);
  }

  /** What of {@code contexts} counts: 3, or 0 where no bits before do. */
  int contextMask() {
    return settings.distance() == 0 ? 0 : 3;
  }

  int distance() {
    return settings.distance();
  }

  /** Forgets the row before. */
  void startRow() {
    Arrays.fill(row, (byte) 0);
    Arrays.fill(contextErrors, 0);
    Arrays.fill(contextInformation, 0);
    share = 0;
    rowPrecision = settings.rowPrecision();
    rowErrors = 0;
    rowInformation = 0;
  }

  /** The logit of the next block's bits without what columns and contexts add. */
  int level() {
    return (int) (base + share);
  }

  /** Learns from a block. */
  void endBlock(int errorSum, int information) {
    rowErrors += errorSum;
    rowInformation += information;
    if (rowPrecision != 0) {
      rowPrecision += information;
      share = clamp(share + step(errorSum, rowPrecision), SHARE_LIMIT);
    }
  }

  /** Learns from a row. */
  void endRow(int length) {
    basePrecision += rowInformation;
    base = clamp(base + step(rowErrors, basePrecision), Logistic.LIMIT);
    for (int i = 1; i < contexts.length && contextMask() != 0; i++) {
      contextPrecisions[i] += contextInformation[i];
      contexts[i] =
          (int) clamp(contexts[i] + step(contextErrors[i], contextPrecisions[i]), SHARE_LIMIT);
    }
    if (columnPrecision != 0) {
      columnPrecision += rowInformation / columns.length;
      int gain = (int) ((1L << 28) / columnPrecision);
      int[] columns = this.columns;
      int[] errors = this.errors;
      for (int i = 0; i < length; i++) {
        int column = columns[i] + (errors[i] * gain + (1 << 11) >> 12);
        columns[i] = Math.min(SHARE_LIMIT, Math.max(-SHARE_LIMIT, column));
      }
    }
  }

  /** Errors over what is known, as a logit. */
  private static long step(long errorSum, long precision) {
    return Math.floorDiv(errorSum << 16, precision);
  }

  private static long clamp(long logit, int limit) {
    return Math.min(limit, Math.max(-limit, logit));
  }
}
