package io.pemn.compressor.training;

import io.pemn.compressor.masking.LayerBudget;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.masking.Selection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The options of masks that are taken where none are asked for. */
public enum Recipe {
  /** What was found best by measurement (docs/results.md). */
  PEMN,
  /** What the paper and its authors' code do (sections 3 and 4.1 of the paper). */
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
}
