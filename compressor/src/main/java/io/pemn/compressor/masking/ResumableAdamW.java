package io.pemn.compressor.masking;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.optimizer.AdamW;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.ParameterTracker;
import io.pemn.compressor.masking.AdamWLoop.Chain;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * DJL's AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019) whose
 * moments can be saved and set, so that an interrupted training goes on where it was. On the CPU it
 * makes a step in one pass, see {@link AdamWLoop}.
 */
public final class ResumableAdamW extends AdamW implements AutoCloseable {

  /**
   * The moments of one parameter.
   *
   * @param mean first moment
   * @param variance second moment
   */
  public record Moments(StreamedValues mean, StreamedValues variance) {}

  /** The moments of one parameter where the engine keeps them. */
  private record State(NDArray mean, NDArray variance, boolean inMemory) {}

  private final ParameterTracker rates;
  private final Map<String, State> states = new HashMap<>();

  // AdamW asks for its state twice a parameter, for the mean and then for the variance, each time
  // with the same map; the first map that is ever seen holds the means.
  private Map<String, Map<Device, NDArray>> means;

  /**
   * Creates the optimizer.
   *
   * @param rates learning rate of each step, counted from 1
   * @param weightDecay decoupled: a step takes this times the learning rate from each value
   * @param updates the number of updates already made, when resuming; else 0
   */
  public ResumableAdamW(ParameterTracker rates, float weightDecay, int updates) {
    super(
        Optimizer.adamW()
            .optLearningRateTracker(rates)
            .optWeightDecays(weightDecay)
            .optBeginNumUpdate(updates)
            .optBeta1(AdamWLoop.BETA1)
            .optBeta2(AdamWLoop.BETA2)
            .optEpsilon(AdamWLoop.EPSILON));
    this.rates = rates;
  }

  /**
   * Sets the moments that a parameter begins with, which otherwise are zero.
   *
   * @param id the parameter's id
   * @param parameter what will be stepped; its manager must outlive the optimizer
   * @param moments as many as it has elements
   */
  public void resume(String id, NDArray parameter, Moments moments) {
    NDManager owner = parameter.getManager();
    states.put(
        id,
        new State(
            moments.mean().create(owner, parameter.getShape()),
            moments.variance().create(owner, parameter.getShape()),
            EngineMemory.holds(parameter)));
  }

  @Override
  public void update(String id, NDArray parameter, NDArray gradient) {
    if (state(id, parameter).inMemory()) {
      step(id, parameter, gradient, () -> Chain.NONE);
      JniUtils.zeroGrad((PtNDArray) parameter);
    } else {
      super.update(id, parameter, gradient);
    }
  }

  /**
   * Steps the scores of a masked layer.
   *
   * @param id of the layer's weights
   * @param layer the layer
   * @param gradient dL/dW; may be overwritten
   */
  void updateScores(String id, MaskedParameter layer, NDArray gradient) {
    if (state(id, layer.scores()).inMemory()) {
      step(id, layer.scores(), gradient, layer::chain);
    } else {
      layer.differentiate(gradient);
      super.update(id, layer.scores(), gradient);
    }
  }

  private void step(String id, NDArray parameter, NDArray gradient, Supplier<Chain> chains) {
    int update = updateCount(id);
    float rate = rates.getNewValue(id, update);
    double unbiased1 = 1 - Math.pow(AdamWLoop.BETA1, update);
    double unbiased2 = 1 - Math.pow(AdamWLoop.BETA2, update);
    float correctedRate = (float) (rate * Math.sqrt(unbiased2) / unbiased1);
    State state = states.get(id);
    new AdamWLoop(rate, correctedRate, getWeightDecay())
        .step(parameter, gradient, state.mean(), state.variance(), chains);
  }

  @Override
  protected NDArray withDefaultState(
      Map<String, Map<Device, NDArray>> state,
      String id,
      Device device,
      Function<String, NDArray> zeros) {
    if (means == null) {
      means = state;
    }
    return state == means ? states.get(id).mean() : states.get(id).variance();
  }

  private State state(String id, NDArray parameter) {
    return states.computeIfAbsent(
        id, key -> new State(zeros(parameter), zeros(parameter), EngineMemory.holds(parameter)));
  }

  private static NDArray zeros(NDArray parameter) {
    NDArray array = parameter.getManager().zeros(parameter.getShape());
    // It lives as long as the optimizer.
    array.detach();
    return array;
  }

  /** The present moments of a parameter, as they are kept; empty if it has none yet. */
  public Optional<Moments> moments(String id) {
    return Optional.ofNullable(states.get(id))
        .map(
            state ->
                new Moments(StreamedValues.of(state.mean()), StreamedValues.of(state.variance())));
  }

  /** Frees the moments. */
  @Override
  public void close() {
    for (State state : states.values()) {
      state.mean().close();
      state.variance().close();
    }
  }
}
