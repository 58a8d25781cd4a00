package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.function.Supplier;

/**
 * A step of AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019) in
 * one pass over the engine's memory. DJL makes it of thirteen operations of the engine, each a pass
 * of its own and some with an array for its result. The numbers are those of DJL but for the square
 * root, which is exact here and within one unit in the last place in the engine's MKL, so that they
 * do not depend on the processor.
 *
 * @param rate learning rate
 * @param correctedRate learning rate with the corrections of both moments' bias
 * @param decay weight decay
 */
record AdamWLoop(float rate, float correctedRate, float decay) {
  static final float BETA1 = 0.9f;
  static final float BETA2 = 0.999f;
  static final float EPSILON = 1e-8f;

  /** What makes a gradient of the parameter out of the one that is given, a chunk at a time. */
  @FunctionalInterface
  interface Chain {
    /** For a parameter that the gradient is already of. */
    Chain NONE = (gradient, parameter, from, count) -> {};

    /**
     * Applies the chain rule.
     *
     * @param gradient the chunk of the gradient; overwritten from 0 to {@code count - 1}
     * @param parameter the chunk of the parameter
     * @param from where in the parameter the chunk starts
     * @param count elements of the chunk
     */
    void apply(float[] gradient, float[] parameter, int from, int count);
  }

  /**
   * Steps a parameter.
   *
   * @param parameter stepped; this and the moments are held by {@link EngineMemory}
   * @param given the gradient, or what the chain makes it of; read only
   * @param means first moment; updated
   * @param variances second moment; updated
   * @param chains gives a chain to each thread
   */
  void step(
      NDArray parameter, NDArray given, NDArray means, NDArray variances, Supplier<Chain> chains) {
    FloatBuffer values = EngineMemory.floats(parameter);
    FloatBuffer gradients = EngineMemory.floats(given);
    FloatBuffer firsts = EngineMemory.floats(means);
    FloatBuffer seconds = EngineMemory.floats(variances);
    EngineMemory.run(
        values.limit(),
        (begin, end) -> {
          int most = Math.min(EngineMemory.CHUNK, end - begin);
          float[] value = new float[most];
          float[] gradient = new float[most];
          float[] mean = new float[most];
          float[] variance = new float[most];
          Chain chain = chains.get();
          for (int from = begin; from < end; from += most) {
            int count = Math.min(most, end - from);
            values.get(from, value, 0, count);
            gradients.get(from, gradient, 0, count);
            firsts.get(from, mean, 0, count);
            seconds.get(from, variance, 0, count);
            chain.apply(gradient, value, from, count);
            step(value, gradient, mean, variance, count);
            values.put(from, value, 0, count);
            firsts.put(from, mean, 0, count);
            seconds.put(from, variance, 0, count);
          }
        });
  }

  /** In the order, and with the roundings, of the engine's operations. */
  private void step(float[] value, float[] gradient, float[] mean, float[] variance, int count) {
    float rest1 = 1 - BETA1;
    float rest2 = 1 - BETA2;
    for (int i = 0; i < count; i++) {
      float g = gradient[i];
      float decayed = value[i] - value[i] * rate * decay;
      float first = Math.fma(g, rest1, mean[i] * BETA1);
      float second = Math.fma(rest2 * g, g, variance[i] * BETA2);
      mean[i] = first;
      variance[i] = second;
      value[i] = decayed - first * correctedRate / ((float) Math.sqrt(second) + EPSILON);
    }
  }
}
