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
    return add(layer + ".bias", Role.LEARNED, size);
  }

  ParameterList batchNorm(String layer, int channels) {
    return add(layer + ".weight", Role.LEARNED, channels)
        .add(layer + ".bias", Role.LEARNED, channels)
        .add(layer + ".running_mean", Role.STATISTIC, channels)
        .add(layer + ".running_var", Role.STATISTIC, channels);
  }

  List<ParameterShape> toList() {
    return List.copyOf(parameters);
  }

  private ParameterList add(String name, Role role, Integer... shape) {
    parameters.add(new ParameterShape(name, List.of(shape), role));
    return this;
  }
}
