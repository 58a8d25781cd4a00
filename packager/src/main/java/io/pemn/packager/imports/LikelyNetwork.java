package io.pemn.packager.imports;

import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ParameterShape;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What the shapes of a state_dict say about its network, for messages. */
final class LikelyNetwork {
  private LikelyNetwork() {}

  /**
   * The options of the ConvMixer that has parameters of these shapes, if there is one.
   *
   * @param values all tensors but scores and counters, in order
   * @param asked the network that was asked for
   */
  static Optional<String> of(List<StateTensor> values, BuiltInDescription asked) {
    List<List<Long>> convolutions =
        values.stream().map(StateTensor::shape).filter(shape -> shape.size() == 4).toList();
    List<List<Long>> linear =
        values.stream().map(StateTensor::shape).filter(shape -> shape.size() == 2).toList();
    boolean possible =
        convolutions.size() >= 3
            && convolutions.size() % 2 == 1
            && linear.size() == 1
            && convolutions.stream().flatMap(List::stream).allMatch(d -> d == d.intValue())
            && linear.get(0).stream().allMatch(d -> d == d.intValue());
    if (!possible) {
      return Optional.empty();
    }
    List<Integer> stem = convolutions.get(0).stream().map(Long::intValue).toList();
    int kernel = convolutions.get(1).get(3).intValue();
    int depth = convolutions.size() / 2;
    int classes = linear.get(0).get(0).intValue();
    for (Norm norm : Norm.values()) {
      try {
        BuiltInDescription likely =
            new BuiltInDescription(
                new ConvMixerArchitecture(
                    stem.get(0), depth, kernel, stem.get(3), Activation.GELU, norm),
                new ImageShape(
                    stem.get(1),
                    Math.max(stem.get(3), asked.input().height()),
                    Math.max(stem.get(3), asked.input().width())),
                classes);
        if (fits(values, likely.parameters())) {
          return Optional.of(
              String.format(
                  "--arch convmixer --dim %d --depth %d --kernel %d --patch %d --norm %s"
                      + " --channels %d --classes %d",
                  stem.get(0), depth, kernel, stem.get(3), norm, stem.get(1), classes));
        }
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static boolean fits(List<StateTensor> values, List<ParameterShape> parameters) {
    return values.size() == parameters.size()
        && IntStream.range(0, values.size())
            .allMatch(i -> values.get(i).hasShape(parameters.get(i).shape()));
  }
}
