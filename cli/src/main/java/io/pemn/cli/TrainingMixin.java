package io.pemn.cli;

import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.masking.ScoreMode;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.format.Distribution;
import io.pemn.format.network.Activation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options that affect the result of a training. */
final class TrainingMixin {
  /** Networks that pemn builds itself. */
  enum Arch {
    CONVMIXER,
    MLP;

    @Override
    public String toString() {
      return kebab(this);
    }
  }

  /** What is learned. */
  enum MaskKind {
    BINARY,
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

  @ArgGroup(validate = false, heading = "%nNetwork:%n", order = 1)
  Network network = new Network();

  @ArgGroup(validate = false, heading = "%nMasks:%n", order = 2)
  Masks masks = new Masks();

  @ArgGroup(validate = false, heading = "%nTraining:%n", order = 3)
  Training training = new Training();

  static final class Network {
    @Option(
        names = "--arch",
        defaultValue = "convmixer",
        description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    Arch arch;

    @Option(
        names = "--dim",
        paramLabel = "N",
        defaultValue = "64",
        description = "ConvMixer: channels (default: ${DEFAULT-VALUE}).")
    int dim;

    @Option(
        names = "--depth",
        paramLabel = "N",
        defaultValue = "4",
        description = "ConvMixer: blocks (default: ${DEFAULT-VALUE}).")
    int depth;

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
  }

  static final class Masks {
    @Option(
        names = "--mask",
        defaultValue = "binary",
        description =
            "What is learned: binary masks over a prototype, or the weights themselves (dense)."
                + " One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    MaskKind mask;

    @Option(
        names = "--strategy",
        defaultValue = "random-vector",
        description =
            "How the prototype fills the layers: one of ${COMPLETION-CANDIDATES}"
                + " (default: ${DEFAULT-VALUE}).")
    Strategy strategy;

    @Option(
        names = "--ratio",
        paramLabel = "R",
        defaultValue = "0.1",
        description =
            "random-vector: length of the prototype over the size of the largest layer"
                + " (default: ${DEFAULT-VALUE}).")
    double ratio;

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
        defaultValue = "signed-constant",
        description =
            "Distribution of the prototype's values: one of ${COMPLETION-CANDIDATES}"
                + " (default: ${DEFAULT-VALUE}; the paper: normal).")
    Distribution prototype;

    @Option(
        names = "--store-prototype",
        defaultValue = "seed",
        description =
            "What the archive keeps of it: one of ${COMPLETION-CANDIDATES}"
                + " (default: ${DEFAULT-VALUE}).")
    Storage storePrototype;

    @Option(
        names = "--density",
        paramLabel = "D",
        defaultValue = "0.5",
        description = "Fraction of every layer's weights to keep (default: ${DEFAULT-VALUE}).")
    double density;

    @Option(
        names = "--scores",
        defaultValue = "signed",
        description =
            "Keep the greatest scores or the greatest absolute scores."
                + " One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}; the paper:"
                + " absolute).")
    ScoreMode scores;
  }

  static final class Training {
    @Option(
        names = "--epochs",
        paramLabel = "N",
        defaultValue = "6",
        description = "Passes over the training images (default: ${DEFAULT-VALUE}).")
    int epochs;

    @Option(
        names = "--batch-size",
        paramLabel = "N",
        defaultValue = "128",
        description = "Images a step (default: ${DEFAULT-VALUE}).")
    int batchSize;

    @Option(
        names = "--lr",
        paramLabel = "X",
        description =
            "Greatest learning rate of the piecewise-linear schedule"
                + " (default: 0.05 for masks, 0.01 dense).")
    Double learningRate;

    @Option(
        names = "--weight-decay",
        paramLabel = "X",
        defaultValue = "0.005",
        description = "AdamW's weight decay (default: ${DEFAULT-VALUE}).")
    double weightDecay;

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
        names = "--no-augment",
        negatable = false,
        description = "Do not shift (by up to 2 pixels) and flip the training images.")
    boolean noAugment;

    @Option(
        names = "--normalize",
        paramLabel = "MEAN,STD",
        description =
            "Input normalisation; M1,M2,M3/S1,S2,S3 for several channels"
                + " (default: the data set's own).")
    String normalize;
  }

  /** The options for a data set. */
  TrainingOptions options(Dataset dataSet) {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("arch", network.arch.toString());
    map.put("dim", String.valueOf(network.dim));
    map.put("depth", String.valueOf(network.depth));
    map.put("kernel", String.valueOf(network.kernel));
    map.put("patch", String.valueOf(network.patch));
    map.put(
        "hidden", network.hidden.stream().map(String::valueOf).collect(Collectors.joining(",")));
    map.put("activation", network.activation.toString());
    map.put("mask", masks.mask.toString());
    map.put("strategy", masks.strategy.toString());
    map.put("ratio", String.valueOf(masks.ratio));
    map.put("padding", masks.padding.toString());
    map.put("one-layer-scope", masks.oneLayerScope.toString());
    map.put("prototype", masks.prototype.toString());
    map.put("store-prototype", masks.storePrototype.toString());
    map.put("density", String.valueOf(masks.density));
    map.put("scores", masks.scores.toString());
    map.put("epochs", String.valueOf(training.epochs));
    map.put("batch-size", String.valueOf(training.batchSize));
    double rate = masks.mask == MaskKind.DENSE ? 0.01 : 0.05;
    map.put("lr", String.valueOf(training.learningRate == null ? rate : training.learningRate));
    map.put("weight-decay", String.valueOf(training.weightDecay));
    map.put("seed", String.valueOf(training.seed));
    map.put("augmentation", training.noAugment ? "none" : "shift-and-flip");
    map.put(
        "train-images",
        training.trainImages == null ? "all" : String.valueOf(training.trainImages));
    map.put(
        "normalize",
        training.normalize == null ? dataSet.normalization().toString() : training.normalize);
    return TrainingOptions.of(map);
  }
}
