package io.pemn.benchmarks.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.benchmarks.kernels.KernelPlan.Measurement;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelPlanTest {
  @ParameterizedTest
  @EnumSource(Mode.class)
  void everyModeMeasuresEveryKernel(Mode mode) {
    Set<Kernel> measured =
        KernelPlan.of(mode).stream().map(Measurement::kernel).collect(Collectors.toSet());
    assertEquals(EnumSet.allOf(Kernel.class), measured);
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void everyKernelHasAFloorOfItsSize(Mode mode) {
    List<Measurement> plan = KernelPlan.of(mode);
    for (Measurement measurement : plan) {
      assertTrue(
          plan.stream().anyMatch(other -> isFloor(other, measurement)), measurement.toString());
    }
  }

  private static boolean isFloor(Measurement other, Measurement measurement) {
    return other.kernel() == measurement.kernel().floor()
        && measurement.kernel().sizes().stream()
            .allMatch(
                name -> other.parameters().get(name).equals(measurement.parameters().get(name)));
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void nothingIsMeasuredTwice(Mode mode) {
    List<Measurement> plan = KernelPlan.of(mode);
    assertEquals(plan.size(), new HashSet<>(plan).size());
  }

  @Test
  void archivesOfAHundredThousandToFiftyMillionWeightsAreOpened() {
    assertEquals(
        List.of("80", "432", "1670", "3910"),
        KernelPlan.of(Mode.FULL).stream()
            .filter(measurement -> measurement.kernel() == Kernel.OPEN)
            .map(measurement -> measurement.parameters().get("width"))
            .toList());
  }
}
