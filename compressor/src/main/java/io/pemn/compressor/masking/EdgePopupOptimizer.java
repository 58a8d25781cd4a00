package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.optimizer.Optimizer;
import java.util.Map;

/**
 * Edge-popup as a DJL optimizer: for a masked layer's weights it steps the scores instead, by the
 * straight-through gradient. Scores and all other parameters have an optimizer each.
 */
public final class EdgePopupOptimizer extends Optimizer {
  private final ResumableAdamW scores;
  private final Optimizer others;
  private final Map<String, MaskedParameter> masked;

  /**
   * Wraps optimizers.
   *
   * @param scores steps the scores
   * @param others steps ordinary parameters
   * @param masked the masked layers by the id of their DJL parameter
   */
  public EdgePopupOptimizer(
      ResumableAdamW scores, Optimizer others, Map<String, MaskedParameter> masked) {
    super(new InnerDecides());
    this.scores = scores;
    this.others = others;
    this.masked = Map.copyOf(masked);
  }

  @Override
  public void update(String parameterId, NDArray weight, NDArray gradient) {
    MaskedParameter parameter = masked.get(parameterId);
    if (parameter == null) {
      others.update(parameterId, weight, gradient);
      return;
    }
    scores.updateScores(parameterId, parameter, gradient);
    clear(weight);
  }

  /**
   * The first half of {@link #update}, for what is done to all gradients together before a step:
   * makes of dL/dW the gradient of what a step changes, which is that of the scores for a masked
   * layer, and else what it was.
   *
   * @param parameterId the parameter's id
   * @param gradient dL/dW; overwritten
   */
  public void differentiate(String parameterId, NDArray gradient) {
    MaskedParameter parameter = masked.get(parameterId);
    if (parameter != null) {
      parameter.differentiate(gradient);
    }
  }

  /**
   * The second half of {@link #update}, after {@link #differentiate}.
   *
   * @param parameterId the parameter's id
   * @param weight the network's own array
   * @param gradient what {@link #differentiate} made of dL/dW
   */
  public void step(String parameterId, NDArray weight, NDArray gradient) {
    MaskedParameter parameter = masked.get(parameterId);
    if (parameter == null) {
      others.update(parameterId, weight, gradient);
      return;
    }
    scores.update(parameterId, parameter.scores(), gradient);
    clear(weight);
  }

  /** The optimizer clears the gradient of what it steps, which was the scores. */
  private static void clear(NDArray weight) {
    JniUtils.zeroGrad((PtNDArray) weight);
  }

  /** Rates and decays are the wrapped optimizers'. */
  private static final class InnerDecides extends OptimizerBuilder<InnerDecides> {
    @Override
    protected InnerDecides self() {
      return this;
    }
  }
}
