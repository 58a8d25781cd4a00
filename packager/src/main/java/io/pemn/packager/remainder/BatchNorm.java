package io.pemn.packager.remainder;

import io.pemn.format.NumberType;
import io.pemn.loader.RemainderTensor;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A batch normalisation that uses its running statistics at inference, and whose tensors nothing
 * else reads there.
 *
 * @param weight name of the scales, one a channel
 * @param bias name of the shifts
 * @param mean name of the running means
 * @param variance name of the running variances
 * @param counter name of a count of batches that inference does not read, if there is one
 * @param epsilon what is added to the variances
 */
public record BatchNorm(
    String weight,
    String bias,
    String mean,
    String variance,
    Optional<String> counter,
    double epsilon) {

  /**
   * The same normalisation with running means of 0 and running variances of 1: what these did,
   * scales and shifts do. Computed in double and rounded once.
   *
   * @param tensors of the network by name
   * @return what changes, by name; nothing if a tensor is not there or not float32, or a number
   *     would not be finite
   */
  public Map<String, RemainderTensor> folded(Map<String, RemainderTensor> tensors) {
    List<RemainderTensor> parts =
        List.of(weight, bias, mean, variance).stream()
            .filter(tensors::containsKey)
            .map(tensors::get)
            .toList();
    if (parts.size() < 4
        || parts.stream().anyMatch(part -> part.type() != NumberType.FLOAT32)
        || parts.stream().map(RemainderTensor::size).distinct().count() > 1) {
      return Map.of();
    }
    float[] scales = parts.get(0).values();
    float[] shifts = parts.get(1).values();
    float[] means = parts.get(2).values();
    float[] variances = parts.get(3).values();
    for (int i = 0; i < scales.length; i++) {
      double deviation = Math.sqrt(variances[i] + epsilon);
      double shift = shifts[i] - (double) means[i] * scales[i] / deviation;
      scales[i] = (float) (scales[i] * (Math.sqrt(1 + epsilon) / deviation));
      shifts[i] = (float) shift;
      means[i] = 0;
      variances[i] = 1;
      // A deviation of 0 or of no number ends here, too.
      if (!Float.isFinite(scales[i]) || !Float.isFinite(shifts[i]) || !(deviation > 0)) {
        return Map.of();
      }
    }
    Map<String, RemainderTensor> folded = new LinkedHashMap<>();
    List<float[]> values = List.of(scales, shifts, means, variances);
    for (int i = 0; i < values.size(); i++) {
      RemainderTensor part = parts.get(i);
      folded.put(part.name(), new RemainderTensor(part.name(), part.shape(), values.get(i)));
    }
    counter
        .map(tensors::get)
        .ifPresent(
            count ->
                folded.put(
                    count.name(),
                    new RemainderTensor(
                        count.name(),
                        count.shape(),
                        count.type(),
                        ByteBuffer.allocate(count.data().remaining()))));
    return folded;
  }
}
