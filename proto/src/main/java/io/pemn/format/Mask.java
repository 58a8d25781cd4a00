package io.pemn.format;

import java.util.Arrays;
import java.util.Objects;

/**
 * An immutable set of kept positions among 0..size-1, one bit a position.
 *
 * @since 0.1
 */
public final class Mask {
  private final long[] words;
  private final int size;

  private Mask(long[] words, int size) {
    this.words = words;
    this.size = size;
  }

  /**
   * A mask from its bits: bit {@code i % 64} of word {@code i / 64} says whether position i is
   * kept.
   *
   * @param words the bits; copied; words that are missing at the end are zero
   * @param size number of positions, 0 or more
   * @return the mask
   * @throws IllegalArgumentException if a bit at or beyond {@code size} is set, or it is negative
   */
  public static Mask of(long[] words, int size) {
    int length = wordsFor(size);
    for (int i = length; i < words.length; i++) {
      if (words[i] != 0) {
        throw new IllegalArgumentException("A position beyond the mask's " + size + " is kept.");
      }
    }
    long[] copy = Arrays.copyOf(words, length);
    if (size % 64 != 0 && copy[length - 1] >>> size % 64 != 0) {
      throw new IllegalArgumentException("A position beyond the mask's " + size + " is kept.");
    }
    return new Mask(copy, size);
  }

  /**
   * A mask from one byte a position.
   *
   * @param kept any byte but 0 keeps its position
   * @return a mask of as many positions as there are bytes
   */
  public static Mask ofBytes(byte[] kept) {
    long[] words = new long[wordsFor(kept.length)];
    for (int i = 0; i < kept.length; i++) {
      if (kept[i] != 0) {
        words[i >>> 6] |= 1L << i;
      }
    }
    return new Mask(words, kept.length);
  }

  /**
   * A mask that keeps nothing.
   *
   * @param size number of positions, 0 or more
   * @return the mask
   * @throws IllegalArgumentException if {@code size} is negative
   */
  public static Mask none(int size) {
    return new Mask(new long[wordsFor(size)], size);
  }

  /**
   * A mask that keeps every position.
   *
   * @param size number of positions, 0 or more
   * @return the mask
   * @throws IllegalArgumentException if {@code size} is negative
   */
  public static Mask all(int size) {
    long[] words = new long[wordsFor(size)];
    Arrays.fill(words, -1);
    if (size % 64 != 0) {
      words[words.length - 1] = (1L << size) - 1;
    }
    return new Mask(words, size);
  }

  /**
   * Lays masks end to end.
   *
   * @param masks in the order of their positions
   * @return a mask of all their positions
   * @throws ArithmeticException if these are more than 2147483647
   */
  public static Mask concat(Iterable<Mask> masks) {
    long size = 0;
    for (Mask mask : masks) {
      size += mask.size;
    }
    long[] words = new long[wordsFor(Math.toIntExact(size))];
    int position = 0;
    for (Mask mask : masks) {
      for (int i = 0; i < mask.words.length; i++) {
        int at = position + 64 * i;
        words[at >>> 6] |= mask.words[i] << at;
        if ((at & 63) != 0 && mask.words[i] >>> -at != 0) {
          words[(at >>> 6) + 1] |= mask.words[i] >>> -at;
        }
      }
      position += mask.size;
    }
    return new Mask(words, (int) size);
  }

  /**
   * A part of this mask.
   *
   * @param from first position of the part
   * @param count number of positions of the part
   * @return a mask of {@code count} positions
   * @throws IndexOutOfBoundsException if the part reaches beyond this mask
   */
  public Mask slice(int from, int count) {
    Objects.checkFromIndexSize(from, count, size);
    long[] slice = new long[wordsFor(count)];
    for (int i = 0; i < slice.length; i++) {
      int at = from + 64 * i;
      long word = words[at >>> 6] >>> at;
      if ((at & 63) != 0 && (at >>> 6) + 1 < words.length) {
        word |= words[(at >>> 6) + 1] << -at;
      }
      slice[i] = word;
    }
    if (count % 64 != 0) {
      slice[slice.length - 1] &= (1L << count) - 1;
    }
    return new Mask(slice, count);
  }

