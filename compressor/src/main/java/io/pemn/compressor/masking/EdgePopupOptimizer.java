package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.optimizer.Optimizer;
import java.util.Map;

/**
 * Edge-popup as a DJL optimizer: for a masked layer's weights it steps the scores instead, by the
 * straight-through gradient, and for every other parameter it is the inner optimizer.
 */
public final class EdgePopupOptimizer extends Optimizer {
  private final Optimizer inner;
  private final Map<String, MaskedParameter> masked;

  /**
   * Wraps an optimizer.
   *
   * @param inner steps scores and ordinary parameters alike
   * @param masked the masked layers by the id of their DJL parameter
   */
  public EdgePopupOptimizer(Optimizer inner, Map<String, MaskedParameter> masked) {
    super(new InnerDecides());
    this.inner = inner;
    this.masked = Map.copyOf(masked);
  }

  @Override
  public void update(String parameterId, NDArray weight, NDArray gradient) {
    MaskedParameter parameter = masked.get(parameterId);
    if (parameter == null) {
      inner.update(parameterId, weight, gradient);
      return;
    }
    parameter.step(inner, parameterId, gradient);
    // The inner optimizer clears the gradient of what it steps, which was the scores.
    JniUtils.zeroGrad((PtNDArray) weight);
  }

  /** Rates and decays are the inner optimizer's. */
  private static final class InnerDecides extends OptimizerBuilder<InnerDecides> {
    @Override
    protected InnerDecides self() {
      return this;
    }
  }
}
