package io.pemn.compressor.sweep;

import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.network.ArchitectureOptions;
import io.pemn.compressor.shipping.Shipment;
import io.pemn.compressor.training.Pruning;
import io.pemn.compressor.training.RunDescription;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.storage.ArchiveFormat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One training of a sweep.
 *
 * @param strategy what is trained
 * @param kept fraction of the weights that pruning leaves; empty unless the strategy prunes
 * @param description the training and its data
 */
public record SweepRun(SweepStrategy strategy, Optional<Double> kept, RunDescription description) {
  private static final int DIGEST_BYTES = 4;

  /**
   * Checks that the parts belong together.
   *
   * @throws IllegalArgumentException in one sentence, if they do not
   */
  public SweepRun {
    if (strategy.pruned() != kept.isPresent()) {
      throw new IllegalArgumentException(
          "A fraction that is kept belongs to pruned networks and to no others, unlike "
              + strategy
              + " with "
              + kept.map(String::valueOf).orElse("none")
              + ".");
    }
    if (strategy.masked() != description.trainingOptions().masked()) {
      throw new IllegalArgumentException(
          "The strategy " + strategy + " does not go with --mask " + maskOf(description) + ".");
    }
  }

  private static String maskOf(RunDescription description) {
    return description.options().get("mask");
  }

  /** The options of the training. */
  public TrainingOptions options() {
    return description.trainingOptions();
  }

  /** The network. */
  public BuiltInDescription network() {
    return (BuiltInDescription) description.network();
  }

  /** Seed of the training. */
  public long seed() {
    return options().seed();
  }

  /** Length of a random-vector prototype over the largest layer, as it was asked for. */
  public Optional<Double> ratio() {
    return strategy == SweepStrategy.RANDOM_VECTOR
            && options().strategy() instanceof FillingStrategy.RandomVector vector
        ? Optional.of(vector.ratio())
        : Optional.empty();
  }

  /** How the dense network that this run begins with is pruned, if it is. */
  public Optional<Pruning> pruning() {
    return kept.map(
        fraction ->
            new Pruning(
                fraction,
                0,
                strategy == SweepStrategy.PRUNED_RANDOM
                    ? Pruning.Criterion.RANDOM
                    : Pruning.Criterion.MAGNITUDE));
  }

  /** The options that say which network it is, such as {@code dim}. */
  Map<String, String> architecture() {
    return ArchitectureOptions.toMap(network().architecture());
  }

  /** Name of the network's family, such as {@code convmixer}. */
  public String arch() {
    return architecture().get("arch");
  }

  /** The network in words without commas: its family and its sizes. */
  public String networkName() {
    return architecture().entrySet().stream()
        .map(
            option ->
                option.getKey().equals("arch")
                    ? option.getValue()
                    : option.getKey() + "=" + option.getValue().replace(',', '-'))
        .collect(Collectors.joining(" "));
  }

  /** The options of the training but the network's and the seed, in words without commas. */
  String otherOptions() {
    Map<String, String> others = new LinkedHashMap<>(description.options());
    others.keySet().removeAll(architecture().keySet());
    others.remove("seed");
    return others.entrySet().stream()
        .map(option -> option.getKey() + "=" + option.getValue().replace(',', ';'))
        .collect(Collectors.joining(" "));
  }

  /** The run in words. */
  public String label() {
    return networkName() + ", " + strategyLabel() + ", seed " + seed();
  }

  /** The strategy with its ratio or the fraction that it keeps. */
  public String strategyLabel() {
    return strategy + ratio().or(this::kept).map(number -> " " + plain(number)).orElse("");
  }

  /** A number as people write it: 0.001, 1e-4. */
  static String plain(double number) {
    return String.valueOf(number).replace(".0E", "E").replace('E', 'e');
  }

  /** How many values the network's weights have between them, before masks choose. */
  public long uniqueValues() {
    if (strategy == SweepStrategy.DENSE) {
      return weights();
    }
    if (strategy.pruned()) {
      return network().parameters().stream()
          .filter(parameter -> parameter.role() == Role.WEIGHT)
          .mapToLong(parameter -> Pruning.numberKept(parameter.size(), kept.orElseThrow()))
          .sum();
    }
    return options()
        .strategy()
        .place(
            network().parameters().stream()
                .filter(parameter -> parameter.role() == Role.WEIGHT)
                .toList())
        .length();
  }

  /** {@link #uniqueValues} over the size of the largest layer: the paper's axis; 1 for MP. */
  public double uniqueRatio() {
    int largest =
        network().parameters().stream()
            .filter(parameter -> parameter.role() == Role.WEIGHT)
            .mapToInt(ParameterShape::size)
            .max()
            .orElse(1);
    return (double) uniqueValues() / largest;
  }

  /** Number of weights of convolutions and linear layers: those that masks can replace. */
  public long weights() {
    return Shipment.weights(network());
  }

  /** Number of training images. */
  public int trainImages(int all) {
    return options().trainImages() == 0 ? all : options().trainImages();
  }

  /** Digest of everything that decides the result, but the seed and the machine. */
  public String settings() {
    Map<String, String> options = new LinkedHashMap<>(description.options());
    options.remove("seed");
    String all =
        description.dataSet() + description.samples() + options + strategy + kept.orElse(0.0);
    byte[] digest = ArchiveFormat.digest(ByteBuffer.wrap(all.getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest, 0, DIGEST_BYTES);
  }

  /** Name of the run's folder. */
  public String id() {
    return String.join(
        "-", arch(), strategyLabel().replace(' ', '-'), "seed", "" + seed(), settings());
  }
}
