package io.pemn.cli;

import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.masking.LayerBudget;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.masking.ScoreMode;
import io.pemn.compressor.masking.Selection;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.network.NetworkChoice;
import io.pemn.compressor.training.Objective;
import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.format.Distribution;
import io.pemn.format.Normalization;
import io.pemn.format.storage.FloatCoding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that affect the result of a training. */
final class TrainingMixin {
  /** What is learned. */
  enum MaskKind {
    BINARY,
    SIGN,
    TERNARY,
    DENSE;

    @Override
    public String toString() {
      return kebab(this);
    }
  }

  /** How the prototype fills the layers. */
  enum Strategy {
    NONE,
    ONE_LAYER,
    MAX_LAYER,
    RANDOM_VECTOR;

    @Override
    public String toString() {
      return kebab(this);
    }
  }

  /** How layers read a repeated prototype. */
  enum PaddingKind {
    COPY,
    SHUFFLE;

    @Override
    public String toString() {
      return kebab(this);
    }
  }

  /** Which layers one-layer shares. */
  enum Scope {
    ALL,
    CONVOLUTIONS;

    @Override
    public String toString() {
      return kebab(this);
    }
  }

  /** What of the prototype the archive keeps. */
  enum Storage {
    SEED,
    VALUES;

    @Override
    public String toString() {
      return kebab(this);
    }
  }

