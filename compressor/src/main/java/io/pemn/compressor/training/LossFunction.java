package io.pemn.compressor.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import java.util.Optional;

/**
 * The loss of a student: labels or targets, and its teacher's outputs, mixed.
 *
 * <p>The teacher's part for classifiers is T^2 times the Kullback-Leibler divergence of the
 * student's softmax from the teacher's, both at temperature T, so that its gradients keep their
 * size whatever T is (Hinton et al., 2015, section 2).
 */
final class LossFunction {
  private static final float TINY = 1e-30f;
  private static final Shape SCALAR = new Shape();

  private final Objective objective;
  private final float share;
  private final float temperature;
  private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();

  LossFunction(Objective objective, Distillation distillation) {
    this.objective = objective;
    this.share = (float) distillation.share();
    this.temperature = (float) distillation.temperature();
  }

  /** Whether the teacher's outputs are needed. */
  boolean needsTeacher() {
    return share > 0;
  }

  /**
   * The mean loss of a batch.
   *
   * @param outputs the student's
   * @param teacher the teacher's, if they are needed
   */
  NDArray of(NDArray outputs, BatchArrays batch, Optional<NDArray> teacher) {
    if (share == 0) {
      return own(outputs, batch);
    }
    NDArray distilled = distilled(outputs, teacher.orElseThrow());
    return share == 1
        ? distilled
        : own(outputs, batch)
            .mul(number(1 - share, outputs))
            .add(distilled.mul(number(share, outputs)));
  }

  private NDArray own(NDArray outputs, BatchArrays batch) {
    if (objective == Objective.CLASSIFY) {
      return crossEntropy.evaluate(new NDList(batch.labels().orElseThrow()), new NDList(outputs));
    }
    NDArray target = batch.target().orElseThrow();
    return objective == Objective.REGRESS
        ? squaredError(outputs, target)
        : cosineDistance(outputs, target);
  }

  private NDArray distilled(NDArray outputs, NDArray teacher) {
    return switch (objective) {
      case CLASSIFY ->
          divergence(outputs, teacher, temperature).mul(number(temperature * temperature, outputs));
      case REGRESS -> squaredError(outputs, teacher);
      case EMBED -> cosineDistance(outputs, teacher);
    };
  }

  /** Mean Kullback-Leibler divergence along the last dimension, in nats. */
  static NDArray divergence(NDArray logits, NDArray teacherLogits, float temperature) {
    NDArray divisor = number(temperature, logits);
    NDArray wanted = teacherLogits.div(divisor);
    NDArray probabilities = wanted.softmax(-1);
    NDArray difference = wanted.logSoftmax(-1).sub(logits.div(divisor).logSoftmax(-1));
    return probabilities.mul(difference).sum(new int[] {-1}).mean();
  }

  /**
   * A number that lives as long as what is computed with it, filled in by the device: one that is
   * created is copied to it, which a GPU makes the caller wait for.
   */
  private static NDArray number(float value, NDArray outputs) {
    return outputs.getManager().full(SCALAR, value);
  }

  /** Mean squared difference. */
  static NDArray squaredError(NDArray outputs, NDArray target) {
    return outputs.sub(target.reshape(outputs.getShape())).square().mean();
  }

  /** One minus the mean cosine similarity along the last dimension. */
  static NDArray cosineDistance(NDArray outputs, NDArray target) {
    NDArray wanted = target.reshape(outputs.getShape());
    int[] last = {-1};
    NDArray product = outputs.mul(wanted).sum(last);
    NDArray lengths =
        outputs
            .square()
            .sum(last)
            .mul(wanted.square().sum(last))
            .maximum(number(TINY, outputs))
            .minimum(number(Float.MAX_VALUE, outputs))
            .sqrt();
    return product.div(lengths).mean().neg().add(number(1, outputs));
  }

  /** How many rows of logits have their greatest value at the label: int64, no dimensions. */
  static NDArray correct(NDArray logits, NDArray labels) {
    return logits.argMax(1).eq(labels).toType(DataType.INT64, false).sum();
  }
}
