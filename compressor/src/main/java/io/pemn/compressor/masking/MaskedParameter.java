package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;

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
  private final MaskRule rule;
  private final int size;
  private float bound = Float.NEGATIVE_INFINITY;

  /**
   * Takes over a layer; its weights stay as they are until {@link #select}.
   *
   * @param name the layer's name
   * @param weights the network's own array, which the effective weights will overwrite
   * @param prototype the layer's prototype values, scaled; as many as the weights
   * @param scores the initial scores; as many as the weights
   * @param rule how they become a mask
   */
  MaskedParameter(
      String name, NDArray weights, LayerValues prototype, LayerValues scores, MaskRule rule) {
    this.name = name;
    this.weights = weights;
    NDManager manager = weights.getManager();
    Shape shape = weights.getShape();
    this.prototype = prototype.create(manager, shape);
    this.scores = scores.create(manager, shape);
    this.negated = rule.type() == MaskType.BINARY ? null : this.prototype.neg();
    this.zero = manager.create(0f);
    this.rule = rule;
    this.size = scores.size();
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

  /** Number of weights. */
  public int size() {
    return size;
  }

  /** The strength from which weights are kept. */
  public float bound() {
    return bound;
  }

  /** The scores, shaped like the weights. */
  public NDArray scores() {
    return scores;
  }

  /** The mask whose effective weights the network holds now. */
  public LayerMask mask() {
    try (NDManager scratch = weights.getManager().newSubManager()) {
      return switch (rule.type()) {
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
   * Turns dL/dW into dL/ds. Nothing is copied between Java and native memory.
   *
   * @param gradient dL/dW; overwritten
   */
  void differentiate(NDArray gradient) {
    gradient.muli(prototype);
    if (rule.strength() == ScoreMode.ABSOLUTE && rule.type() == MaskType.BINARY) {
      try (NDArray sign = scores.sign()) {
        gradient.muli(sign);
      }
    }
  }

  /**
   * The bound from which on a density's share of the weights is kept. The scores are selected from,
   * not sorted.
   */
  float boundFor(double density) {
    return KthLargest.of(scores, numberKept(size, density), rule.strength());
  }

  /** The strength of the strongest weight, beyond which a bound would keep none. */
  float greatest() {
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray greatest = scores.max();
      greatest.attach(scratch);
      if (rule.strength() == ScoreMode.SIGNED) {
        return greatest.getFloat();
      }
      NDArray least = scores.min();
      least.attach(scratch);
      return Math.max(greatest.getFloat(), -least.getFloat());
    }
  }

  /**
   * Selects by the present scores and writes the effective weights into the network.
   *
   * @param bound the strength from which on weights are kept; means nothing to a sign mask
   */
  void select(float bound) {
    this.bound = bound;
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray effective = prototype;
      if (rule.type() != MaskType.BINARY) {
        effective = NDArrays.where(negative(scratch), negated, prototype);
        effective.attach(scratch);
      }
      if (rule.type() != MaskType.SIGN) {
        effective = NDArrays.where(selected(scratch), effective, zero);
        effective.attach(scratch);
      }
      weights.set(ALL, effective);
    }
  }

  private NDArray selected(NDManager scratch) {
    NDArray strength = scores;
    if (rule.strength() == ScoreMode.ABSOLUTE) {
      strength = scores.abs();
      strength.attach(scratch);
    }
    NDArray selected = strength.gte(bound);
    selected.attach(scratch);
    return selected;
  }

  private NDArray negative(NDManager scratch) {
    NDArray negative = scores.lt(0);
    negative.attach(scratch);
    return negative;
  }
}
