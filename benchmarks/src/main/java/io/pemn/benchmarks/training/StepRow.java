package io.pemn.benchmarks.training;

import java.util.List;

/**
 * What one slice of time measured.
 *
 * @param round which of the repetitions, from 1
 * @param network whose steps
 * @param threads of the engine
 * @param program who made them
 * @param kind what they train
 * @param steps how many were timed
 * @param milliseconds the median of them
 */
record StepRow(
    int round,
    TrainedNetwork network,
    int threads,
    StepProgram program,
    StepKind kind,
    int steps,
    double milliseconds) {
  /** The columns of the table. */
  static final String HEADER = "round,network,threads,program,kind,steps,milliseconds";

  /** The row of a table. */
  String toCsv() {
    return String.join(
        ",",
        List.of(
            Integer.toString(round),
            network.label(),
            Integer.toString(threads),
            program.key(),
            kind.toString(),
            Integer.toString(steps),
            Double.toString(milliseconds)));
  }

  /** Reads what {@link #toCsv} wrote. */
  static StepRow parse(String line) {
    String[] cells = line.split(",");
    return new StepRow(
        Integer.parseInt(cells[0]),
        TrainedNetwork.of(cells[1]),
        Integer.parseInt(cells[2]),
        StepProgram.of(cells[3]),
        StepKind.of(cells[4]),
        Integer.parseInt(cells[5]),
        Double.parseDouble(cells[6]));
  }
}
