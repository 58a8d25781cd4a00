package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * One masked layer during training: its prototype values and scores, which stay on the training
 * device, and the network's own weight array, into which the effective weights are written.
 *
 * <p>On the CPU that is done by loops over the engine's memory, elsewhere by the engine's
 * operations. Both write the same.
 */
public final class MaskedParameter {
  private static final NDIndex ALL = new NDIndex("...");
  private static final Shape SCALAR = new Shape();

  private final String name;
  private final NDArray weights;
  private final LayerValues prototype;
  private final NDArray scores;
  private final MaskRule rule;
  private final int size;
  private final boolean inMemory;
  private final SelectionLoop selection;
  private final BoundSearch search;
  private Bound bound = new Bound.Known(Float.NEGATIVE_INFINITY);

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
      String name,
      NDArray weights,
      StreamedValues prototype,
      StreamedValues scores,
      MaskRule rule) {
    this(name, weights, prototype, scores, rule, EngineMemory.holds(weights));
  }

  /**
   * Takes over a layer.
   *
   * @param inMemory whether loops are used, which needs weights that {@link EngineMemory#holds}
   */
  MaskedParameter(
      String name,
      NDArray weights,
      StreamedValues prototype,
      StreamedValues scores,
      MaskRule rule,
      boolean inMemory) {
    this.name = name;
    this.weights = weights;
    NDManager manager = weights.getManager();
    Shape shape = weights.getShape();
    this.prototype =
        inMemory
            ? LayerValues.of(prototype, shape, manager)
            : LayerValues.array(prototype, shape, manager);
    this.scores = scores.create(manager, shape);
    this.rule = rule;
    this.size = scores.size();
    this.inMemory = inMemory;
    this.selection = new SelectionLoop(rule);
    this.search = new BoundSearch(rule.strength());
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

  /** The strength from which on weights are kept; waits for the device if need be. */
  public float bound() {
    return bound.value();
  }

  /** The scores, shaped like the weights. */
  public NDArray scores() {
    return scores;
  }

  /** The mask whose effective weights the network holds now. */
  public LayerMask mask() {
    return inMemory ? maskInMemory() : maskOnDevice();
  }

  private LayerMask maskInMemory() {
    IntBuffer bits = EngineMemory.bits(scores);
    return switch (rule.type()) {
      case BINARY -> new LayerMask.Keep(Mask.of(selection.kept(bits, bound.value()), size));
      case SIGN -> new LayerMask.Sign(Mask.of(SelectionLoop.negative(bits), size));
      case TERNARY -> {
        long[] kept = selection.kept(bits, bound.value());
        long[] negated = SelectionLoop.negative(bits);
        Arrays.setAll(negated, i -> negated[i] & kept[i]);
        yield new LayerMask.Ternary(Mask.of(kept, size), Mask.of(negated, size));
      }
    };
  }

  private LayerMask maskOnDevice() {
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

  private static Mask toMask(NDArray yes, NDManager scratch) {
    NDArray bytes = yes.toType(DataType.UINT8, true);
    bytes.attach(scratch);
    return Mask.ofBytes(bytes.toByteArray());
  }

  /**
   * Turns dL/dW into dL/ds.
   *
   * @param gradient dL/dW; overwritten
   */
  void differentiate(NDArray gradient) {
    try (NDManager scratch = weights.getManager().newSubManager()) {
      gradient.muli(prototype.array(scratch));
      if (dependsOnSign()) {
        NDArray sign = scores.sign();
        sign.attach(scratch);
        gradient.muli(sign);
      }
    }
  }

  /** Does what {@link #differentiate} does to chunks of the gradient, for one thread. */
  AdamWLoop.Chain chain() {
    int[] values = new int[Math.min(size, EngineMemory.CHUNK)];
    boolean signs = dependsOnSign();
    return (gradient, score, from, count) -> {
      prototype.read(from, values, count);
      for (int i = 0; i < count; i++) {
        gradient[i] *= Float.intBitsToFloat(values[i]);
      }
      if (signs) {
        for (int i = 0; i < count; i++) {
          gradient[i] *= Math.signum(score[i]);
        }
      }
    };
  }

  /** Where strengths are absolute, d|s|/ds is the sign of s. */
  private boolean dependsOnSign() {
    return rule.strength() == ScoreMode.ABSOLUTE && rule.type() == MaskType.BINARY;
  }

  /**
   * The bound from which on a density's share of the weights is kept. The scores are selected from,
   * not sorted.
   */
  Bound boundFor(double density) {
    return search.kthLargest(scores, numberKept(size, density));
  }

  /** The strength of the strongest weight, beyond which a bound would keep none. */
  Bound greatest() {
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray greatest = scores.max();
      greatest.attach(scratch);
      if (rule.strength() == ScoreMode.ABSOLUTE) {
        NDArray least = scores.min();
        least.attach(scratch);
        greatest = greatest.maximum(least.neg());
      }
      if (!greatest.getDevice().isGpu()) {
        return new Bound.Known(greatest.getFloat());
      }
      greatest.attach(weights.getManager());
      return new Bound.OnDevice(greatest);
    }
  }

  /**
   * Selects by the present scores and writes the effective weights into the network.
   *
   * @param from the strength from which on weights are kept; means nothing to a sign mask
   */
  void select(Bound from) {
    if (bound != from) {
      bound.close();
    }
    bound = from;
    if (inMemory) {
      selection.write(
          EngineMemory.bits(scores), prototype, EngineMemory.bits(weights), from.value());
      return;
    }
    try (NDManager scratch = weights.getManager().newSubManager()) {
      NDArray values = prototype.array(scratch);
      NDArray effective = values;
      if (rule.type() != MaskType.BINARY) {
        NDArray negated = values.neg();
        negated.attach(scratch);
        effective = NDArrays.where(negative(scratch), negated, values);
        effective.attach(scratch);
      }
      if (rule.type() != MaskType.SIGN) {
        effective = NDArrays.where(selected(scratch), effective, number(0, scratch));
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
    NDArray selected =
        bound instanceof Bound.OnDevice there
            ? strength.gte(there.array())
            : strength.gte(number(bound.value(), scratch));
    selected.attach(scratch);
    return selected;
  }

  private NDArray negative(NDManager scratch) {
    NDArray negative = scores.lt(number(0, scratch));
    negative.attach(scratch);
    return negative;
  }

  /** Filled in by the device: what is created is copied there, which a GPU is waited for. */
  private static NDArray number(float value, NDManager scratch) {
    return scratch.full(SCALAR, value);
  }
}
