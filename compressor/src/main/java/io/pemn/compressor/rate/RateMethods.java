package io.pemn.compressor.rate;

import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.rate.RateMethod.Dense;
import io.pemn.compressor.rate.RateMethod.Masks;
import io.pemn.compressor.rate.RateMethod.Pruned;
import io.pemn.compressor.rate.RateMethod.Stored;
import io.pemn.compressor.training.Recipe;
import io.pemn.packager.baseline.WeightFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The networks and methods of docs/results.md. This is the one place to edit them; a row whose
 * settings have changed is measured anew.
 */
public final class RateMethods {
  /** The methods that the paper has: its binary masks. */
  public static final String PAPER = "paper";

  /** Archives of pemn. */
  public static final String PEMN = "pemn";

  /** Dense networks of the same size. */
  public static final String DENSE = "dense";

  /** Dense networks of fewer channels. */
  public static final String SMALLER = "smaller dense";

  /** Dense networks of the same size, pruned. */
  public static final String PRUNED = "pruned";

  private static final String MLP = "mlp";
  private static final String CONVMIXERS = "convmixer-*";
  private static final String ALL = "*";

  /** All layers read a vector of a tenth of the largest one's size. */
  private static final Map<String, String> SHARED = options("strategy", "random-vector");

  /** What all trainings have in common where nothing else is said. */
  static final Map<String, String> COMMON =
      options(
          "activation", "gelu",
          "mask", "dense",
          "strategy", "random-vector",
          "ratio", "0.1",
          "padding", "copy",
          "one-layer-scope", "all",
          "store-prototype", "seed",
          "remainder", "fp32",
          "batch-size", "128",
          "weight-decay", "0.005");

  /** The networks, in the order of the table. */
  public static final List<RateNetwork> NETWORKS =
      List.of(
          new RateNetwork(
              MLP,
              options(
                  "arch", "mlp",
                  "hidden", "256,256,256",
                  "train-images", "20000",
                  "epochs", "30",
                  "augmentation", "none")),
          convMixer("convmixer-64", 64, 2, 6),
          convMixer("convmixer-64-20-epochs", 64, 2, 20),
          convMixer("convmixer-128", 128, 4, 8));

  /** The methods, in the order of the table. */
  public static final List<RateMethod> METHODS = methods();

  private RateMethods() {}

  private static List<RateMethod> methods() {
    List<RateMethod> methods = new ArrayList<>();

    Map<String, String> paper = recipe(Recipe.PAPER, MaskType.BINARY, Optional.empty());
    paper.put("ratio", "1e-3");
    methods.add(new RateMethod("paper", PAPER, List.of(MLP), masks(paper, Stored.RAW_BITS)));
    paper.put("ratio", "1e-1");
    methods.add(new RateMethod("paper", PAPER, List.of(CONVMIXERS), masks(paper, Stored.RAW_BITS)));

    methods.add(pemn(MLP, MaskType.BINARY, Optional.empty(), SHARED));
    for (String density : List.of("0.1", "0.05", "0.03", "0.01")) {
      methods.add(pemn(MLP, MaskType.TERNARY, Optional.of(density), SHARED));
    }
    methods.add(pemn(CONVMIXERS, MaskType.BINARY, Optional.empty(), Map.of()));
    methods.add(pemn("convmixer-128", MaskType.BINARY, Optional.of("0.25"), Map.of()));
    methods.add(pemn("convmixer-64", MaskType.TERNARY, Optional.of("0.3"), SHARED));

    for (WeightFormat format :
        List.of(WeightFormat.FLOAT32, WeightFormat.FLOAT16, WeightFormat.INT8, WeightFormat.INT4)) {
      methods.add(
          new RateMethod("dense-" + format, DENSE, List.of(ALL), new Dense(format, Map.of())));
    }

    for (int width : List.of(6, 10, 16, 24)) {
      String hidden = width + "," + width + "," + width;
      methods.add(smaller("hidden-" + width, MLP, "hidden", hidden));
    }
    for (int dim : List.of(12, 16, 24)) {
      methods.add(smaller("dim-" + dim, "convmixer-64", "dim", String.valueOf(dim)));
    }
    methods.add(smaller("dim-16", "convmixer-64-20-epochs", "dim", "16"));
    for (int dim : List.of(16, 24, 32)) {
      methods.add(smaller("dim-" + dim, "convmixer-128", "dim", String.valueOf(dim)));
    }

    for (double kept : List.of(0.1, 0.05, 0.02)) {
      methods.add(pruned(kept, MLP));
    }
    for (String network : List.of("convmixer-64", "convmixer-128")) {
      methods.add(pruned(0.1, network));
    }
    return List.copyOf(methods);
  }

  /** A setting of pemn's, whose density is learned unless one is given: a {@code .pemn} archive. */
  private static RateMethod pemn(
      String networks, MaskType type, Optional<String> density, Map<String, String> others) {
    Map<String, String> options = recipe(Recipe.PEMN, type, density);
    options.putAll(others);
    return new RateMethod(
        "pemn-" + type + density.map(value -> "-" + value).orElse(""),
        PEMN,
        List.of(networks),
        masks(options, Stored.ARCHIVE));
  }

  /** What a recipe says of masks of a type, whose density is learned unless one is given. */
  static Map<String, String> recipe(Recipe recipe, MaskType type, Optional<String> density) {
    Map<String, String> options = recipe.options(type, density.isPresent());
    options.put("mask", type.toString());
    String mask = type.toString();
    options.put("lr", String.valueOf(recipe.learningRate(mask, false, false)));
    options.put("remainder-lr", String.valueOf(recipe.remainderRate(mask, false, false)));
    density.ifPresent(value -> options.put("density", value));
    return options;
  }

  private static RateMethod smaller(String name, String networks, String... options) {
    return new RateMethod(
        "dense-" + name,
        SMALLER,
        List.of(networks),
        new Dense(WeightFormat.FLOAT16, options(options)));
  }

  private static RateMethod pruned(double kept, String networks) {
    return new RateMethod(
        "pruned-" + kept, PRUNED, List.of(networks), new Pruned(kept, WeightFormat.CSR));
  }

  private static Masks masks(Map<String, String> options, Stored stored) {
    return new Masks(options, stored);
  }

  private static RateNetwork convMixer(String name, int dim, int patch, int epochs) {
    return new RateNetwork(
        name,
        options(
            "arch", "convmixer",
            "dim", String.valueOf(dim),
            "depth", "4",
            "kernel", "5",
            "patch", String.valueOf(patch),
            "train-images", "10000",
            "epochs", String.valueOf(epochs),
            "augmentation", "shift-and-flip"));
  }

  private static Map<String, String> options(String... pairs) {
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      options.put(pairs[i], pairs[i + 1]);
    }
    return options;
  }
}
