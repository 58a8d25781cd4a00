package io.pemn.benchmarks.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.benchmarks.RebuildRun;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultTablesTest {
  private static LoadingRow row(int round, Situation situation, ShippedAs way, double seconds) {
    return new LoadingRow(
        round,
        2,
        situation,
        LoadedNetwork.RESNET_50,
        25_557_032,
        way,
        1_234_567,
        seconds,
        seconds / 2,
        seconds / 4,
        seconds * 2,
        300_000_000,
        20_000_000);
  }

  private static List<String> tables(List<LoadingRow> rows, String... rebuilding) {
    List<String> loading = new ArrayList<>(List.of("# java: some", LoadingRow.HEADER));
    rows.forEach(row -> loading.add(row.toCsv()));
    List<String> rates = new ArrayList<>(List.of(RebuildRun.HEADER));
    rates.addAll(List.of(rebuilding));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new ResultTables(new PrintStream(out, true, StandardCharsets.UTF_8)).print(loading, rates);
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void rowsAreReadAsTheyWereWritten() {
    LoadingRow row = row(3, Situation.TRANSFER, ShippedAs.DENSE_ZSTD, 0.123456789);
    assertEquals(row, LoadingRow.parse(row.toCsv()));
    assertEquals(LoadingRow.HEADER.split(",").length, row.toCsv().split(",").length);
  }

  @Test
  void mediansStandBesideTheLeastAndTheGreatest() {
    List<String> lines =
        tables(
            List.of(
                row(1, Situation.PROCESS, ShippedAs.PEMN, 1.5),
                row(1, Situation.PROCESS, ShippedAs.TORCHSCRIPT, 1),
                row(2, Situation.PROCESS, ShippedAs.PEMN, 9),
                row(2, Situation.PROCESS, ShippedAs.TORCHSCRIPT, 1),
                row(3, Situation.PROCESS, ShippedAs.PEMN, 1.4),
                row(3, Situation.PROCESS, ShippedAs.TORCHSCRIPT, 1)));
    assertEquals("- java: some", lines.get(0));
    assertTrue(lines.contains("From the start of the process, 2 cores:"), lines.toString());
    assertTrue(
        lines.contains(
            "| resnet-50 (25,557,032) | pemn | 1,234,567 | 1.50 (1.40 to 9.00) | 1.50 | 0.75"
                + " | 3.00 | 300 | 20 |"),
        lines.toString());
    assertTrue(
        lines.contains(
            "| resnet-50 (25,557,032) | TorchScript | 1,234,567 | 1.00 | 1.00 | 0.50 | 2.00"
                + " | 300 | 20 |"),
        lines.toString());
  }

  @Test
  void transfersAreComparedWithTheArchive() {
    List<String> lines =
        tables(
            List.of(
                row(1, Situation.TRANSFER, ShippedAs.PEMN, 0.5),
                row(1, Situation.TRANSFER, ShippedAs.TORCHSCRIPT, 8)));
    assertTrue(
        lines.contains(
            "| resnet-50 (25,557,032) | TorchScript | 1,234,567 | 8.00 | 16.00 | 4.00 | 16.00"
                + " | 2.00 | 300 | 20 |"),
        lines.toString());
  }

  @Test
  void ratesOfOneAndTwoCoresStandSideBySide() {
    String kernel = "RebuildBenchmark.rebuild,encoding=ROARING masks=KEEP_50 values=MAX_LAYER";
    List<String> lines =
        tables(
            List.of(),
            "1,1," + kernel + ",1,500,ops/us",
            "1,1," + kernel + ",2,700,ops/us",
            "1,2," + kernel + ",1,1000,ops/us",
            "1,1,OpenBenchmark.open,layers=24,1,300,us/op");
    assertTrue(
        lines.contains("| rebuild | keep 50 | max layer |  |  | 600 (500 to 700) | 1,000 |"),
        lines.toString());
    assertTrue(lines.contains("| open |  |  |  | 24 | 300 |  |"), lines.toString());
  }
}
