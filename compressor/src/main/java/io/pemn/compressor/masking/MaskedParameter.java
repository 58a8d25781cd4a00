package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.optimizer.Optimizer;
import io.pemn.format.Mask;
import java.nio.FloatBuffer;

/**
 * One masked layer during training: its prototype values and scores, which stay on the training
 * device, and the network's own weight array, into which the effective weights are written.
 */
public final class MaskedParameter {
  private static final NDIndex ALL = new NDIndex("...");

  private final String name;
  private final NDArray weights;
  private final NDArray prototype;
  private final NDArray scores;
  private final NDArray zero;
  private final ScoreMode mode;
  private final int keep;
  private float threshold;

  /**
   * Takes over a layer.
   *
   * @param name the layer's name
   * @param weights the network's own array; overwritten with the effective weights
   * @param prototype the layer's prototype values, scaled; as many as the weights
   * @param scores the initial scores; as many as the weights
   * @param density fraction of weights to keep, greater than 0, at most 1
   * @param mode what of a score decides
   */
  public MaskedParameter(
      String name,
      NDArray weights,
      float[] prototype,
      float[] scores,
      double density,
      ScoreMode mode) {
    this.name = name;
    this.weights = weights;
    NDManager manager = weights.getManager();
    Shape shape = weights.getShape();
    this.prototype = manager.create(FloatBuffer.wrap(prototype), shape);
    this.scores = manager.create(FloatBuffer.wrap(scores), shape);
    this.zero = manager.create(0f);
    this.mode = mode;
    this.keep = numberKept(scores.length, density);
    writeEffectiveWeights();
  }

  /**
   * How many of n weights a density keeps: {@code n - trunc((1 - density) * n)}, as the authors'
   * code has it, and at least one.
   */
  public static int numberKept(int n, double density) {
    return Math.max(1, n - (int) ((1 - density) * n));
  }

  /** The layer's name. */
  public String name() {
    return name;
  }

  /** The scores, shaped like the weights. */
  public NDArray scores() {
    return scores;
  }

  /** The mask whose effective weights the network holds now. */
  public Mask mask() {
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray bytes = selected(scratch).toType(DataType.UINT8, true);
      bytes.attach(scratch);
      return Mask.ofBytes(bytes.toByteArray());
    }
  }

  /**
   * One step: turns dL/dW into dL/ds, lets the optimizer step the scores, selects again and writes
   * the effective weights into the network. The scores are selected from, not sorted, and nothing
   * is copied between Java and native memory.
   *
   * @param optimizer steps the scores
   * @param id the optimizer's name for the layer
   * @param gradient dL/dW; overwritten
   */
  void step(Optimizer optimizer, String id, NDArray gradient) {
    gradient.muli(prototype);
    if (mode == ScoreMode.ABSOLUTE) {
      try (NDArray sign = scores.sign()) {
        gradient.muli(sign);
      }
    }
    optimizer.update(id, scores, gradient);
    writeEffectiveWeights();
  }

  /** Selects by the present scores and writes the effective weights. */
  void writeEffectiveWeights() {
    threshold = KthLargest.of(scores, keep, mode);
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray effective = NDArrays.where(selected(scratch), prototype, zero);
      effective.attach(scratch);
      weights.set(ALL, effective);
    }
  }

  private NDArray selected(NDManager scratch) {
    NDArray strength = scores;
    if (mode == ScoreMode.ABSOLUTE) {
      strength = scores.abs();
      strength.attach(scratch);
    }
    NDArray selected = strength.gte(threshold);
    selected.attach(scratch);
    return selected;
  }
}