  /**
   * One position for each that another mask keeps, in its order: kept where this mask keeps it.
   *
   * @param chosen of equal size
   * @return a mask of {@code chosen.kept()} positions
   * @throws IllegalArgumentException if {@code chosen} is of another size
   */
  public Mask gather(Mask chosen) {
    if (size != chosen.size) {
      throw new IllegalArgumentException(
          "Of "
              + size
              + " positions, a mask of "
              + chosen.size
              + " cannot choose; give one of as many.");
    }
    long[] gathered = new long[wordsFor(chosen.kept())];
    int position = 0;
    for (int i = 0; i < words.length; i++) {
      for (long left = chosen.words[i]; left != 0; left &= left - 1, position++) {
        long bit = words[i] >>> Long.numberOfTrailingZeros(left) & 1;
        gathered[position >>> 6] |= bit << position;
      }
    }
    return new Mask(gathered, position);
  }

  /**
   * The inverse of {@link #gather}: position i of this mask becomes the i-th that another keeps.
   *
   * @param chosen keeps as many positions as this mask has
   * @return a mask of {@code chosen.size()} positions
   * @throws IllegalArgumentException if {@code chosen} keeps more or fewer
   */
  public Mask scatter(Mask chosen) {
    if (chosen.kept() != size) {
      throw new IllegalArgumentException(
          size + " positions cannot become the " + chosen.kept() + " that a mask keeps.");
    }
    long[] scattered = new long[chosen.words.length];
    int position = 0;
    for (int i = 0; i < scattered.length; i++) {
      for (long left = chosen.words[i]; left != 0; left &= left - 1, position++) {
        if ((words[position >>> 6] >>> position & 1) != 0) {
          scattered[i] |= left & -left;
        }
      }
    }
    return new Mask(scattered, chosen.size);
  }

  /** {@return the number of positions} */
  public int size() {
    return size;
  }

  /** {@return the number of kept positions} */
  public int kept() {
    int kept = 0;
    for (long word : words) {
      kept += Long.bitCount(word);
    }
    return kept;
  }

  /**
   * Whether a position is kept.
   *
   * @param position 0 to {@code size() - 1}
   * @return whether it is
   * @throws IndexOutOfBoundsException if there is no such position
   */
  public boolean keeps(int position) {
    Objects.checkIndex(position, size);
    return (words[position >>> 6] >>> position & 1) != 0;
  }

  /** {@return a copy of the bits, as {@link #of} takes them, {@code ceil(size / 64)} words} */
  public long[] toWords() {
    return words.clone();
  }

  /** {@return one byte a position, as {@link #ofBytes} takes them: 1 where it is kept, else 0} */
  public byte[] toBytes() {
    byte[] kept = new byte[size];
    for (int i = 0; i < size; i++) {
      kept[i] = (byte) (words[i >>> 6] >>> i & 1);
    }
    return kept;
  }

  /**
   * Compares masks.
   *
   * @param other a mask of equal size
   * @return the number of positions that one of the two keeps and the other does not
   * @throws IllegalArgumentException if it is of another size
   */
  public int differences(Mask other) {
    if (size != other.size) {
      throw new IllegalArgumentException(
          "Masks of " + size + " and " + other.size + " positions cannot be compared.");
    }
    int differences = 0;
    for (int i = 0; i < words.length; i++) {
      differences += Long.bitCount(words[i] ^ other.words[i]);
    }
    return differences;
  }

  long word(int index) {
    return words[index];
  }

  int words() {
    return words.length;
  }

  private static int wordsFor(int size) {
    if (size < 0) {
      throw new IllegalArgumentException("A mask cannot have " + size + " positions.");
    }
    return (int) ((size + 63L) >>> 6);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Mask mask && size == mask.size && Arrays.equals(words, mask.words);
  }

  @Override
  public int hashCode() {
    return 31 * size + Arrays.hashCode(words);
  }

  @Override
  public String toString() {
    return "Mask[" + kept() + " of " + size + " kept]";
  }
}
