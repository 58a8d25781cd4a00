package io.pemn.cli;

import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.format.network.Activation;
import io.pemn.format.network.Norm;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which network of pemn's own is meant. */
final class NetworkOptions {
  /** Networks that pemn builds itself, with the usual values of the options that they take. */
  enum Arch {
    CONVMIXER(
        Map.of("dim", "64", "depth", "4", "kernel", "5", "patch", "2", "activation", "gelu"),
        Map.of("dim", "256", "depth", "6")),
    MLP(Map.of("hidden", "256,256,256", "activation", "gelu"), Map.of()),
    RESNET(Map.of("dim", "16", "depth", "20", "activation", "relu"), Map.of("depth", "32")),
    VIT(
        Map.of(
            "dim",
            "64",
            "depth",
            "4",
            "patch",
            "4",
            "heads",
            "4",
            "mlp-ratio",
            "2",
            "class-token",
            "yes",
            "positions",
            "yes",
            "activation",
            "gelu"),
        Map.of("dim", "256", "depth", "6"));

    private final Map<String, String> usual;
    private final Map<String, String> paper;

    /**
     * A network.
     *
     * @param usual its options and their usual values
     * @param paper those of them that are others in the paper: the smallest that it has (tables 1
     *     and 2)
     */
    Arch(Map<String, String> usual, Map<String, String> paper) {
      this.usual = usual;
      this.paper = paper;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Their names, but that of {@code --arch}. */
  static final List<String> NAMES =
      List.of(
          "--dim",
          "--depth",
          "--kernel",
          "--patch",
          "--heads",
          "--mlp-ratio",
          "--class-token",
          "--positions",
          "--hidden",
          "--activation",
          "--norm");

  @Spec CommandSpec spec;

  @Option(names = "--arch", description = "One of ${COMPLETION-CANDIDATES} (default: convmixer).")
  Arch arch;

  @Option(
      names = "--dim",
      paramLabel = "N",
      description =
          "Channels of a ConvMixer, numbers in a token of a vision transformer (default: 64),"
              + " channels of the first stage of a ResNet (default: 16; the paper: 256 but for"
              + " ResNets).")
  Integer dim;

  @Option(
      names = "--depth",
      paramLabel = "N",
      description =
          "Blocks of a ConvMixer or a vision transformer (default: 4), layers of a ResNet, 6 n + 2"
              + " (default: 20; the paper: 6, of a ResNet 32).")
  Integer depth;

  @Option(
      names = "--kernel",
      paramLabel = "N",
      description = "ConvMixer: side of the depthwise kernels (default: 5).")
  Integer kernel;

  @Option(
      names = "--patch",
      paramLabel = "N",
      description = "Side of the patches of a ConvMixer (default: 2) or a vision transformer (4).")
  Integer patch;

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Vision transformer: heads of the attention (default: 4).")
  Integer heads;

  @Option(
      names = "--mlp-ratio",
      paramLabel = "N",
      description = "Vision transformer: width of its perceptrons over dim (default: 2).")
  Integer mlpRatio;

  @Option(
      names = "--class-token",
      negatable = true,
      description =
          "Vision transformer: classify a token of the class rather than the mean of all (default:"
              + " yes).")
  Boolean classToken;

  @Option(
      names = "--positions",
      negatable = true,
      description = "Vision transformer: learn positions (default: yes).")
  Boolean positions;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      split = ",",
      description = "MLP: widths of the hidden layers (default: 256,256,256).")
  List<Integer> hidden;

  @Option(
      names = "--activation",
      description = "One of ${COMPLETION-CANDIDATES} (default: gelu; of a ResNet relu).")
  Activation activation;

  @Option(
      names = "--norm",
      description =
          "What normalisation layers learn: a scale and a shift a channel, or nothing. One of"
              + " ${COMPLETION-CANDIDATES} (default: learn).")
  Norm norm;

  /**
   * The options by the names of {@link TrainingOptions#toMap}, with the usual values of those that
   * are not given.
   *
   * @throws ParameterException if one is given that the network does not have
   */
  Map<String, String> toMap() {
    return toMap(Recipe.PEMN);
  }

  /**
   * The same, with the sizes of a recipe where none are given.
   *
   * @throws ParameterException if one is given that the network does not have
   */
  Map<String, String> toMap(Recipe recipe) {
    Arch wanted = arch == null ? Arch.CONVMIXER : arch;
    Map<String, String> given = given();
    Map<String, String> map = new LinkedHashMap<>();
    map.put("arch", wanted.toString());
    map.putAll(wanted.usual);
    if (recipe == Recipe.PAPER) {
      map.putAll(wanted.paper);
    }
    for (Map.Entry<String, String> option : given.entrySet()) {
      if (!wanted.usual.containsKey(option.getKey()) && !option.getKey().equals("norm")) {
        throw new ParameterException(
            spec.commandLine(),
            "--"
                + option.getKey()
                + " is not an option of --arch "
                + wanted
                + ", whose options are "
                + wanted.usual.keySet().stream()
                    .sorted()
                    .map(name -> "--" + name)
                    .collect(Collectors.joining(", "))
                + " and --norm; leave it out.");
      }
      map.put(option.getKey(), option.getValue());
    }
    return map;
  }

  private Map<String, String> given() {
    Map<String, String> given = new LinkedHashMap<>();
    put(given, "dim", dim);
    put(given, "depth", depth);
    put(given, "kernel", kernel);
    put(given, "patch", patch);
    put(given, "heads", heads);
    put(given, "mlp-ratio", mlpRatio);
    put(given, "class-token", yes(classToken));
    put(given, "positions", yes(positions));
    put(
        given,
        "hidden",
        hidden == null
            ? null
            : hidden.stream().map(String::valueOf).collect(Collectors.joining(",")));
    put(given, "activation", activation);
    put(given, "norm", norm);
    return given;
  }

  private static void put(Map<String, String> map, String name, Object value) {
    if (value != null) {
      map.put(name, value.toString());
    }
  }

  private static String yes(Boolean value) {
    return value == null ? null : value ? "yes" : "no";
  }
}
