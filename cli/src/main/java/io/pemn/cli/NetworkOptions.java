package io.pemn.cli;

import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.format.network.Activation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The options that say which network of pemn's own is meant. */
final class NetworkOptions {
  /** Networks that pemn builds itself. */
  enum Arch {
    CONVMIXER,
    MLP;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Their names. */
  static final List<String> NAMES =
      List.of("--dim", "--depth", "--kernel", "--patch", "--hidden", "--activation");

  @Option(names = "--arch", description = "One of ${COMPLETION-CANDIDATES} (default: convmixer).")
  Arch arch;

  @Option(
      names = "--dim",
      paramLabel = "N",
      description = "ConvMixer: channels (default: 64; the paper: 256).")
  Integer dim;

  @Option(
      names = "--depth",
      paramLabel = "N",
      description = "ConvMixer: blocks (default: 4; the paper: 6).")
  Integer depth;

  @Option(
      names = "--kernel",
      paramLabel = "N",
      defaultValue = "5",
      description = "ConvMixer: side of the depthwise kernels (default: ${DEFAULT-VALUE}).")
  int kernel;

  @Option(
      names = "--patch",
      paramLabel = "N",
      defaultValue = "2",
      description = "ConvMixer: side of the patches (default: ${DEFAULT-VALUE}).")
  int patch;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      split = ",",
      defaultValue = "256,256,256",
      description = "MLP: widths of the hidden layers (default: ${DEFAULT-VALUE}).")
  List<Integer> hidden;

  @Option(
      names = "--activation",
      defaultValue = "gelu",
      description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Activation activation;

  /** The options by the names of {@link TrainingOptions#toMap}. */
  Map<String, String> toMap() {
    return toMap(Recipe.PEMN);
  }

  /** The same, with the sizes of a recipe where none are given. */
  Map<String, String> toMap(Recipe recipe) {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("arch", (arch == null ? Arch.CONVMIXER : arch).toString());
    map.put("dim", String.valueOf(dim == null ? recipe.convMixerDim() : dim));
    map.put("depth", String.valueOf(depth == null ? recipe.convMixerDepth() : depth));
    map.put("kernel", String.valueOf(kernel));
    map.put("patch", String.valueOf(patch));
    map.put("hidden", hidden.stream().map(String::valueOf).collect(Collectors.joining(",")));
    map.put("activation", activation.toString());
    return map;
  }
}
