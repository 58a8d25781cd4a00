package io.pemn.compressor.masking;

import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.util.List;
import java.util.Locale;

/**
 * How a density of a whole network is shared out among its layers: layer l gets {@code min(1, c *
 * fanIn(l)^-exponent)} with the c for which all of them together keep what was asked for.
 */
public final class LayerBudget {
  /** Every weight of every layer. */
  public static final LayerBudget EVERYTHING = new LayerBudget(1, 0);

  /** Who gets how much. */
  public enum Kind {
    /** Every layer the same, as in the paper. */
    UNIFORM(0),
    /**
     * More to layers whose outputs see few inputs, such as depthwise filters of 25 weights, which
     * one density for all starves. The exponent was found by measurement (docs/results.md).
     */
    FAN_IN(0.8);

    private final double exponent;

    Kind(double exponent) {
      this.exponent = exponent;
    }

    /** The name on the command line and in messages, such as {@code fan-in}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static final int HALVINGS = 100;

  private final double factor;
  private final double exponent;

  private LayerBudget(double factor, double exponent) {
    this.factor = factor;
    this.exponent = exponent;
  }

  /**
   * Shares out a density.
   *
   * @param parameters all parameters of the network; those that are no weights are passed over
   * @param density fraction of all weights to keep, greater than 0, at most 1
   * @param kind who gets how much
   */
  public static LayerBudget of(List<ParameterShape> parameters, double density, Kind kind) {
    double exponent = kind.exponent;
    if (exponent == 0 || density == 1) {
      return new LayerBudget(density, 0);
    }
    double low = 0;
    double high = 1;
    for (ParameterShape parameter : parameters) {
      if (parameter.role() == Role.WEIGHT) {
        // With this factor every layer would keep everything.
        high = Math.max(high, Math.pow(LayerScale.fanIn(parameter), exponent));
      }
    }
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (low + high) / 2;
      if (new LayerBudget(middle, exponent).share(parameters) > density) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return new LayerBudget(low, exponent);
  }

  /** Fraction of a layer's weights to keep, at least that of one weight, at most 1. */
  public double density(ParameterShape layer) {
    double share = factor * Math.pow(LayerScale.fanIn(layer), -exponent);
    return Math.min(1, Math.max(share, 1.0 / layer.size()));
  }

  private double share(List<ParameterShape> parameters) {
    double kept = 0;
    double all = 0;
    for (ParameterShape parameter : parameters) {
      if (parameter.role() == Role.WEIGHT) {
        kept += parameter.size() * density(parameter);
        all += parameter.size();
      }
    }
    return kept / all;
  }
}
