package io.pemn.format;

import java.util.Objects;

/**
 * How a prototype reaches the length of every layer (section 3.2 of the paper): the values are
 * repeated without end, and a layer of n weights starting at {@code offset} reads positions offset
 * to offset + n - 1 of that; under shuffled padding it reads them through one fixed permutation.
 * All strategies are this, with different lengths and offsets:
 *
 * <ul>
 *   <li>none: as long as all layers together, each layer at the end of the one before;
 *   <li>one-layer: as long as all different shapes together, layers of equal shape at equal offset;
 *   <li>max-layer: as long as the largest layer, every offset 0;
 *   <li>random-vector: shorter than that, every offset 0, so that most layers wrap around.
 * </ul>
 *
 * <p>Immutable and safe for concurrent use.
 *
 * @since 0.1
 */
public final class Padding {
  /**
   * Prototypes up to this length (4 MiB) are kept; longer ones are regenerated stretch by stretch.
   */
  private static final int MAX_KEPT = 1 << 20;

  /** Prototypes of any length are kept where each value serves several weights, up to 256 MiB. */
  private static final int MAX_KEPT_SHARED = 1 << 26;

  /** Weights that stay in the processor's first cache from step to step. A multiple of 64. */
  private static final int AT_ONCE = 1 << 12;

  private final int length;
  private final float[] values;
  private final Prototype generated;
  private final int[] permutation;

  private Padding(int length, float[] values, Prototype generated, int[] permutation) {
    this.length = length;
    this.values = values;
    this.generated = generated;
    this.permutation = permutation;
  }

  /**
   * Padding from a generated prototype.
   *
   * @param prototype regenerates the values
   * @param shuffledLength 0 to read the repeated values in order, else the length of the
   *     permutation through which they are read
   * @return the padding
   */
  public static Padding of(Prototype prototype, int shuffledLength) {
    return of(prototype, shuffledLength, 0);
  }

  /**
   * Padding from a generated prototype.
   *
   * @param prototype regenerates the values
   * @param shuffledLength 0 to read the repeated values in order, else the length of the
   *     permutation through which they are read
   * @param weights number of weights that will be rebuilt; where it is twice the prototype's length
   *     or more, the values are generated once and kept
   * @return the padding
   */
  public static Padding of(Prototype prototype, int shuffledLength, long weights) {
    int[] permutation =
        shuffledLength == 0 ? null : Prototype.permutation(prototype.seed(), shuffledLength);
    int length = prototype.length();
    boolean shared = length <= MAX_KEPT_SHARED && length <= weights / 2;
    boolean keep = permutation != null || length <= MAX_KEPT || shared;
    return new Padding(
        prototype.length(), keep ? prototype.values() : null, prototype, permutation);
  }

  /**
   * Padding from explicit values.
   *
   * @param values the prototype, at least one; copied
   * @param seed seed of the permutation, if there is one
   * @param shuffledLength 0, or the length of the permutation
   * @return the padding
   * @throws IllegalArgumentException if there are no values
   */
  public static Padding of(float[] values, long seed, int shuffledLength) {
    if (values.length == 0) {
      throw new IllegalArgumentException("A prototype needs at least one value.");
    }
    int[] permutation = shuffledLength == 0 ? null : Prototype.permutation(seed, shuffledLength);
    return new Padding(values.length, values.clone(), null, permutation);
  }

  /**
   * Writes a layer's prototype values, unscaled.
   *
   * @param offset where the layer starts, 0 or more; under shuffled padding the layer must end
   *     within the permutation
   * @param target filled from its first element to its last
   * @throws IndexOutOfBoundsException if {@code offset} is negative, or the layer ends beyond the
   *     permutation
   */
  public void fill(long offset, float[] target) {
    fill(offset, target, 0, target.length);
  }

  private void fill(long offset, float[] target, int start, int count) {
    if (permutation != null) {
      Objects.checkFromIndexSize(offset, count, permutation.length);
      for (int i = 0; i < count; i++) {
        target[start + i] = values[permutation[(int) offset + i] % length];
      }
      return;
    }
    int from = (int) (Objects.checkIndex(offset, Long.MAX_VALUE) % length);
    int first = Math.min(count, length - from);
    copyValues(from, target, start, first);
    int wrapped = Math.min(count - first, from);
    copyValues(0, target, start + first, wrapped);
    // One period stands; what is filled is a whole number of periods each time it doubles.
    for (int filled = first + wrapped; filled < count; ) {
      int more = Math.min(filled, count - filled);
      System.arraycopy(target, start, target, start + filled, more);
      filled += more;
    }
  }

