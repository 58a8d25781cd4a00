package io.pemn.compressor.masking;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.optimizer.AdamW;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * DJL's AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019) whose
 * moments can be saved and set, so that an interrupted training goes on where it was.
 */
public final class ResumableAdamW extends AdamW implements AutoCloseable {

  /**
   * The moments of one parameter.
   *
   * @param mean first moment
   * @param variance second moment
   */
  public record Moments(LayerValues mean, LayerValues variance) {}

  // AdamW asks for its state twice a parameter, for the mean and then for the variance, each time
  // with the same map; the first map that is ever seen holds the means.
  private Map<String, Map<Device, NDArray>> means;
  private final Map<String, NDArray> meanArrays = new HashMap<>();
  private final Map<String, NDArray> varianceArrays = new HashMap<>();

  /**
   * Creates the optimizer.
   *
   * @param builder rates, decays and, when resuming, the number of updates already made
   */
  public ResumableAdamW(Builder builder) {
    super(builder);
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
    meanArrays.put(id, moments.mean().create(owner, parameter.getShape()));
    varianceArrays.put(id, moments.variance().create(owner, parameter.getShape()));
  }

  @Override
  protected NDArray withDefaultState(
      Map<String, Map<Device, NDArray>> state,
      String key,
      Device device,
      Function<String, NDArray> zeros) {
    if (means == null) {
      means = state;
    }
    boolean mean = state == means;
    Map<String, NDArray> arrays = mean ? meanArrays : varianceArrays;
    return arrays.computeIfAbsent(key, id -> super.withDefaultState(state, id, device, zeros));
  }

  /** The present moments of a parameter, as they are kept; empty if it has none yet. */
  public Optional<Moments> moments(String id) {
    return Optional.ofNullable(meanArrays.get(id))
        .map(mean -> new Moments(LayerValues.of(mean), LayerValues.of(varianceArrays.get(id))));
  }

  /** Frees the moments. */
  @Override
  public void close() {
    meanArrays.values().forEach(NDArray::close);
    varianceArrays.values().forEach(NDArray::close);
  }
}
