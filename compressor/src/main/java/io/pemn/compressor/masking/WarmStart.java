package io.pemn.compressor.masking;

import java.nio.IntBuffer;

/**
 * Begins a layer at trained weights: the scale and the scores with which scale, prototype and mask
 * come close to them; over a prototype of equal magnitudes, closest.
 *
 * <p>The closest weights that a mask can make of such a prototype p are those whose mask agrees
 * with the sign of w * p; given the mask, least squares says the scale: the sum of m * p * w over
 * the kept weights, over the sum of p * p. For sign masks over a prototype of equal magnitudes it
 * is the mean |w|, as in XNOR-Net (Rastegari et al., ECCV 2016, section 3.1).
 *
 * @param scale what the prototype values are multiplied with
 * @param scores the initial scores, computed from the weights whenever they are read
 */
public record WarmStart(float scale, StreamedValues scores) {

  /**
   * Begins a layer.
   *
   * @param weights the trained weights
   * @param prototype the unscaled prototype values, as many, none of them 0
   * @param type what the mask can say of a weight
   * @param density fraction of weights kept, greater than 0, at most 1
   * @param deviation the standard deviation that the scores shall have, so that the learning rate
   *     means the same as for random ones
   */
  public static WarmStart of(
      StreamedValues weights,
      StreamedValues prototype,
      MaskType type,
      double density,
      double deviation) {
    int size = weights.size();
    StreamedValues agreement = products(weights, prototype);
    float threshold =
        type == MaskType.SIGN
            ? Float.NEGATIVE_INFINITY
            : KthLargest.select(
                new IntBuffer[] {bits(agreement)},
                MaskedParameter.numberKept(size, density),
                type == MaskType.TERNARY ? Integer.MAX_VALUE : -1);
    Fit fit = new Fit(type, threshold);
    StreamedValues.Cursor values = prototype.cursor();
    float[] value = new float[Math.min(StreamedValues.CHUNK, size)];
    agreement.forEachChunk(
        (chunk, count) -> {
          values.next(value, count);
          fit.add(chunk, value, count);
        });
    return new WarmStart((float) fit.scale(), fit.scores(agreement, deviation));
  }

  private static StreamedValues products(StreamedValues weights, StreamedValues prototype) {
    return StreamedValues.computed(
        weights.size(),
        () -> {
          StreamedValues.Cursor left = weights.cursor();
          StreamedValues.Cursor right = prototype.cursor();
          float[] factor = new float[Math.min(StreamedValues.CHUNK, weights.size())];
          return (target, count) -> {
            left.next(target, count);
            right.next(factor, count);
            for (int i = 0; i < count; i++) {
              target[i] *= factor[i];
            }
          };
        });
  }

  private static IntBuffer bits(StreamedValues values) {
    IntBuffer bits = IntBuffer.allocate(values.size());
    values.forEachChunk(
        (chunk, count) -> {
          for (int i = 0; i < count; i++) {
            bits.put(Float.floatToRawIntBits(chunk[i]));
          }
        });
    return bits.flip();
  }

  /** The sums that scale and scores follow from. */
  private static final class Fit {
    private final MaskType type;
    private final float threshold;
    private double products;
    private double squares;
    private double sum;
    private double sumOfSquares;
    private long weights;

    Fit(MaskType type, float threshold) {
      this.type = type;
      this.threshold = threshold;
    }

    void add(float[] agreement, float[] prototype, int count) {
      for (int i = 0; i < count; i++) {
        float strength = type == MaskType.TERNARY ? Math.abs(agreement[i]) : agreement[i];
        if (strength >= threshold) {
          products += type == MaskType.BINARY ? agreement[i] : Math.abs(agreement[i]);
          squares += (double) prototype[i] * prototype[i];
        }
        sum += agreement[i];
        sumOfSquares += (double) agreement[i] * agreement[i];
      }
      weights += count;
    }

    /** Weights that are all 0 would give scale 0, from which nothing could be learned. */
    double scale() {
      return products > 0 ? products / squares : Math.sqrt(1 / squares);
    }

    StreamedValues scores(StreamedValues agreement, double deviation) {
      double mean = type == MaskType.BINARY ? sum / weights : 0;
      double spread = Math.sqrt(Math.max(sumOfSquares / weights - mean * mean, 0));
      return StreamedValues.computed(
          agreement.size(),
          () -> {
            StreamedValues.Cursor cursor = agreement.cursor();
            return (target, count) -> {
              cursor.next(target, count);
              for (int i = 0; i < count; i++) {
                target[i] = spread == 0 ? 0 : (float) ((target[i] - mean) / spread * deviation);
              }
            };
          });
    }
  }
}
