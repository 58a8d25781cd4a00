package io.pemn.packager.remainder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.NumberType;
import io.pemn.loader.RemainderTensor;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A folded normalisation computes what the unfolded one did. */
class BatchNormTest {
  private static final int CHANNELS = 500;

  private static BatchNorm norm(double epsilon) {
    return new BatchNorm("w", "b", "m", "v", Optional.of("n"), epsilon);
  }

  private static Map<String, RemainderTensor> tensors(
      float[] weight, float[] bias, float[] mean, float[] variance) {
    Map<String, RemainderTensor> tensors = new HashMap<>();
    List<Integer> shape = List.of(weight.length);
    tensors.put("w", new RemainderTensor("w", shape, weight));
    tensors.put("b", new RemainderTensor("b", shape, bias));
    tensors.put("m", new RemainderTensor("m", shape, mean));
    tensors.put("v", new RemainderTensor("v", shape, variance));
    tensors.put(
        "n",
        new RemainderTensor(
            "n", List.of(), NumberType.INT64, ByteBuffer.allocate(8).putLong(0, 77)));
    return tensors;
  }

  private static float[] random(int seed, float scale, float shift) {
    Random random = new Random(seed);
    float[] values = new float[CHANNELS];
    for (int i = 0; i < CHANNELS; i++) {
      values[i] = shift + scale * (float) random.nextGaussian();
    }
    return values;
  }

  /** In double, as the definition has it. */
  private static double normalised(
      double x, Map<String, RemainderTensor> tensors, int channel, double epsilon) {
    double variance = tensors.get("v").values()[channel];
    double mean = tensors.get("m").values()[channel];
    return (x - mean) / Math.sqrt(variance + epsilon) * tensors.get("w").values()[channel]
        + tensors.get("b").values()[channel];
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-5, 1e-3, 0, 0.37, 12})
  void theFoldedNormComputesTheSame(double epsilon) {
    float[] variances = random(4, 3, 0);
    for (int i = 0; i < CHANNELS; i++) {
      variances[i] = variances[i] * variances[i] + 1e-3f;
    }
    Map<String, RemainderTensor> before =
        tensors(random(1, 1, 0), random(2, 2, 1), random(3, 5, -1), variances);
    Map<String, RemainderTensor> after = new HashMap<>(before);
    Map<String, RemainderTensor> folded = norm(epsilon).folded(before);
    assertEquals(5, folded.size());
    after.putAll(folded);
    for (int channel = 0; channel < CHANNELS; channel++) {
      assertEquals(0, after.get("m").values()[channel]);
      assertEquals(1, after.get("v").values()[channel]);
      // The terms may be large and cancel out; what was rounded is each of them.
      double size =
          Math.abs(normalised(0, before, channel, epsilon))
              + Math.abs(
                  before.get("w").values()[channel] / Math.sqrt(variances[channel] + epsilon));
      for (double x : new double[] {-3, -0.1, 0, 1, 20}) {
        assertEquals(
            normalised(x, before, channel, epsilon),
            normalised(x, after, channel, epsilon),
            1e-7 * size * (1 + Math.abs(x)));
      }
    }
    assertEquals(ByteBuffer.allocate(8), after.get("n").data());
    // Folding once more changes nothing but the last bit.
    Map<String, RemainderTensor> again = norm(epsilon).folded(after);
    assertArrayEquals(after.get("w").values(), again.get("w").values(), 1e-6f);
    assertArrayEquals(after.get("b").values(), again.get("b").values());
  }

  @Test
  void numbersThatCannotBeFoldedStay() {
    float[] one = {1, 1};
    float[] zero = {0, 0};
    List<Map<String, RemainderTensor>> impossible =
        List.of(
            tensors(one, zero, zero, new float[] {1, -1}),
            tensors(one, zero, zero, new float[] {Float.NaN, 1}),
            tensors(one, zero, new float[] {0, Float.POSITIVE_INFINITY}, one),
            tensors(new float[] {Float.MAX_VALUE, 1}, zero, zero, new float[] {1e-6f, 1}));
    for (Map<String, RemainderTensor> tensors : impossible) {
      assertTrue(norm(1e-5).folded(tensors).isEmpty());
    }
    assertTrue(norm(0).folded(tensors(one, zero, zero, zero)).isEmpty());
    // Variances that died out are harmless with an epsilon.
    assertFalse(norm(1e-5).folded(tensors(one, zero, zero, zero)).isEmpty());
  }

  @Test
  void aNormWithoutAllItsTensorsOrWithOthersThanFloatsStays() {
    float[] one = {1, 1};
    for (String name : List.of("w", "b", "m", "v")) {
      Map<String, RemainderTensor> tensors = tensors(one, one, one, one);
      tensors.remove(name);
      assertTrue(norm(1e-5).folded(tensors).isEmpty());
      tensors.put(
          name, new RemainderTensor(name, List.of(2), NumberType.FLOAT16, ByteBuffer.allocate(4)));
      assertTrue(norm(1e-5).folded(tensors).isEmpty());
      tensors.put(name, new RemainderTensor(name, List.of(1), new float[1]));
      assertTrue(norm(1e-5).folded(tensors).isEmpty());
    }
    Map<String, RemainderTensor> uncounted = tensors(one, one, one, one);
    uncounted.remove("n");
    assertEquals(4, norm(1e-5).folded(uncounted).size());
  }
}
