package io.pemn.compressor.training;

import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.masking.FilledLayers;
import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.masking.LayerBudget;
import io.pemn.compressor.masking.MaskRule;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.masking.ScoreMode;
import io.pemn.compressor.masking.Selection;
import io.pemn.compressor.network.ArchitectureOptions;
import io.pemn.compressor.network.NetworkChoice;
import io.pemn.format.Distribution;
import io.pemn.format.Normalization;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.storage.FloatCoding;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Every option that affects the result of a training, and nothing else: no paths, no device, no
 * thread counts.
 *
 * @param network the network
 * @param mask how the masks are trained over a prototype; empty if the weights themselves are
 *     trained
 * @param strategy how the prototype fills the layers
 * @param distribution of the prototype's values
 * @param storeValues whether the archive keeps the prototype's values rather than only its seed
 * @param objective what the network is for
 * @param distillation what it takes over from its teacher
 * @param epochs passes over the training images, at least 1
 * @param batchSize images a step, at least 1
 * @param learningRate the greatest of the schedule, greater than 0
 * @param remainderRate the same of what is not masked, greater than 0
 * @param weightDecay AdamW's, at least 0
 * @param seed of the prototype, the scores, the order of the images and their augmentation
 * @param augmentation how training images are changed
 * @param trainImages size of the class-balanced subset to train on; 0 for all
 * @param normalization how pixels become input
 * @param remainder how the archive stores floats that no mask replaces
 * @param clipNorm the greatest norm of all gradients together, greater than 0; 0 if they are not
 *     clipped
 * @param validation how many of the training images are held out and measured every epoch, at least
 *     0
 */
