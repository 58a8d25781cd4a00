package io.pemn.compressor.masking;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.training.optimizer.AdamW;
import java.nio.FloatBuffer;
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
  public record Moments(float[] mean, float[] variance) {}

  // AdamW asks for its state twice a parameter, for the mean and then for the variance, each time
  // with the same map; the first map that is ever seen holds the means.
  private final Map<String, Moments> initial;
  private Map<String, Map<Device, NDArray>> means;
  private final Map<String, NDArray> meanArrays = new HashMap<>();
  private final Map<String, NDArray> varianceArrays = new HashMap<>();

  /**
   * Creates the optimizer.
   *
   * @param builder rates, decays and, when resuming, the number of updates already made
   * @param initial the moments to begin with, by parameter id; zero for those that are missing
   */
  public ResumableAdamW(Builder builder, Map<String, Moments> initial) {
    super(builder);
    this.initial = Map.copyOf(initial);
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
    return arrays.computeIfAbsent(
        key,
        id -> {
          NDArray array = super.withDefaultState(state, id, device, zeros);
          Moments moments = initial.get(id);
          if (moments != null) {
            FloatBuffer values = FloatBuffer.wrap(mean ? moments.mean() : moments.variance());
            try (NDArray source = array.getManager().create(values, array.getShape())) {
              array.set(new NDIndex("..."), source);
            }
          }
          return array;
        });
  }

  /** The present moments of a parameter, copied; empty if it was never stepped. */
  public Optional<Moments> moments(String id) {
    return Optional.ofNullable(meanArrays.get(id))
        .map(mean -> new Moments(mean.toFloatArray(), varianceArrays.get(id).toFloatArray()));
  }

  /** Frees the moments. */
  @Override
  public void close() {
    meanArrays.values().forEach(NDArray::close);
    varianceArrays.values().forEach(NDArray::close);
  }
}
