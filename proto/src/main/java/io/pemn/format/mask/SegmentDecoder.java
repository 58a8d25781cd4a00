package io.pemn.format.mask;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Reads segments out of one code, which may come from anywhere. */
final class SegmentDecoder {
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final int length;
  private final byte[] code;
  // Four bytes more than were read are 0. The value is that of the bytes read, less the interval's
  // lower end, and always below the range, the interval's width.
  private long read;
  private long value;
  private long range = 1L << 32;

  private final long[] words;
  private int position;
  private int left;

  /**
   * Starts reading.
   *
   * @param code the stored bytes
   * @param positions number of bits of all segments
   */
  SegmentDecoder(byte[] code, int positions) {
    length = code.length;
    this.code = Arrays.copyOf(code, (code.length + 3) / 4 * 4);
    words = new long[(int) ((positions + 63L) / 64)];
    value = word();
  }

  /** The bits of all segments that were read, as {@link io.pemn.format.Mask#of} takes them. */
  long[] words() {
    return words;
  }

  /**
   * Reads the next segment.
   *
   * @throws PemnFormatException if it has another number of ones than the segment, or the code
   *     itself, says
   */
  void read(MaskLayout.Segment segment) throws PemnFormatException {
    int size = segment.positions();
    int end = position + size;
    int ones = segment.ones();
    if (ones == MaskLayout.UNKNOWN) {
      ones = even(SegmentSettings.bits(size));
      if (ones > size) {
        throw damaged(ones + " ones in a segment of " + size + " bits", "at most as many as bits");
      }
    }
    left = ones;
    if (ones > 0 && ones < size) {
      if (even(1) == 0) {
        readFlat(end);
      } else {
        readAdaptive(segment, end);
      }
    }
    if (left != 0 && left != end - position) {
      throw damaged(
          left < 0
              ? -left + " ones more than the " + ones + " of their segment"
              : left + " ones fewer than the " + ones + " of their segment",
          "exactly these");
    }
    if (left > 0) {
      fill(position, end);
    }
    position = end;
  }

  /**
   * Checks that the code is the one of the mask that was read.
   *
   * @throws PemnFormatException if it is another number of the interval, or longer than need be
   */
  void finish() throws PemnFormatException {
    int last = length == 0 ? 0 : code[length - 1] & 255;
    if (length == 0 || length > read || last == 0 && length > 1) {
      throw damaged(length + " bytes", "the shortest code, without bytes that are not needed");
    }
    long spare = read - length;
    if (spare < Long.BYTES) {
      long unit = 1L << 8 * spare;
      boolean smallest = Long.compareUnsigned(value, unit) < 0;
      boolean shortest = Long.compareUnsigned(value + (256 - last) * unit, range) >= 0;
      if (last != 0 && !(smallest && shortest) || last == 0 && value != 0) {
        throw damaged("another number that means the same bits", "the shortest and smallest one");
      }
    }
  }

  private void readFlat(int end) {
    while (left > 0 && left < end - position) {
      int to = Math.min(end - position, SegmentEncoder.BLOCK) + position;
      flat(to, Logistic.probability(left, end - position));
    }
  }

  private void flat(int to, int probability) {
    long range = this.range;
    long value = this.value;
    long[] words = this.words;
    int ones = 0;
    for (int i = position; i < to; i++) {
      if (range < 1L << 31) {
        range <<= 32;
        value = value << 32 | word();
      }
      long zeros = range - (range >>> 16) * probability;
      if (value < zeros) {
        range = zeros;
      } else {
        value -= zeros;
        range -= zeros;
        words[i >>> 6] |= 1L << i;
        ones++;
      }
    }
    this.range = range;
    this.value = value;
    position = to;
    left -= ones;
  }

  private void readAdaptive(MaskLayout.Segment segment, int end) throws PemnFormatException {
    int rowLength = Math.min(segment.rowLength(), SegmentModel.MAX_ROW);
    int rows = even(SegmentSettings.STRENGTH_BITS);
    int columns = even(SegmentSettings.STRENGTH_BITS);
    int distance = even(SegmentSettings.bits(rowLength - 1));
    if (distance >= rowLength) {
      throw damaged("the distance " + distance, "less than the row's " + rowLength + " bits");
    }
    SegmentModel model =
        new SegmentModel(
            left, end - position, rowLength, new SegmentSettings(rows, columns, distance));
    while (left > 0 && left < end - position) {
      readRow(model, Math.min(rowLength, end - position));
    }
  }

  private void readRow(SegmentModel model, int length) {
    char[] probabilities = Logistic.probabilities();
    int[] columns = model.columns;
    int one = model.contexts[1];
    int two = model.contexts[2];
    int three = model.contexts[3];
    int[] errors = model.errors;
    byte[] row = model.row;
    int distance = model.distance();
    int wanted = model.contextMask();
    long[] words = this.words;
    int position = this.position;
    int ones = 0;
    model.startRow();
    long range = this.range;
    long value = this.value;
    int before = 0;
    for (int start = 0; start < length; start += SegmentModel.BLOCK) {
      int end = Math.min(length, start + SegmentModel.BLOCK);
      int level = model.level();
      int sum = 0;
      int information = 0;
      for (int i = start; i < end; i++) {
        int context = (before | row[i] << 1) & wanted;
        int logit = level + columns[i];
        if (context != 0) {
          logit += context == 1 ? one : context == 2 ? two : three;
        }
        int probability = probabilities[Logistic.MIDDLE + (logit >> Logistic.SHIFT)];
        if (range < 1L << 31) {
          range <<= 32;
          value = value << 32 | word();
        }
        long zeros = range - (range >>> 16) * probability;
        int error = -probability;
        if (value < zeros) {
          range = zeros;
          before = 0;
        } else {
          value -= zeros;
          range -= zeros;
          before = 1;
          error += 1 << 16;
          row[distance + i] = 1;
          words[position + i >>> 6] |= 1L << position + i;
          ones++;
        }
        int known = probability * (65536 - probability) >>> 16;
        errors[i] = error;
        sum += error;
        information += known;
        if (context != 0) {
          model.contextErrors[context] += error;
          model.contextInformation[context] += known;
        }
      }
      model.endBlock(sum, information);
    }
    this.range = range;
    this.value = value;
    this.position = position + length;
    left -= ones;
    model.endRow(length);
  }

  private int even(int bits) {
    int number = 0;
    for (int i = 0; i < bits; i++) {
      if (range < 1L << 31) {
        range <<= 32;
        value = value << 32 | word();
      }
      long zeros = range - (range >>> 16) * (1 << 15);
      number <<= 1;
      if (value < zeros) {
        range = zeros;
      } else {
        value -= zeros;
        range -= zeros;
        number |= 1;
      }
    }
    return number;
  }

  /** The next four bytes. */
  private long word() {
    int word = read < code.length ? (int) WORDS.get(code, (int) read) : 0;
    read += Integer.BYTES;
    return word & 0xFFFF_FFFFL;
  }

  private void fill(int from, int to) {
    for (int i = from; i < to; i++) {
      words[i >>> 6] |= 1L << i;
    }
  }

  /** At the byte that was read last. */
  private PemnFormatException damaged(String found, String expected) {
    return new PemnFormatException.Corrupt(
        Finding.of(ArchiveSection.MASKS, found, expected)
            .at(Math.max(0, Math.min(read, length) - 1)),
        "The masks are no entropy code of the layers' masks: it has {found}, where {expected} was"
            + " expected; get the file again.");
  }
}
