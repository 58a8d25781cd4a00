package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.format.Distribution;
import io.pemn.format.Prototype;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerScaleTest {
  @ParameterizedTest
  @CsvSource({"NORMAL, 1", "NORMAL, 0.3", "SIGNED_CONSTANT, 1", "SIGNED_CONSTANT, 0.5"})
  void keptWeightsHaveKaimingsMeanSquareForTheLayersOwnFanIn(
      Distribution distribution, double density) {
    assertMeanSquare(List.of(16, 8, 3, 3), 72, distribution, density);
    assertMeanSquare(List.of(16, 1, 5, 5), 25, distribution, density);
    assertMeanSquare(List.of(10, 64), 64, distribution, density);
  }

  private static void assertMeanSquare(
      List<Integer> shape, int fanIn, Distribution distribution, double density) {
    ParameterShape layer = new ParameterShape("layer", shape, Role.WEIGHT);
    float[] values = new Prototype(11, distribution, layer.size()).values();

    float scale = LayerScale.of(layer, density, StreamedValues.of(values));

    assertEquals(fanIn, LayerScale.fanIn(layer));
    double squares = 0;
    for (float value : values) {
      squares += (double) (value * scale) * (value * scale);
    }
    // A mask that keeps a fraction of such values leaves 2 / fan-in on average over all positions.
    double expected = 2 / (fanIn * density);
    assertEquals(expected, squares / values.length, expected * 1e-5);
  }
}
