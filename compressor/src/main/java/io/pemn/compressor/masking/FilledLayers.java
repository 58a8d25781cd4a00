package io.pemn.compressor.masking;

import io.pemn.format.Distribution;
import io.pemn.format.Padding;
import io.pemn.format.Prototype;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.util.List;

/**
 * The layers of a network, filled from a prototype: what training multiplies with its masks and
 * what an archive describes, from one place, so that they are the same to the bit.
 */
public final class FilledLayers {
  private final Prototype prototype;
  private final FillingStrategy.Placement placement;
  private final Padding padding;
  private final LayerBudget budget;

  private FilledLayers(
      Prototype prototype,
      FillingStrategy.Placement placement,
      Padding padding,
      LayerBudget budget) {
    this.prototype = prototype;
    this.placement = placement;
    this.padding = padding;
    this.budget = budget;
  }

  /**
   * Fills the weights of a network.
   *
   * @param parameters all its parameters, in its order; those that are no weights are passed over
   * @param strategy how the prototype reaches the layers
   * @param distribution of its values
   * @param seed of its values
   * @param budget fraction of each layer's weights that its mask keeps
   */
  public static FilledLayers of(
      List<ParameterShape> parameters,
      FillingStrategy strategy,
      Distribution distribution,
      long seed,
      LayerBudget budget) {
    List<ParameterShape> weights =
        parameters.stream().filter(parameter -> parameter.role() == Role.WEIGHT).toList();
    FillingStrategy.Placement placement = strategy.place(weights);
    Prototype prototype = new Prototype(seed, distribution, placement.length());
    return new FilledLayers(
        prototype, placement, Padding.of(prototype, placement.shuffledLength()), budget);
  }

  /**
   * A filled layer.
   *
   * @param offset where it starts in the repeated prototype
   * @param scale what its prototype values are multiplied with
   * @param values the scaled values, row-major, computed whenever they are read
   */
  public record Filled(long offset, float scale, StreamedValues values) {}

  /** The prototype. */
  public Prototype prototype() {
    return prototype;
  }

  /** 0, or the length of the permutation through which layers read the prototype. */
  public int shuffledLength() {
    return placement.shuffledLength();
  }

  /** The fraction of a layer's weights that its mask keeps, at first at least. */
  public double density(ParameterShape layer) {
    return budget.density(layer);
  }

  /** Fills one layer, at its own {@link LayerScale}. */
  public Filled fill(ParameterShape layer) {
    return scaled(layer, LayerScale.of(layer, density(layer), prototypeValues(layer)));
  }

  /** Fills one layer, at a given scale. */
  public Filled scaled(ParameterShape layer, float scale) {
    StreamedValues unscaled = prototypeValues(layer);
    StreamedValues values =
        StreamedValues.computed(
            unscaled.size(),
            () -> {
              StreamedValues.Cursor cursor = unscaled.cursor();
              return (target, count) -> {
                cursor.next(target, count);
                for (int i = 0; i < count; i++) {
                  target[i] *= scale;
                }
              };
            });
    return new Filled(offset(layer), scale, values);
  }

  /** The prototype values that a layer reads, unscaled, computed whenever they are read. */
  public StreamedValues prototypeValues(ParameterShape layer) {
    long offset = offset(layer);
    return StreamedValues.computed(
        layer.size(),
        () -> {
          long[] next = {offset};
          return (target, count) -> {
            if (count == target.length) {
              padding.fill(next[0], target);
            } else {
              float[] last = new float[count];
              padding.fill(next[0], last);
              System.arraycopy(last, 0, target, 0, count);
            }
            next[0] += count;
          };
        });
  }

  private long offset(ParameterShape layer) {
    return placement.offsets().get(layer.name());
  }
}
