package io.pemn.benchmarks.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepTablesTest {
  private static StepRow row(int round, StepProgram program, StepKind kind, double milliseconds) {
    return new StepRow(round, TrainedNetwork.MLP, 2, program, kind, 50, milliseconds);
  }

  private static StepTables tables(StepRow... rows) {
    List<String> csv = new ArrayList<>(List.of("# java: some", StepRow.HEADER));
    for (StepRow row : rows) {
      csv.add(row.toCsv());
    }
    return StepTables.of(csv);
  }

  private static StepTables twoPrograms() {
    return tables(
        row(1, StepProgram.PEMN, StepKind.DENSE, 4),
        row(1, StepProgram.PEMN, StepKind.MASKED, 5),
        row(1, StepProgram.PYTORCH, StepKind.DENSE, 8),
        row(1, StepProgram.PYTORCH, StepKind.MASKED, 16),
        row(2, StepProgram.PEMN, StepKind.DENSE, 40),
        row(2, StepProgram.PEMN, StepKind.MASKED, 40),
        row(2, StepProgram.PYTORCH, StepKind.DENSE, 10),
        row(2, StepProgram.PYTORCH, StepKind.MASKED, 20),
        row(3, StepProgram.PEMN, StepKind.DENSE, 4),
        row(3, StepProgram.PEMN, StepKind.MASKED, 6),
        row(3, StepProgram.PYTORCH, StepKind.DENSE, 8),
        row(3, StepProgram.PYTORCH, StepKind.MASKED, 10));
  }

  @Test
  void rowsAreReadAsTheyWereWritten() {
    StepRow row = row(3, StepProgram.PYTORCH_CHANNELS_LAST, StepKind.MASKED, 0.123456789);
    assertEquals(row, StepRow.parse(row.toCsv()));
    assertEquals(StepRow.HEADER.split(",").length, row.toCsv().split(",").length);
  }

  @Test
  void ratiosAreOfTheSameRound() {
    StepTables.Line pemn = twoPrograms().lines().get(0);
    assertEquals(4, pemn.denseMs());
    assertEquals(6, pemn.maskedMs());
    // Not 6 / 4: the median of 5 / 4, 40 / 40 and 6 / 4.
    assertEquals(1.25, pemn.ratio());
    assertEquals(128 / 0.006, pemn.imagesPerSecond(), 1e-9);
  }

  @Test
  void pemnIsComparedWithEveryOther() {
    StepTables.Line pytorch = twoPrograms().lines().get(1);
    assertEquals(StepProgram.PYTORCH, pytorch.program());
    // The medians of 5 / 16, 40 / 20 and 6 / 10, and of 4 / 8, 40 / 10 and 4 / 8.
    assertEquals(0.6, pytorch.pemnToThis(), 1e-9);
    assertEquals(0.5, pytorch.pemnDenseToThis(), 1e-9);
    List<String> lines = twoPrograms().markdown().lines().toList();
    assertTrue(lines.contains("- java: some"), lines.toString());
    assertTrue(
        lines.contains(
            "| mlp-256-256-256, 128 | 2 | PyTorch | 8.00 | 16.00 | 2.000 | 8,000 | 0.50 | 0.60 |"),
        lines.toString());
    assertTrue(
        lines.contains("| mlp-256-256-256, 128 | 2 | pemn | 4.00 | 6.00 | 1.250 | 21,333 |  |  |"),
        lines.toString());
  }

  @Test
  void theKeysAreThoseOfTheCommandLine() {
    JsonObject first =
        JsonParser.parseString(twoPrograms().json())
            .getAsJsonObject()
            .getAsJsonArray("results")
            .get(0)
            .getAsJsonObject();
    assertEquals(4, first.get("dense_ms").getAsDouble());
    assertEquals(6, first.get("masked_ms").getAsDouble());
    assertEquals(1.25, first.get("ratio").getAsDouble());
    assertEquals(128 / 0.006, first.get("images_per_second").getAsDouble(), 1e-9);
  }

  @Test
  void aProgramThatMadeNoDenseStepsIsLeftOut() {
    assertEquals(List.of(), tables(row(1, StepProgram.PEMN, StepKind.MASKED, 5)).lines());
  }
}
