package io.pemn.benchmarks.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class KernelTablesTest {
  private static final String FLOOR =
      result("ThresholdBenchmark.copyOnly", "'scores':'1000000','mode':'SIGNED'", 1000, 2000, 3000);
  private static final String SELECT =
      result("ThresholdBenchmark.select", "'scores':'1000000','mode':'ABSOLUTE'", 100, 300, 200);

  /** What JMH writes of a million scores a call, with a number of calls an iteration. */
  private static String result(String benchmark, String parameters, double... calls) {
    return "{'benchmark':'io.pemn.benchmarks.%s','params':{%s},'secondaryMetrics':{%s,%s,%s}}"
        .formatted(
            benchmark,
            parameters,
            metric("weights", 1e6, calls),
            metric("bytes", 4e6, calls),
            metric("calls", 1, calls))
        .replace('\'', '"');
  }

  private static String metric(String name, double each, double... calls) {
    return "'%s':{'scoreUnit':'ops/s','rawData':[[%s]]}"
        .formatted(
            name,
            Arrays.stream(calls)
                .mapToObj(call -> Double.toString(call * each))
                .collect(Collectors.joining(",")));
  }

  private static List<String> page(String... results) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new KernelTables(new PrintStream(out, true, StandardCharsets.UTF_8))
        .print(
            Measured.parse("[" + String.join(",", results) + "]"), List.of("java: some", "busy"));
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void aKernelStandsBesideTheFloorOfItsSize() {
    String other =
        result("ThresholdBenchmark.copyOnly", "'scores':'10000000','mode':'SIGNED'", 7, 7, 7);
    List<String> lines = page(other, FLOOR, SELECT);
    assertTrue(
        lines.contains(
            "| select of 1,000,000, absolute | 5.00 | 200 (100 to 300) | 800 | 8,000 | 10.0 % |"),
        lines.toString());
  }

  @Test
  void thePageSaysWhatItWasMeasuredOnAndHasOnlyTablesWithRows() {
    List<String> lines = page(FLOOR, SELECT);
    assertEquals("# All tables of the kernels", lines.get(0));
    assertTrue(lines.containsAll(List.of("- java: some", "- busy")), lines.toString());
    assertEquals(
        List.of("## Selecting thresholds"),
        lines.stream().filter(line -> line.startsWith("## ")).toList());
    assertTrue(
        lines.stream()
            .filter(line -> !line.startsWith("|"))
            .allMatch(line -> line.length() <= 110));
  }

  @Test
  void aMissingFloorIsNamed() {
    String message = assertThrows(IllegalArgumentException.class, () -> page(SELECT)).getMessage();
    assertEquals(
        "The floor of \"select of 1,000,000, absolute\", io.pemn.benchmarks.ThresholdBenchmark.copyOnly,"
            + " was not measured at the same size; add it to KernelPlan.",
        message);
  }

  @Test
  void whatNoTableHasIsRefused() {
    String unknown = result("NewBenchmark.run", "'scores':'1'", 1);
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> page(unknown))
            .getMessage()
            .contains("io.pemn.benchmarks.NewBenchmark.run"));
  }

  @Test
  void ratesInAnotherUnitAreRefused() {
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> page(SELECT.replace("ops/s", "ops/us")))
            .getMessage()
            .startsWith("The unit of weights is ops/us"));
  }
}
