package io.pemn.benchmarks.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScaleTablesTest {
  private static final long BASE = 300_000_000;
  private static final long ACTIVATIONS_OF_AN_IMAGE = 4_000_000;

  private static List<ScaleRow> rows() {
    List<ScaleRow> rows = new ArrayList<>();
    for (ScaledNetwork network : List.of(ScaledNetwork.BASE, ScaledNetwork.TEN_MILLION)) {
      long weights = network.weights();
      boolean base = network == ScaledNetwork.BASE;
      for (int batch : List.of(8, 16)) {
        long peak = base ? BASE : BASE + 6 * 4 * weights + batch * ACTIVATIONS_OF_AN_IMAGE;
        rows.add(new ScaleRow(network, weights, Step.COMPRESS, batch, 1, 9, peak, 0, 0));
      }
      rows.add(new ScaleRow(network, weights, Step.BENCH_TRAIN, 8, 1, 9, 1, 100, 105));
      for (int round = 1; round <= 3; round++) {
        long peak = base ? BASE : BASE + 4 * weights * round / 2;
        double seconds = base ? 1 : 1 + round;
        rows.add(new ScaleRow(network, weights, Step.PACK, 0, round, seconds, peak, 0, 0));
      }
    }
    return rows;
  }

  @Test
  void baseAndActivationsAreNoMultipleOfTheWeights() {
    ScaleTables tables = new ScaleTables(rows());

    assertEquals(6, tables.training(ScaledNetwork.TEN_MILLION), 1e-9);
    assertEquals(8 * ACTIVATIONS_OF_AN_IMAGE, tables.activations(ScaledNetwork.TEN_MILLION), 1e-3);
  }

  @Test
  void theTablesHaveMediansAndADashForWhatWasNotMeasured() {
    String text = new ScaleTables(rows()).toMarkdown(List.of("processor: some"));

    assertTrue(text.startsWith("# All tables of scale\n"), text);
    assertTrue(text.contains("\n- processor: some\n"), text);
    assertTrue(
        text.contains("| 10,032,064 | 100.00 ms | 105.00 ms | 10.47 ns | 0.50 ns | 1.050 |"), text);
    assertTrue(text.contains("| 3.00 s | 199 ns |"), text);
    assertTrue(text.contains("| 340 MB (1.00) | - | - | - | - | - |"), text);
  }

  @Test
  void thePeakIsReadFromTheStatusOfAProcess() {
    List<String> status = List.of("Name:\tjava", "VmPeak:\t 9 kB", "VmHWM:\t   2048 kB", "x");
    assertEquals(2048 * 1024, WatchedProcess.peak(status));
    assertEquals(0, WatchedProcess.peak(List.of("Name:\tjava")));
  }

  @Test
  void theWidthsAreThoseOfTheNamedNumbersOfWeights() {
    assertEquals(101_088, ScaledNetwork.HUNDRED_THOUSAND.weights());
    assertEquals(982_080, ScaledNetwork.ONE_MILLION.weights());
    assertEquals(10_032_064, ScaledNetwork.TEN_MILLION.weights());
    assertEquals(50_005_120, ScaledNetwork.FIFTY_MILLION.weights());
  }
}