public record TrainingOptions(
    NetworkChoice network,
    Optional<MaskRule> mask,
    FillingStrategy strategy,
    Distribution distribution,
    boolean storeValues,
    Objective objective,
    Distillation distillation,
    int epochs,
    int batchSize,
    double learningRate,
    double remainderRate,
    double weightDecay,
    long seed,
    AugmentationChoice augmentation,
    int trainImages,
    Normalization normalization,
    FloatCoding remainder,
    double clipNorm,
    int validation) {
  private static final String CLIP_NORM = "clip-norm";
  private static final String VALIDATION = "validation";

  /** Checks the ranges. */
  public TrainingOptions {
    require(
        !distillation.warmStart()
            || mask.isEmpty()
            || mask.get().type() != MaskType.BINARY
            || mask.get().scores() == ScoreMode.SIGNED,
        "choice of scores",
        "signed for a warm start",
        mask.map(MaskRule::scores).orElse(null));
    require(epochs >= 1, "epochs", "at least 1", epochs);
    require(batchSize >= 1, "batch size", "at least 1", batchSize);
    require(
        learningRate > 0 && Double.isFinite(learningRate),
        "learning rate",
        "greater than 0",
        learningRate);
    require(
        remainderRate > 0 && Double.isFinite(remainderRate),
        "learning rate of the remainder",
        "greater than 0",
        remainderRate);
    require(
        weightDecay >= 0 && Double.isFinite(weightDecay),
        "weight decay",
        "at least 0",
        weightDecay);
    require(trainImages >= 0, "number of training images", "at least 1", trainImages);
    require(
        clipNorm >= 0 && Double.isFinite(clipNorm),
        "norm that gradients are clipped to",
        "greater than 0",
        clipNorm);
    require(validation >= 0, "number of validation samples", "at least 1", validation);
  }

  private static void require(boolean sound, String what, String range, Object value) {
    if (!sound) {
      throw new IllegalArgumentException(
          "The " + what + " must be " + range + ", not " + value + ".");
    }
  }

  /** Whether masks are trained over a prototype; otherwise the weights themselves. */
  public boolean masked() {
    return mask.isPresent();
  }

  /** The weights of a network of this training, filled from its prototype. */
  public FilledLayers fill(List<ParameterShape> parameters) {
    return FilledLayers.of(parameters, strategy, distribution, seed, budget(parameters));
  }

  /** What fraction of each layer's weights the masks of a network of this training keep. */
  public LayerBudget budget(List<ParameterShape> parameters) {
    return mask.map(rule -> LayerBudget.of(parameters, rule.density(), rule.budget()))
        .orElse(LayerBudget.EVERYTHING);
  }

  /** The options by their names on the command line, in a fixed order. */
  public Map<String, String> toMap() {
    Map<String, String> map = new LinkedHashMap<>();
    if (network instanceof NetworkChoice.Module module) {
      map.put("arch", "torchscript");
      map.put("model", module.digest());
      map.put("mask-include", String.join(",", module.include()));
      map.put("mask-exclude", String.join(",", module.exclude()));
      map.put("traced-mode", module.keepTracedMode() ? "keep" : "switch");
      map.put("objective", objective.toString());
      map.put("warm-start", distillation.warmStart() ? "on" : "off");
      map.put("distill", Double.toString(distillation.share()));
      map.put("temperature", Double.toString(distillation.temperature()));
    } else if (network instanceof NetworkChoice.BuiltIn builtIn) {
      map.putAll(ArchitectureOptions.toMap(builtIn.architecture()));
    }
    map.put("mask", mask.map(rule -> rule.type().toString()).orElse("dense"));
    if (mask.isPresent()) {
      putStrategy(map);
      map.put("prototype", distribution.toString());
      map.put("store-prototype", storeValues ? "values" : "seed");
      map.put("select", mask.get().selection().toString());
      map.put("budget", mask.get().budget().toString());
      map.put("density", Double.toString(mask.get().density()));
      map.put("scores", mask.get().scores().toString());
    }
    map.put("epochs", Integer.toString(epochs));
    map.put("batch-size", Integer.toString(batchSize));
    map.put("lr", Double.toString(learningRate));
    if (masked()) {
      map.put("remainder-lr", Double.toString(remainderRate));
    }
    map.put("weight-decay", Double.toString(weightDecay));
    map.put("seed", Long.toString(seed));
    map.put("augmentation", augmentation.toString());
    map.put("train-images", trainImages == 0 ? "all" : Integer.toString(trainImages));
    map.put("normalize", normalization.toString());
    map.put("remainder", remainder.toString());
    // Left out where they are off, so that what was made before there were such options stays
    // valid.
    if (clipNorm > 0) {
      map.put(CLIP_NORM, Double.toString(clipNorm));
    }
    if (validation > 0) {
      map.put(VALIDATION, Integer.toString(validation));
    }
    return map;
  }

  private void putStrategy(Map<String, String> map) {
    if (strategy instanceof FillingStrategy.OwnWeights) {
      map.put("strategy", "none");
    } else if (strategy instanceof FillingStrategy.OneLayer s) {
      map.put("strategy", "one-layer");
      map.put("one-layer-scope", s.convolutionsOnly() ? "convolutions" : "all");
    } else if (strategy instanceof FillingStrategy.MaxLayer) {
      map.put("strategy", "max-layer");
    } else if (strategy instanceof FillingStrategy.RandomVector s) {
      map.put("strategy", "random-vector");
      map.put("ratio", Double.toString(s.ratio()));
      map.put("padding", s.shuffled() ? "shuffle" : "copy");
    }
  }

  /**
   * The options that {@link #toMap} wrote.
   *
   * @throws IllegalArgumentException in one sentence, if one is missing or out of range
   */
  public static TrainingOptions of(Map<String, String> map) {
    boolean masked = !get(map, "mask").equals("dense");
    boolean module = get(map, "arch").equals("torchscript");
    // 0 stands for all here, but nobody who asks for 0 images means that.
    String given = get(map, "train-images");
    int trainImages = given.equals("all") ? 0 : Integer.parseInt(given);
    require(
        given.equals("all") || trainImages >= 1,
        "number of training images",
        "at least 1",
        trainImages);
    double clipNorm = map.containsKey(CLIP_NORM) ? Double.parseDouble(get(map, CLIP_NORM)) : 0;
    require(
        clipNorm > 0 || !map.containsKey(CLIP_NORM),
        "norm that gradients are clipped to",
        "greater than 0",
        clipNorm);
    int validation = map.containsKey(VALIDATION) ? Integer.parseInt(get(map, VALIDATION)) : 0;
    require(
        validation > 0 || !map.containsKey(VALIDATION),
        "number of validation samples",
        "at least 1",
        validation);
    return new TrainingOptions(
        module ? module(map) : new NetworkChoice.BuiltIn(ArchitectureOptions.of(map)),
        masked ? Optional.of(rule(map)) : Optional.empty(),
        masked ? strategy(map) : new FillingStrategy.OwnWeights(),
        masked ? constant(Distribution.class, get(map, "prototype")) : Distribution.NORMAL,
        masked && isFirst(map, "store-prototype", "values", "seed"),
        module ? constant(Objective.class, get(map, "objective")) : Objective.CLASSIFY,
        module
            ? new Distillation(
                isFirst(map, "warm-start", "on", "off"),
                Double.parseDouble(get(map, "distill")),
                Double.parseDouble(get(map, "temperature")))
            : Distillation.NONE,
        Integer.parseInt(get(map, "epochs")),
        Integer.parseInt(get(map, "batch-size")),
        Double.parseDouble(get(map, "lr")),
        Double.parseDouble(get(map, masked ? "remainder-lr" : "lr")),
        Double.parseDouble(get(map, "weight-decay")),
        Long.parseLong(get(map, "seed")),
        AugmentationChoice.parse(get(map, "augmentation")),
        trainImages,
        Normalization.parse(get(map, "normalize")),
        constant(FloatCoding.class, get(map, "remainder")),
        clipNorm,
        validation);
  }

  private static MaskRule rule(Map<String, String> map) {
    return new MaskRule(
        constant(MaskType.class, get(map, "mask")),
        constant(Selection.class, get(map, "select")),
        constant(LayerBudget.Kind.class, get(map, "budget")),
        Double.parseDouble(get(map, "density")),
        constant(ScoreMode.class, get(map, "scores")));
  }

  private static NetworkChoice module(Map<String, String> map) {
    return new NetworkChoice.Module(
        get(map, "model"),
        patterns(get(map, "mask-include")),
        patterns(get(map, "mask-exclude")),
        isFirst(map, "traced-mode", "keep", "switch"));
  }

  private static List<String> patterns(String joined) {
    return joined.isEmpty() ? List.of() : List.of(joined.split(","));
  }

  private static FillingStrategy strategy(Map<String, String> map) {
    return switch (get(map, "strategy")) {
      case "none" -> new FillingStrategy.OwnWeights();
      case "one-layer" ->
          new FillingStrategy.OneLayer(isFirst(map, "one-layer-scope", "convolutions", "all"));
      case "max-layer" -> new FillingStrategy.MaxLayer();
      case "random-vector" ->
          new FillingStrategy.RandomVector(
              Double.parseDouble(get(map, "ratio")), isFirst(map, "padding", "shuffle", "copy"));
      default ->
          throw unknown(
              "strategy",
              get(map, "strategy"),
              List.of("none", "one-layer", "max-layer", "random-vector"));
    };
  }

  /** Whether an option has the first of its two possible values. */
  private static boolean isFirst(
      Map<String, String> map, String name, String first, String second) {
    String value = get(map, name);
    if (!value.equals(first) && !value.equals(second)) {
      throw unknown(name, value, List.of(first, second));
    }
    return value.equals(first);
  }

  private static String get(Map<String, String> map, String name) {
    String value = map.get(name);
    if (value == null) {
      throw new IllegalArgumentException("The option " + name + " is missing.");
    }
    return value;
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String name) {
    try {
      return Enum.valueOf(type, name.toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException e) {
      throw unknown(
          type.getSimpleName().toLowerCase(Locale.ROOT),
          name,
          Arrays.stream(type.getEnumConstants()).map(Object::toString).toList());
    }
  }

  private static IllegalArgumentException unknown(String what, String name, List<String> known) {
    return new IllegalArgumentException(
        "There is no " + what + " \"" + name + "\"; use one of " + String.join(", ", known) + ".");
  }
}
