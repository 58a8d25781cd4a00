package io.pemn.compressor.training;

import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.augment.AugmentationPipeline;
import io.pemn.compressor.masking.LayerBudget;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.masking.Selection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The options of a training that are taken where none are asked for. */
public enum Recipe {
  /** What was found best by measurement (docs/results.md). */
  PEMN,
  /** What the paper and its authors' command do (sections 3 and 4.1 of the paper). */
  PAPER;

  /** The name on the command line and in messages. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What masks can say of a network's weights; the paper has {0, 1} masks alone. */
  public MaskType mask(boolean trained) {
    return this == PEMN && trained ? MaskType.SIGN : MaskType.BINARY;
  }

  /**
   * Options of {@link TrainingOptions#toMap} for masks of a type.
   *
   * @param type what the masks can say
   * @param fixedDensity whether a density is asked for, which is then kept to
   */
  public Map<String, String> options(MaskType type, boolean fixedDensity) {
    boolean learned = this == PEMN && type == MaskType.BINARY && !fixedDensity;
    boolean uniform = this == PAPER || learned || type == MaskType.SIGN;
    Map<String, String> options = new LinkedHashMap<>();
    // A seed regenerates as many values as there are weights: they cost nothing.
    options.put("strategy", this == PAPER ? "random-vector" : "none");
    options.put("select", (learned ? Selection.THRESHOLD : Selection.TOP_K).toString());
    options.put(
        "budget", (uniform ? LayerBudget.Kind.UNIFORM : LayerBudget.Kind.FAN_IN).toString());
    options.put("density", String.valueOf(type.usualDensity()));
    options.put("scores", this == PAPER ? "absolute" : "signed");
    options.put("prototype", this == PAPER ? "normal" : "signed-constant");
    options.put("remainder", this == PAPER ? "fp32" : "bf16");
    return options;
  }

  /**
   * The greatest learning rate of a training, found by measurement on the networks of
   * docs/results.md.
   *
   * @param mask the option {@code mask}, such as {@code binary} or {@code dense}
   * @param trained whether a trained network is given
   * @param warm whether scores begin at its weights
   */
  public double learningRate(String mask, boolean trained, boolean warm) {
    boolean binary = mask.equals("binary");
    if (mask.equals("dense")) {
      return trained ? 0.001 : 0.01;
    }
    if (this == PAPER && binary && !warm) {
      return 0.05;
    }
    return warm ? (binary ? 0.01 : 0.005) : 0.02;
  }

  /** The same of what is not masked. */
  public double remainderRate(String mask, boolean trained, boolean warm) {
    boolean quicker = this == PEMN && mask.equals("binary") && !warm;
    return quicker ? 0.05 : learningRate(mask, trained, warm);
  }

  /** Passes over the training samples. */
  public int epochs() {
    return this == PAPER ? 100 : 6;
  }

  /** Samples a step. */
  public int batchSize() {
    return this == PAPER ? 512 : 128;
  }

  /** AdamW's weight decay. */
  public double weightDecay() {
    return 0.005;
  }

  /** Length of a random-vector prototype over the size of the largest layer. */
  public double ratio() {
    return this == PAPER ? 0.001 : 0.1;
  }

  /**
   * How training images are changed.
   *
   * @param trained whether a trained network is given
   */
  public AugmentationChoice augmentation(boolean trained) {
    if (this == PAPER) {
      return AugmentationPipeline.PAPER;
    }
    return trained ? AugmentationChoice.OfBytes.NONE : AugmentationChoice.OfBytes.SHIFT_AND_FLIP;
  }

  /**
   * Everything of {@link TrainingOptions#toMap} that is taken where nothing is asked for, but
   * networks, data and seeds.
   *
   * @param mask the option {@code mask}, such as {@code binary} or {@code dense}
   * @param trained whether a trained network is given
   * @param warm whether scores begin at its weights
   */
  public Map<String, String> usual(String mask, boolean trained, boolean warm) {
    Map<String, String> usual = new LinkedHashMap<>();
    usual.put("ratio", String.valueOf(ratio()));
    usual.put("padding", "copy");
    usual.put("one-layer-scope", "all");
    usual.put("store-prototype", "seed");
    boolean dense = mask.equals("dense");
    MaskType type = dense ? MaskType.BINARY : MaskType.valueOf(mask.toUpperCase(Locale.ROOT));
    usual.putAll(options(type, false));
    usual.put("batch-size", String.valueOf(batchSize()));
    usual.put("lr", String.valueOf(learningRate(mask, trained, warm)));
    usual.put("remainder-lr", String.valueOf(remainderRate(mask, trained, warm)));
    usual.put("weight-decay", String.valueOf(weightDecay()));
    usual.put("augmentation", augmentation(trained).toString());
    usual.put("train-images", "all");
    if (trained) {
      usual.put("mask-include", "");
      usual.put("mask-exclude", "");
      usual.put("traced-mode", "switch");
      usual.put("objective", Objective.CLASSIFY.toString());
      usual.put("warm-start", dense ? "off" : "on");
      usual.put("distill", "0.5");
      usual.put("temperature", "2.0");
    }
    return usual;
  }
}