  private void copyValues(int from, float[] target, int targetOffset, int count) {
    if (values != null) {
      System.arraycopy(values, from, target, targetOffset, count);
    } else if (count > 0) {
      generated.copyTo(from, target, targetOffset, count);
    }
  }

  /**
   * Rebuilds a stretch of a layer's weights into a whole array; see {@link #rebuild(long, float,
   * LayerMask, int, float[], int, int)}.
   *
   * @param offset where the layer starts
   * @param scale the layer's scale
   * @param mask the layer's mask
   * @param from first weight of the stretch, a multiple of 64
   * @param target gets the weights, row-major, from its first element to its last
   */
  public void rebuild(long offset, float scale, LayerMask mask, int from, float[] target) {
    rebuild(offset, scale, mask, from, target, 0, target.length);
  }

  /**
   * Rebuilds a stretch of a layer's weights: prototype value times scale, in one float32
   * multiplication, where the mask keeps the position, with the sign bit inverted where it negates
   * it, and +0 elsewhere.
   *
   * @param offset where the layer starts
   * @param scale the layer's scale
   * @param mask the layer's mask
   * @param from first weight of the stretch, a multiple of 64
   * @param target gets the weights, row-major
   * @param start index in {@code target} of the first
   * @param count how many
   * @throws IllegalArgumentException if {@code from} is no multiple of 64
   * @throws IndexOutOfBoundsException if the stretch reaches beyond the mask or the array
   */
  public void rebuild(
      long offset, float scale, LayerMask mask, int from, float[] target, int start, int count) {
    Objects.checkFromIndexSize(from, count, mask.size());
    Objects.checkFromIndexSize(start, count, target.length);
    if (from % Long.SIZE != 0) {
      throw new IllegalArgumentException("A stretch must start at a multiple of 64, not " + from);
    }
    Mask keeping = mask instanceof LayerMask.Sign ? null : mask.kept();
    Mask negating = mask instanceof LayerMask.Keep ? null : mask.negated();
    for (int done = 0; done < count; done += AT_ONCE) {
      int size = Math.min(AT_ONCE, count - done);
      int at = start + done;
      if (values == null && keeping != null) {
        generate(offset + from + done, keeping, (from + done) / Long.SIZE, target, at, size);
      } else {
        fill(offset + from + done, target, at, size);
      }
      int word = (from + done) / Long.SIZE;
      for (int i = 0; i < size; i += Long.SIZE, word++) {
        int bits = Math.min(size - i, Long.SIZE);
        if (negating == null) {
          keep(keeping.word(word), scale, target, at + i, bits);
        } else if (keeping == null) {
          negate(negating.word(word), scale, target, at + i, bits);
        } else {
          keepAndNegate(keeping.word(word), negating.word(word), scale, target, at + i, bits);
        }
      }
    }
  }

  /** Writes the kept values only, since each of them is work; what stands elsewhere is masked. */
  private void generate(long offset, Mask keeping, int word, float[] target, int start, int count) {
    int position = (int) (Objects.checkIndex(offset, Long.MAX_VALUE) % length);
    for (int i = 0; i < count; i += Long.SIZE, word++) {
      for (long left = keeping.word(word); left != 0; left &= left - 1) {
        int at = i + Long.numberOfTrailingZeros(left);
        if (at < count) {
          // Longer than any stretch, such a prototype begins anew at most once in one.
          int index = position < length - at ? position + at : position - length + at;
          target[start + at] = generated.value(index);
        }
      }
    }
  }

  private static void keep(long bits, float scale, float[] target, int start, int count) {
    for (int i = 0; i < count; i++) {
      int kept = -(int) (bits >>> i & 1);
      float weight = target[start + i] * scale;
      target[start + i] = Float.intBitsToFloat(Float.floatToRawIntBits(weight) & kept);
    }
  }

  private static void negate(long bits, float scale, float[] target, int start, int count) {
    for (int i = 0; i < count; i++) {
      int sign = (int) (bits >>> i & 1) << 31;
      float weight = target[start + i] * scale;
      target[start + i] = Float.intBitsToFloat(Float.floatToRawIntBits(weight) ^ sign);
    }
  }

  private static void keepAndNegate(
      long keeping, long negating, float scale, float[] target, int start, int count) {
    for (int i = 0; i < count; i++) {
      int kept = -(int) (keeping >>> i & 1);
      int sign = (int) (negating >>> i & 1) << 31;
      float weight = target[start + i] * scale;
      target[start + i] = Float.intBitsToFloat((Float.floatToRawIntBits(weight) ^ sign) & kept);
    }
  }
}
