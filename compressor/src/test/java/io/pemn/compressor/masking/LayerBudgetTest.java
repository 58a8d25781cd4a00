package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.masking.LayerBudget.Kind;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerBudgetTest {
  private static final ParameterShape DEPTHWISE = weight("depthwise", 128, 1, 5, 5);
  private static final ParameterShape POINTWISE = weight("pointwise", 128, 128, 1, 1);
  private static final ParameterShape HEAD = weight("head", 10, 128);
  private static final ParameterShape BIAS =
      new ParameterShape("bias", List.of(100_000), Role.LEARNED);
  private static final List<ParameterShape> NETWORK = List.of(DEPTHWISE, POINTWISE, HEAD, BIAS);

  private static ParameterShape weight(String name, Integer... shape) {
    return new ParameterShape(name, List.of(shape), Role.WEIGHT);
  }

  private static double share(LayerBudget budget) {
    double kept = 0;
    double all = 0;
    for (ParameterShape layer : List.of(DEPTHWISE, POINTWISE, HEAD)) {
      kept += layer.size() * budget.density(layer);
      all += layer.size();
    }
    return kept / all;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.03, 0.1, 0.5, 0.9, 0.999, 1})
  void theLayersTogetherKeepWhatWasAskedFor(double density) {
    for (Kind kind : Kind.values()) {
      assertEquals(density, share(LayerBudget.of(NETWORK, density, kind)), 1e-9, kind.toString());
    }
  }

  @Test
  void aUniformBudgetGivesEveryLayerTheSame() {
    LayerBudget budget = LayerBudget.of(NETWORK, 0.3, Kind.UNIFORM);
    assertEquals(0.3, budget.density(DEPTHWISE));
    assertEquals(0.3, budget.density(POINTWISE));
  }

  @Test
  void layersWhoseOutputsSeeFewInputsKeepMore() {
    LayerBudget budget = LayerBudget.of(NETWORK, 0.1, Kind.FAN_IN);
    assertEquals(
        Math.pow(128.0 / 25, 0.8), budget.density(DEPTHWISE) / budget.density(POINTWISE), 1e-9);
    assertEquals(budget.density(HEAD), budget.density(POINTWISE));
  }

  @Test
  void noLayerKeepsMoreThanItHas() {
    LayerBudget budget = LayerBudget.of(NETWORK, 0.7, Kind.FAN_IN);
    assertEquals(1, budget.density(DEPTHWISE));
    assertTrue(budget.density(POINTWISE) < 0.7);
  }

  @Test
  void noLayerKeepsLessThanAWeight() {
    for (Kind kind : Kind.values()) {
      assertEquals(1.0 / 1280, LayerBudget.of(NETWORK, 1e-40, kind).density(HEAD), kind.toString());
    }
  }

  @Test
  void whatHasNoMasksKeepsEverything() {
    assertEquals(1, LayerBudget.EVERYTHING.density(DEPTHWISE));
  }
}
