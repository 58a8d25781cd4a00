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
 * @param scores the initial scores
 */
public record WarmStart(float scale, float[] scores) {

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
      float[] weights, float[] prototype, MaskType type, double density, double deviation) {
    float[] agreement = new float[weights.length];
    float[] strength = new float[weights.length];
    for (int i = 0; i < weights.length; i++) {
      agreement[i] = weights[i] * prototype[i];
      strength[i] = type == MaskType.TERNARY ? Math.abs(agreement[i]) : agreement[i];
    }
    float threshold =
        type == MaskType.SIGN
            ? Float.NEGATIVE_INFINITY
            : KthLargest.select(
                new IntBuffer[] {IntBuffer.wrap(bits(strength))},
                MaskedParameter.numberKept(weights.length, density),
                -1);
    double products = 0;
    double squares = 0;
    double sum = 0;
    double sumOfSquares = 0;
    for (int i = 0; i < weights.length; i++) {
      if (strength[i] >= threshold) {
        products += type == MaskType.BINARY ? agreement[i] : Math.abs(agreement[i]);
        squares += (double) prototype[i] * prototype[i];
      }
      sum += agreement[i];
      sumOfSquares += (double) agreement[i] * agreement[i];
    }
    // Weights that are all 0 give scale 0, from which nothing could be learned.
    double scale = products > 0 ? products / squares : Math.sqrt(1 / squares);
    double mean = type == MaskType.BINARY ? sum / weights.length : 0;
    double spread = Math.sqrt(Math.max(sumOfSquares / weights.length - mean * mean, 0));
    float[] scores = new float[weights.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = spread == 0 ? 0 : (float) ((agreement[i] - mean) / spread * deviation);
    }
    return new WarmStart((float) scale, scores);
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
