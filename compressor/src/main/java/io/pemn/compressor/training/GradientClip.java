package io.pemn.compressor.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Collection;

/**
 * Scales gradients down together where their common Euclidean norm is too great (Pascanu et al.,
 * "On the difficulty of training recurrent neural networks", ICML 2013), as PyTorch's {@code
 * clip_grad_norm_} does, whose 1e-6 beside the norm it has, too. All of it stays on the training
 * device: nothing waits for the norm.
 */
final class GradientClip {
  private static final float TINY = 1e-6f;

  private final NDArray greatest;
  private final NDArray tiny;
  private final NDArray one;

  /**
   * Prepares to clip.
   *
   * @param greatest the greatest norm, greater than 0
   * @param manager owns what is needed for it, on the device of the gradients
   */
  GradientClip(double greatest, NDManager manager) {
    this.greatest = manager.create((float) greatest);
    this.tiny = manager.create(TINY);
    this.one = manager.create(1f);
  }

  /**
   * Multiplies all gradients with {@code min(1, greatest / (norm + 1e-6))}.
   *
   * @param gradients of all parameters that a step changes, of any shapes; overwritten
   * @param scratch owns what is computed on the way
   */
  void apply(Collection<? extends NDArray> gradients, NDManager scratch) {
    if (gradients.isEmpty()) {
      return;
    }
    NDList norms = new NDList();
    gradients.forEach(gradient -> norms.add(gradient.norm()));
    norms.attach(scratch);
    NDArray scale = greatest.div(NDArrays.stack(norms).norm().add(tiny));
    // What is computed with a long-lived array would live as long.
    scale.attach(scratch);
    NDArray factor = scale.minimum(one);
    gradients.forEach(gradient -> gradient.muli(factor));
  }
}
