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
 */
public final class Padding {
  /**
   * Prototypes up to this length (4 MiB) are kept; longer ones are regenerated stretch by stretch.
   */
  private static final int MAX_KEPT = 1 << 20;

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
   */
  public static Padding of(Prototype prototype, int shuffledLength) {
    int[] permutation =
        shuffledLength == 0 ? null : Prototype.permutation(prototype.seed(), shuffledLength);
    boolean keep = permutation != null || prototype.length() <= MAX_KEPT;
    return new Padding(
        prototype.length(), keep ? prototype.values() : null, prototype, permutation);
  }

  /**
   * Padding from explicit values.
   *
   * @param values the prototype, at least one; copied
   * @param seed seed of the permutation, if there is one
   * @param shuffledLength 0, or the length of the permutation
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
   */
  public void fill(long offset, float[] target) {
    if (permutation != null) {
      Objects.checkFromIndexSize(offset, target.length, permutation.length);
      for (int i = 0; i < target.length; i++) {
        target[i] = values[permutation[(int) offset + i] % length];
      }
      return;
    }
    int start = (int) (Objects.checkIndex(offset, Long.MAX_VALUE) % length);
    int first = Math.min(target.length, length - start);
    copyValues(start, target, 0, first);
    int wrapped = Math.min(target.length - first, start);
    copyValues(0, target, first, wrapped);
    // One period stands; what is filled is a whole number of periods each time it doubles.
    for (int filled = first + wrapped; filled < target.length; filled *= 2) {
      System.arraycopy(target, 0, target, filled, Math.min(filled, target.length - filled));
      if (filled > Integer.MAX_VALUE / 2) {
        break;
      }
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
   * Rebuilds a stretch of a layer's weights: prototype value times scale, in one float32
   * multiplication, where the mask keeps the position, with the sign bit inverted where it negates
   * it, and +0 elsewhere.
   *
   * @param offset where the layer starts
   * @param scale the layer's scale
   * @param mask the layer's mask
   * @param from first weight of the stretch, a multiple of 64
   * @param target the weights, row-major, filled from its first element to its last
   */
  public void rebuild(long offset, float scale, LayerMask mask, int from, float[] target) {
    Objects.checkFromIndexSize(from, target.length, mask.size());
    if (from % Long.SIZE != 0) {
      throw new IllegalArgumentException("A stretch must start at a multiple of 64, not " + from);
    }
    fill(offset + from, target);
    int word = from / Long.SIZE;
    Mask keeping = mask instanceof LayerMask.Sign ? null : mask.kept();
    Mask negating = mask instanceof LayerMask.Keep ? null : mask.negated();
    for (int start = 0; start < target.length; start += Long.SIZE, word++) {
      int end = Math.min(target.length - start, Long.SIZE);
      if (negating == null) {
        keep(keeping.word(word), scale, target, start, end);
      } else if (keeping == null) {
        negate(negating.word(word), scale, target, start, end);
      } else {
        negate(negating.word(word), scale, target, start, end);
        keep(keeping.word(word), 1, target, start, end);
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
}
