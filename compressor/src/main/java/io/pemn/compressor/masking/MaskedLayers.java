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
  private static final Bound EVERY = new Bound.Known(Float.NEGATIVE_INFINITY);

  private final MaskRule rule;
  private final Map<String, MaskedParameter> layers = new LinkedHashMap<>();
  private final Map<String, Double> densities = new LinkedHashMap<>();
  private final Map<String, Float> bounds = new LinkedHashMap<>();
  private final BoundSearch search;

  /** Begins without layers. */
  public MaskedLayers(MaskRule rule) {
    this.rule = rule;
    this.search = new BoundSearch(rule.strength());
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
      String name,
      NDArray weights,
      StreamedValues prototype,
      StreamedValues scores,
      double density) {
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
      layers.values().forEach(layer -> layer.select(EVERY));
      return;
    }
    switch (rule.selection()) {
      case TOP_K ->
          layers.forEach((name, layer) -> layer.select(layer.boundFor(densities.get(name))));
      case GLOBAL -> selectTogether();
      case THRESHOLD ->
          layers.forEach((name, layer) -> layer.select(new Bound.Known(bound(name, layer))));
    }
  }

  private float bound(String name, MaskedParameter layer) {
    return bounds.computeIfAbsent(
        name,
        n -> {
          Bound first = layer.boundFor(densities.get(n));
          float value = first.value();
          first.close();
          return value;
        });
  }

  /** Keeps of all layers together what their densities add up to, and of each at least one. */
  private void selectTogether() {
    List<NDArray> scores = new ArrayList<>();
    long kept = 0;
    for (Map.Entry<String, MaskedParameter> layer : layers.entrySet()) {
      scores.add(layer.getValue().scores());
      kept += MaskedParameter.numberKept(layer.getValue().size(), densities.get(layer.getKey()));
    }
    Bound together = search.kthLargest(scores, kept);
    for (MaskedParameter layer : layers.values()) {
      Bound greatest = layer.greatest();
      layer.select(together.orLess(greatest));
      greatest.close();
    }
    together.close();
  }
}