  private static String kebab(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static final List<String> OF_A_TEACHER =
      List.of(
          "--mask-include",
          "--mask-exclude",
          "--objective",
          "--distill",
          "--temperature",
          "--warm-start",
          "--keep-traced-mode");

  private static final List<String> OF_MASKS =
      List.of(
          "--strategy",
          "--ratio",
          "--padding",
          "--one-layer-scope",
          "--prototype",
          "--store-prototype",
          "--select",
          "--budget",
          "--density",
          "--scores",
          "--warm-start",
          "--remainder-lr");

  private static final List<String> OF_MASKS_THAT_LEAVE_OUT =
      List.of("--select", "--budget", "--scores");

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @ArgGroup(validate = false, heading = "%nA network of pemn's own (without MODEL):%n", order = 1)
  NetworkOptions network = new NetworkOptions();

  @ArgGroup(validate = false, heading = "%nMasks:%n", order = 2)
  Masks masks = new Masks();

  @ArgGroup(validate = false, heading = "%nA trained network (with MODEL):%n", order = 3)
  Teaching teaching = new Teaching();

  @ArgGroup(validate = false, heading = "%nTraining:%n", order = 4)
  Training training = new Training();

  @ArgGroup(validate = false, heading = AugmentationOptions.HEADING, order = 5)
  AugmentationOptions augmentation = new AugmentationOptions();

  static final class Masks {
    @Option(
        names = "--recipe",
        defaultValue = "pemn",
        description =
            "Where defaults come from: what pemn found best, or what the paper and its authors'"
                + " command do. One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    Recipe recipe;

    @Option(
        names = "--mask",
        description =
            "What is learned: masks over a prototype value p that make of it p or 0 (binary), p or"
                + " -p (sign), p, -p or 0 (ternary), or the weights themselves (dense). One of"
                + " ${COMPLETION-CANDIDATES} (default: binary; with MODEL sign; the paper: binary).")
    MaskKind mask;

    @Option(
        names = "--strategy",
        description =
            "How the prototype fills the layers: one of ${COMPLETION-CANDIDATES}"
                + " (default: none, every layer has values of its own, unless options of another are"
                + " given; the paper: random-vector).")
    Strategy strategy;

    @Option(
        names = "--ratio",
        paramLabel = "R",
        description =
            "random-vector: length of the prototype over the size of the largest layer"
                + " (default: 0.1; the paper: 0.001).")
    Double ratio;

    @Option(
        names = "--padding",
        defaultValue = "copy",
        description =
            "random-vector: read the repeated prototype in order or shuffled."
                + " One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    PaddingKind padding;

    @Option(
        names = "--one-layer-scope",
        defaultValue = "all",
        description =
            "one-layer: which layers of equal shape share."
                + " One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    Scope oneLayerScope;

    @Option(
        names = "--prototype",
        description =
            "Distribution of the prototype's values: one of ${COMPLETION-CANDIDATES}"
                + " (default: signed-constant; the paper: normal).")
    Distribution prototype;

    @Option(
        names = "--store-prototype",
        defaultValue = "seed",
        description =
            "What the archive keeps of it: one of ${COMPLETION-CANDIDATES}"
                + " (default: ${DEFAULT-VALUE}).")
    Storage storePrototype;

    @Option(
        names = "--select",
        description =
            "Which weights binary and ternary masks keep: in every layer the density's share"
                + " (top-k), of all layers together that share (global), or what is learned from"
                + " that share on (threshold). One of ${COMPLETION-CANDIDATES} (default: top-k, but"
                + " threshold for binary masks without --density; the paper: top-k).")
    Selection select;

    @Option(
        names = "--budget",
        description =
            "How layers share the density: all the same (uniform), or more for those whose outputs"
                + " see few inputs (fan-in). One of ${COMPLETION-CANDIDATES} (default: fan-in, but"
                + " uniform for binary masks without --density; the paper: uniform).")
    LayerBudget.Kind budget;

    @Option(
        names = "--remainder",
        description =
            "How the archive stores what masks do not replace, or with dense everything: one of"
                + " ${COMPLETION-CANDIDATES} (default: bf16; the paper: fp32).")
    FloatCoding remainder;

    @Option(
        names = "--density",
        paramLabel = "D",
        description =
            "Fraction of the weights to keep (default: binary 0.5, ternary 0.3; sign masks keep"
                + " all).")
    Double density;

    @Option(
        names = "--scores",
        description =
            "Binary masks: keep the greatest scores or the greatest absolute scores."
                + " One of ${COMPLETION-CANDIDATES} (default: signed; the paper: absolute).")
    ScoreMode scores;
  }

  static final class Teaching {
    @Option(
        names = "--mask-include",
        paramLabel = "GLOB",
        split = ",",
        description =
            "Mask the parameters of these names, too, however small; * stands for any characters"
                + " (default: none).")
    List<String> include = List.of();

    @Option(
        names = "--mask-exclude",
        paramLabel = "GLOB",
        split = ",",
        description = "Never mask the parameters of these names (default: none).")
    List<String> exclude = List.of();

    @Option(
        names = "--objective",
        defaultValue = "classify",
        description =
            "What the network is for: one of ${COMPLETION-CANDIDATES} (default:"
                + " ${DEFAULT-VALUE}).")
    Objective objective;

    @Option(
        names = "--distill",
        paramLabel = "X",
        description =
            "Share of the trained network's outputs in the loss, 0 to 1; labels or targets have the"
                + " rest (default: 0.5; 1 where the data has neither).")
    Double distill;

    @Option(
        names = "--temperature",
        paramLabel = "T",
        defaultValue = "2",
        description =
            "What logits are divided by before they are compared (default: ${DEFAULT-VALUE}).")
    double temperature;

    @Option(
        names = "--warm-start",
        negatable = true,
        description =
            "Begin scores and scales at the trained weights (default: yes, but not with --scores"
                + " absolute).")
    Boolean warmStart;

    @Option(
        names = "--keep-traced-mode",
        description =
            "Leave batch normalisation and dropout in the mode that tracing has fixed. Otherwise"
                + " they train as they would in the original module; what ships keeps its code.")
    boolean keepTracedMode;
  }

  static final class Training {
    @Option(
        names = "--epochs",
        paramLabel = "N",
        description = "Passes over the training images (default: 6; the paper: 100).")
    Integer epochs;

    @Option(
        names = "--batch-size",
        paramLabel = "N",
        description = "Images a step (default: 128; the paper: 512).")
    Integer batchSize;

    @Option(
        names = "--lr",
        paramLabel = "X",
        description =
            "Greatest learning rate of the piecewise-linear schedule"
                + " (default: masks 0.02, with a warm start binary 0.01, sign and ternary 0.005; dense"
                + " 0.01, with MODEL 0.001; the paper: 0.05).")
    Double learningRate;

    @Option(
        names = "--remainder-lr",
        paramLabel = "X",
        description =
            "The same of what is not masked (default: as --lr, but 0.05 beside binary masks that"
                + " have neither a warm start nor an --lr of their own).")
    Double remainderRate;

    @Option(
        names = "--weight-decay",
        paramLabel = "X",
        defaultValue = "0.005",
        description = "AdamW's weight decay (default: ${DEFAULT-VALUE}).")
    double weightDecay;

    @Option(
        names = "--clip-norm",
        paramLabel = "X",
        description =
            "Scale the gradients of a step down where the norm of all of them together is greater"
                + " than X (default: they are not clipped).")
    Double clipNorm;

    @Option(
        names = "--seed",
        paramLabel = "N",
        defaultValue = "1",
        description =
            "Seed of the prototype, the scores and the order of the images"
                + " (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(
        names = "--train-images",
        paramLabel = "N",
        description =
            "Train on a fixed class-balanced subset of so many images (default: all of them).")
    Integer trainImages;

    @Option(
        names = "--normalize",
        paramLabel = "MEAN,STD",
        description =
            "Input normalisation; M1,M2,M3/S1,S2,S3 for several channels"
                + " (default: the data set's own).")
    String normalize;
  }

  /** Opens the module that is named, under these options. */
  ModuleSource open(Path model) throws IOException {
    return ModuleSource.open(model, teaching.include, teaching.exclude, teaching.keepTracedMode);
  }

  /**
   * The options for a data set.
   *
   * @param dataSet what is trained on; none for a preview
   * @param module the trained network, if one is given
   */
  TrainingOptions options(Optional<Dataset> dataSet, Optional<ModuleSource> module) {
    MaskKind usual = MaskKind.valueOf(masks.recipe.mask(module.isPresent()).name());
    MaskKind mask = masks.mask == null ? usual : masks.mask;
    requireOfUse(module.isPresent(), Optional.of(mask));
    requireOfStrategy();
    return options(dataSet, module, mask, masks.density != null);
  }

  /**
   * Refuses options that would change nothing, which is not what they were given for.
   *
   * @param trained whether a trained network is given
   * @param mask the kind of masks, if it is known
   */
  void requireOfUse(boolean trained, Optional<MaskKind> mask) {
    if (trained) {
      refuse(
          NetworkOptions.NAMES,
          "is for networks of pemn's own, but MODEL is one already; leave it out.");
    } else {
      refuse(OF_A_TEACHER, "is for a trained network; name it as MODEL, or leave the option out.");
    }
    if (mask.equals(Optional.of(MaskKind.DENSE))) {
      refuse(OF_MASKS, "is about masks, but --mask dense has none; leave one of them out.");
    } else if (mask.equals(Optional.of(MaskKind.SIGN))) {
      refuse(
          OF_MASKS_THAT_LEAVE_OUT,
          "is about masks that leave weights out, but sign masks keep all; leave it out, or choose"
              + " --mask binary or ternary.");
    } else if (mask.equals(Optional.of(MaskKind.TERNARY))) {
      refuse(
          List.of("--scores"),
          "is about binary masks: ternary masks keep the greatest absolute scores; leave it out, or"
              + " choose --mask binary.");
    }
  }

  /** Refuses options of other strategies than the one that is asked for. */
  void requireOfStrategy() {
    Strategy chosen = strategy();
    if (chosen != Strategy.RANDOM_VECTOR) {
      refuse(
          List.of("--ratio", "--padding"),
          "is about --strategy random-vector, but the strategy is "
              + chosen
              + "; leave one of them out.");
    }
    if (chosen != Strategy.ONE_LAYER) {
      refuse(
          List.of("--one-layer-scope"),
          "is about --strategy one-layer, but the strategy is "
              + chosen
              + "; leave one of them out.");
    }
  }

  /** Refuses options that are given. */
  void refuse(List<String> options, String because) {
    for (String option : options) {
      if (isGiven(option)) {
        throw new ParameterException(spec.commandLine(), option + " " + because);
      }
    }
  }

  /**
   * The options for a kind of masks, whatever kind is asked for.
   *
   * @param fixedDensity whether they keep to a density
   */
  TrainingOptions options(
      Optional<Dataset> dataSet,
      Optional<ModuleSource> module,
      MaskKind mask,
      boolean fixedDensity) {
    return TrainingOptions.of(toMap(dataSet, module, mask, fixedDensity));
  }

  /**
   * The same by their names in {@link TrainingOptions#toMap}, with those that only other masks
   * have.
   */
  Map<String, String> toMap(
      Optional<Dataset> dataSet,
      Optional<ModuleSource> module,
      MaskKind mask,
      boolean fixedDensity) {
    Map<String, String> map = new LinkedHashMap<>();
    Recipe recipe = masks.recipe;
    boolean dense = mask == MaskKind.DENSE;
    MaskType type = dense ? MaskType.BINARY : MaskType.valueOf(mask.name());
    Map<String, String> usual = recipe.options(type, fixedDensity);
    putIfGiven("strategy", strategy(), usual);
    putIfGiven("select", masks.select, usual);
    putIfGiven("budget", masks.budget, usual);
    putIfGiven("density", masks.density, usual);
    putIfGiven("scores", masks.scores, usual);
    putIfGiven("prototype", masks.prototype, usual);
    putIfGiven("remainder", masks.remainder, usual);
    // The greatest absolute scores do not say which weights agree with the trained ones.
    boolean canFollow = type != MaskType.BINARY || usual.get("scores").equals("signed");
    boolean warm =
        module.isPresent()
            && !dense
            && (teaching.warmStart == null ? canFollow : teaching.warmStart);
    if (module.isPresent()) {
      putModule(module.get().choice(), warm, dataSet, map);
    } else {
      map.putAll(network.toMap(recipe));
    }
    map.put("mask", mask.toString());
    map.put("ratio", String.valueOf(masks.ratio == null ? recipe.ratio() : masks.ratio));
    map.put("padding", masks.padding.toString());
    map.put("one-layer-scope", masks.oneLayerScope.toString());
    map.put("store-prototype", masks.storePrototype.toString());
    map.putAll(usual);
    map.put("epochs", String.valueOf(epochs()));
    map.put(
        "batch-size",
        String.valueOf(training.batchSize == null ? recipe.batchSize() : training.batchSize));
    double rate = recipe.learningRate(mask.toString(), module.isPresent(), warm);
    map.put("lr", String.valueOf(training.learningRate == null ? rate : training.learningRate));
    map.put(
        "remainder-lr",
        String.valueOf(
            training.remainderRate == null
                ? remainderRate(recipe, mask, module.isPresent(), warm)
                : training.remainderRate));
    map.put("weight-decay", String.valueOf(training.weightDecay));
    map.put("seed", String.valueOf(training.seed));
    map.put("augmentation", augmentation(dataSet, module.isPresent()).toString());
    map.put(
        "train-images",
        training.trainImages == null ? "all" : String.valueOf(training.trainImages));
    map.put("normalize", normalization(training.normalize, dataSet).toString());
    putIfGiven("clip-norm", training.clipNorm, map);
    return map;
  }

  /** Passes over the training samples. */
  int epochs() {
    return training.epochs == null ? masks.recipe.epochs() : training.epochs;
  }

  /** What is asked for, or the recipe's where there are images. */
  private AugmentationChoice augmentation(Optional<Dataset> dataSet, boolean trained) {
    boolean images = dataSet.map(data -> data.image().isPresent()).orElse(true);
    return augmentation.choice(
        images ? masks.recipe.augmentation(trained) : AugmentationChoice.OfBytes.NONE,
        spec.commandLine());
  }

  /** The normalisation that is asked for, or the data set's own. */
  static Normalization normalization(String asked, Optional<Dataset> dataSet) {
    if (asked != null) {
      return Normalization.parse(asked);
    }
    return dataSet
        .map(Dataset::normalization)
        .orElseGet(() -> new Normalization(List.of(0f), List.of(1f)));
  }

  /** What is asked for, or what the options that are given belong to. */
  private Strategy strategy() {
    if (masks.strategy == null && (isGiven("--ratio") || isGiven("--padding"))) {
      return Strategy.RANDOM_VECTOR;
    }
    return masks.strategy == null && isGiven("--one-layer-scope")
        ? Strategy.ONE_LAYER
        : masks.strategy;
  }

  /** Whether an option is on the command line. */
  boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  /** Of a rate that is asked for, the remainder has the same. */
  private double remainderRate(Recipe recipe, MaskKind mask, boolean trained, boolean warm) {
    return training.learningRate == null
        ? recipe.remainderRate(mask.toString(), trained, warm)
        : training.learningRate;
  }

  private static void putIfGiven(String name, Object value, Map<String, String> map) {
    if (value != null) {
      map.put(name, value.toString());
    }
  }

  private void putModule(
      NetworkChoice.Module choice,
      boolean warm,
      Optional<Dataset> dataSet,
      Map<String, String> map) {
    if (network.arch != null) {
      throw new IllegalArgumentException(
          "A trained network and --arch were given, but only one network can be compressed; leave"
              + " one of them out.");
    }
    boolean judged = dataSet.isEmpty() || teaching.objective.isAnsweredBy(dataSet.get().train());
    map.put("arch", "torchscript");
    map.put("model", choice.digest());
    map.put("mask-include", String.join(",", choice.include()));
    map.put("mask-exclude", String.join(",", choice.exclude()));
    map.put("traced-mode", choice.keepTracedMode() ? "keep" : "switch");
    map.put("objective", teaching.objective.toString());
    map.put("warm-start", warm ? "on" : "off");
    double share = judged ? 0.5 : 1;
    map.put("distill", String.valueOf(teaching.distill == null ? share : teaching.distill));
    map.put("temperature", String.valueOf(teaching.temperature));
  }
}
