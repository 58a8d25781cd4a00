package io.pemn.format.network;

import io.pemn.format.network.ParameterShape.Role;
import java.util.ArrayList;
import java.util.List;

/** Collects the parameters of a network in order. */
final class ParameterList {
  private final List<ParameterShape> parameters = new ArrayList<>();

  ParameterList weight(String layer, Integer... shape) {
    return add(layer + ".weight", Role.WEIGHT, shape);
  }

  ParameterList bias(String layer, int size) {
    return learned(layer + ".bias", size);
  }

  ParameterList linear(String layer, int outputs, int inputs) {
    return weight(layer, outputs, inputs).bias(layer, outputs);
  }

  ParameterList batchNorm(String layer, int channels, Norm norm) {
    return layerNorm(layer, channels, norm)
        .add(layer + ".running_mean", Role.STATISTIC, channels)
        .add(layer + ".running_var", Role.STATISTIC, channels);
  }

  ParameterList layerNorm(String layer, int size, Norm norm) {
    return norm.isLearned() ? learned(layer + ".weight", size).bias(layer, size) : this;
  }

  ParameterList learned(String name, Integer... shape) {
    return add(name, Role.LEARNED, shape);
  }

  List<ParameterShape> toList() {
    return List.copyOf(parameters);
  }

  private ParameterList add(String name, Role role, Integer... shape) {
    parameters.add(new ParameterShape(name, List.of(shape), role));
    return this;
  }
}
