package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import io.pemn.format.LayerMask;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The masked layers of a network in training: their scores are stepped one layer after the other,
 * then {@link #select} decides for all of them what is kept.
 */
public final class MaskedLayers {
  private final MaskRule rule;
  private final Map<String, MaskedParameter> layers = new LinkedHashMap<>();
  private final Map<String, Double> densities = new LinkedHashMap<>();
  private final Map<String, Float> bounds = new LinkedHashMap<>();

  /** Begins without layers. */
  public MaskedLayers(MaskRule rule) {
    this.rule = rule;
  }

  /**
   * Takes over a layer, whose weights stay as they are until {@link #select}.
   *
   * @param name the layer's name
   * @param weights the network's own array, which the effective weights will overwrite
   * @param prototype the layer's prototype values, scaled; as many as the weights
   * @param scores the initial scores; as many as the weights
   * @param density fraction of its weights to keep, greater than 0, at most 1: always, at first or
   *     as its share of what all layers keep, as the rule's selection says
   */
  public void add(
      String name, NDArray weights, LayerValues prototype, LayerValues scores, double density) {
    layers.put(name, new MaskedParameter(name, weights, prototype, scores, rule));
    densities.put(name, density);
  }

  /**
   * Sets the bound of a layer under {@link Selection#THRESHOLD}, which otherwise follows from its
   * first scores.
   */
  public void setBound(String name, float bound) {
    bounds.put(name, bound);
  }

  /**
   * The bounds that a training needs to go on: those of all layers under {@link
   * Selection#THRESHOLD}, else none.
   */
  public Map<String, Float> bounds() {
    return Collections.unmodifiableMap(bounds);
  }

  /** The layers by name. */
  public Map<String, MaskedParameter> byName() {
    return Collections.unmodifiableMap(layers);
  }

  /** The masks whose effective weights the network holds now, by layer. */
  public Map<String, LayerMask> masks() {
    Map<String, LayerMask> masks = new LinkedHashMap<>();
    layers.forEach((name, layer) -> masks.put(name, layer.mask()));
    return masks;
  }

  /** Selects by the present scores and writes the effective weights into the network. */
  public void select() {
    if (layers.isEmpty()) {
      return;
    }
    if (rule.type() == MaskType.SIGN) {
      layers.values().forEach(layer -> layer.select(Float.NEGATIVE_INFINITY));
      return;
    }
    switch (rule.selection()) {
      case TOP_K ->
          layers.forEach((name, layer) -> layer.select(layer.boundFor(densities.get(name))));
      case GLOBAL -> {
        float bound = globalBound();
        layers.values().forEach(layer -> layer.select(Math.min(bound, layer.greatest())));
      }
      case THRESHOLD ->
          layers.forEach(
              (name, layer) ->
                  layer.select(
                      bounds.computeIfAbsent(name, n -> layer.boundFor(densities.get(n)))));
    }
  }

  /** The bound beyond which all layers together keep what their densities add up to. */
  private float globalBound() {
    List<NDArray> scores = new ArrayList<>();
    long kept = 0;
    for (Map.Entry<String, MaskedParameter> layer : layers.entrySet()) {
      scores.add(layer.getValue().scores());
      kept += MaskedParameter.numberKept(layer.getValue().size(), densities.get(layer.getKey()));
    }
    return KthLargest.of(scores, kept, rule.strength());
  }
}
