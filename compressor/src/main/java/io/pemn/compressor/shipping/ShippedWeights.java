package io.pemn.compressor.shipping;

import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.packager.baseline.PlainTensor;
import io.pemn.packager.baseline.WeightFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The parameters of a built-in network as the tensors of a {@code WeightFile}, and back. In all
 * formats but float32 batch normalisation is folded to a scale and a shift a channel: gamma /
 * sqrt(variance + 1e-5), and beta - mean * scale; where a layer has neither gamma nor beta its
 * statistics are shipped.
 */
public final class ShippedWeights {
  /** What the engine adds to a variance. */
  private static final double EPSILON = 1e-5;

  /** With {@link #EPSILON} 1, so that a normalisation layer is its scale and its shift alone. */
  private static final float NO_VARIANCE = (float) (1 - EPSILON);

  private static final String SCALE = ".weight";
  private static final String SHIFT = ".bias";
  private static final String MEAN = ".running_mean";
  private static final String VARIANCE = ".running_var";

  private ShippedWeights() {}

  /**
   * What is shipped.
   *
   * @param values every parameter by name
   */
  public static List<PlainTensor> tensors(
      BuiltInDescription network, Map<String, float[]> values, WeightFormat format) {
    Map<String, float[]> folded = format == WeightFormat.FLOAT32 ? values : folded(network, values);
    List<PlainTensor> tensors = new ArrayList<>();
    for (ParameterShape parameter : shipped(network, format)) {
      float[] own = folded.get(parameter.name());
      tensors.add(
          parameter.role() == Role.WEIGHT
              ? new PlainTensor.Weights(parameter.shape(), own)
              : new PlainTensor.Floats(parameter.shape(), own));
    }
    return tensors;
  }

  /** The parameters of the network that ships these tensors. */
  public static Map<String, float[]> values(
      BuiltInDescription network, List<PlainTensor> tensors, WeightFormat format) {
    Map<String, float[]> values = new LinkedHashMap<>();
    List<ParameterShape> shipped = shipped(network, format);
    for (int i = 0; i < shipped.size(); i++) {
      values.put(
          shipped.get(i).name(),
          tensors.get(i) instanceof PlainTensor.Weights weights
              ? weights.values()
              : ((PlainTensor.Floats) tensors.get(i)).values());
    }
    for (ParameterShape parameter : network.parameters()) {
      if (!values.containsKey(parameter.name())) {
        float[] none = new float[parameter.size()];
        Arrays.fill(none, parameter.name().endsWith(VARIANCE) ? NO_VARIANCE : 0);
        values.put(parameter.name(), none);
      }
    }
    return values;
  }

  /** The parameters that a file has: under float32 all, else without what is folded away. */
  private static List<ParameterShape> shipped(BuiltInDescription network, WeightFormat format) {
    Set<String> names = new HashSet<>();
    network.parameters().forEach(parameter -> names.add(parameter.name()));
    return network.parameters().stream()
        .filter(p -> format == WeightFormat.FLOAT32 || !isFoldedAway(p, names))
        .toList();
  }

  /** Statistics of a normalisation that has a scale and a shift to fold them into. */
  private static boolean isFoldedAway(ParameterShape parameter, Set<String> names) {
    String name = parameter.name();
    for (String statistic : List.of(MEAN, VARIANCE)) {
      if (parameter.role() == Role.STATISTIC && name.endsWith(statistic)) {
        return names.contains(name.substring(0, name.length() - statistic.length()) + SCALE);
      }
    }
    return false;
  }

  private static Map<String, float[]> folded(
      BuiltInDescription network, Map<String, float[]> values) {
    Map<String, float[]> folded = new LinkedHashMap<>(values);
    for (ParameterShape parameter : network.parameters()) {
      if (parameter.name().endsWith(MEAN)) {
        String layer = parameter.name().substring(0, parameter.name().length() - MEAN.length());
        if (!values.containsKey(layer + SCALE)) {
          continue;
        }
        float[] mean = values.get(layer + MEAN);
        float[] variance = values.get(layer + VARIANCE);
        float[] scale = values.get(layer + SCALE).clone();
        float[] shift = values.get(layer + SHIFT).clone();
        for (int i = 0; i < scale.length; i++) {
          scale[i] = (float) (scale[i] / Math.sqrt(variance[i] + EPSILON));
          shift[i] -= mean[i] * scale[i];
        }
        folded.put(layer + SCALE, scale);
        folded.put(layer + SHIFT, shift);
      }
    }
    return folded;
  }
}
