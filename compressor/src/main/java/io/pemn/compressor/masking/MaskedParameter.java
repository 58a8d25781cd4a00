package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.optimizer.Optimizer;
import io.pemn.format.LayerMask;
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
  private final NDArray negated;
  private final NDArray scores;
  private final NDArray zero;
  private final MaskType type;
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
   * @param type what the mask can say of a weight
   * @param density fraction of weights to keep, greater than 0, at most 1; a sign mask keeps all
   * @param mode what of a score decides; of sign and ternary masks it is always the signed score
   */
  public MaskedParameter(
      String name,
      NDArray weights,
      float[] prototype,
      float[] scores,
      MaskType type,
      double density,
      ScoreMode mode) {
    this.name = name;
    this.weights = weights;
    NDManager manager = weights.getManager();
    Shape shape = weights.getShape();
    this.prototype = manager.create(FloatBuffer.wrap(prototype), shape);
    this.scores = manager.create(FloatBuffer.wrap(scores), shape);
    this.negated = type == MaskType.BINARY ? null : this.prototype.neg();
    this.zero = manager.create(0f);
    this.type = type;
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
  public LayerMask mask() {
    try (NDManager scratch = weights.getManager().newSubManager()) {
      return switch (type) {
        case BINARY -> new LayerMask.Keep(toMask(selected(scratch), scratch));
        case SIGN -> new LayerMask.Sign(toMask(negative(scratch), scratch));
        case TERNARY -> {
          NDArray kept = selected(scratch);
          NDArray keptNegative = kept.logicalAnd(negative(scratch));
          keptNegative.attach(scratch);
          yield new LayerMask.Ternary(toMask(kept, scratch), toMask(keptNegative, scratch));
        }
      };
    }
  }

  private static Mask toMask(NDArray kept, NDManager scratch) {
    NDArray bytes = kept.toType(DataType.UINT8, true);
    bytes.attach(scratch);
    return Mask.ofBytes(bytes.toByteArray());
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
    if (mode == ScoreMode.ABSOLUTE && type == MaskType.BINARY) {
      try (NDArray sign = scores.sign()) {
        gradient.muli(sign);
      }
    }
    optimizer.update(id, scores, gradient);
    writeEffectiveWeights();
  }

  /** Selects by the present scores and writes the effective weights. */
  void writeEffectiveWeights() {
    if (type != MaskType.SIGN) {
      threshold = KthLargest.of(scores, keep, selectionMode());
    }
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray effective = prototype;
      if (type != MaskType.BINARY) {
        effective = NDArrays.where(negative(scratch), negated, prototype);
        effective.attach(scratch);
      }
      if (type != MaskType.SIGN) {
        effective = NDArrays.where(selected(scratch), effective, zero);
        effective.attach(scratch);
      }
      weights.set(ALL, effective);
    }
  }

  private ScoreMode selectionMode() {
    return type == MaskType.TERNARY ? ScoreMode.ABSOLUTE : mode;
  }

  private NDArray selected(NDManager scratch) {
    NDArray strength = scores;
    if (selectionMode() == ScoreMode.ABSOLUTE) {
      strength = scores.abs();
      strength.attach(scratch);
    }
    NDArray selected = strength.gte(threshold);
    selected.attach(scratch);
    return selected;
  }

  private NDArray negative(NDManager scratch) {
    NDArray negative = scores.lt(0);
    negative.attach(scratch);
    return negative;
  }
}
