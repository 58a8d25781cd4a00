package io.pemn.compressor.masking;

import io.pemn.format.Prototype;
import io.pemn.format.network.ParameterShape;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** How one prototype fills the layers of a network (section 3.2 of the paper). */
public sealed interface FillingStrategy {

  /**
   * Where every layer reads the prototype.
   *
   * @param length number of values that the prototype needs
   * @param shuffledLength 0, or the length of the permutation through which layers read it
   * @param offsets a layer's name to its offset, in the network's order
   */
  record Placement(int length, int shuffledLength, Map<String, Long> offsets) {}

  /**
   * Places the layers.
   *
   * @param layers the layers to mask, at least one
   * @throws IllegalArgumentException if together they need more than {@link Prototype#MAX_LENGTH}
   *     values
   */
  Placement place(List<ParameterShape> layers);

  /** Every layer has a stretch of the generator of its own: the paper's plain "mask" baseline. */
  record OwnWeights() implements FillingStrategy {
    @Override
    public Placement place(List<ParameterShape> layers) {
      return sharing(layers, ParameterShape::name);
    }
  }

  /**
   * Layers of equal shape share one stretch (the paper's "one-layer").
   *
   * @param convolutionsOnly whether linear layers keep a stretch of their own, as in the authors'
   *     code
   */
  record OneLayer(boolean convolutionsOnly) implements FillingStrategy {
    @Override
    public Placement place(List<ParameterShape> layers) {
      return sharing(
          layers,
          layer -> convolutionsOnly && layer.shape().size() < 3 ? layer.name() : layer.shape());
    }
  }

  /** The prototype is as long as the largest layer; every layer reads its beginning. */
  record MaxLayer() implements FillingStrategy {
    @Override
    public Placement place(List<ParameterShape> layers) {
      return allFromTheStart(layers, largest(layers), 0);
    }
  }

  /**
   * The prototype has {@code floor(ratio * n) + 1} values, n being the size of the largest layer,
   * and is repeated up to each layer's length.
   *
   * @param ratio greater than 0, at most 1
   * @param shuffled whether layers read the repeated values through one fixed permutation (the
   *     authors' "rand") instead of in order ("copy")
   */
  record RandomVector(double ratio, boolean shuffled) implements FillingStrategy {
    /** Checks the ratio. */
    public RandomVector {
      if (!(ratio > 0 && ratio <= 1)) {
        throw new IllegalArgumentException(
            "The ratio of a random-vector prototype must be greater than 0 and at most 1, not "
                + ratio
                + ".");
      }
    }

    @Override
    public Placement place(List<ParameterShape> layers) {
      int largest = largest(layers);
      int length = (int) Math.min(largest, (long) (ratio * largest) + 1);
      return allFromTheStart(layers, length, shuffled ? largest : 0);
    }
  }

  private static Placement allFromTheStart(
      List<ParameterShape> layers, int length, int shuffledLength) {
    Map<String, Long> offsets = new LinkedHashMap<>();
    layers.forEach(layer -> offsets.put(layer.name(), 0L));
    return new Placement(length, shuffledLength, offsets);
  }

  private static Placement sharing(
      List<ParameterShape> layers, Function<ParameterShape, Object> sharedBy) {
    Map<Object, Long> stretches = new HashMap<>();
    Map<String, Long> offsets = new LinkedHashMap<>();
    long length = 0;
    for (ParameterShape layer : layers) {
      Long offset = stretches.putIfAbsent(sharedBy.apply(layer), length);
      if (offset == null) {
        offset = length;
        length += layer.size();
      }
      offsets.put(layer.name(), offset);
    }
    if (length > Prototype.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "The layers need a prototype of "
              + length
              + " values, more than the "
              + Prototype.MAX_LENGTH
              + " that are possible; use --strategy max-layer or random-vector.");
    }
    return new Placement((int) length, 0, offsets);
  }

  private static int largest(List<ParameterShape> layers) {
    return layers.stream().mapToInt(ParameterShape::size).max().orElseThrow();
  }
}
