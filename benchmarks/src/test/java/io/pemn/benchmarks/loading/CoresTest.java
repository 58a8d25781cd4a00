package io.pemn.benchmarks.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class CoresTest {
  @Test
  void rangesAreReadAsLinuxWritesThem() {
    assertEquals(List.of(0), Cores.parse("0"));
    assertEquals(List.of(0, 1, 2, 3, 8), Cores.parse("0-3,8"));
  }

  @Test
  void processesArePinnedToTheLastCores() {
    Cores cores = new Cores(List.of(0, 1, 2, 8));
    assertEquals(List.of("taskset", "-c", "8"), cores.pinned(1));
    assertEquals(List.of("taskset", "-c", "2,8"), cores.pinned(2));
  }
}
