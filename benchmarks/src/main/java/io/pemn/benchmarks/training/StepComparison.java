package io.pemn.benchmarks.training;

import io.pemn.benchmarks.loading.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Times training steps: for each network and number of threads the processes of pemn and PyTorch
 * make dense and masked steps in turn, in slices of about a second, while the others wait.
 *
 * <p>{@code StepComparison FOLDER ROUNDS THREADS,... PYTHON NETWORK...} writes {@code
 * training.csv}, {@code training.md} and {@code training.json}.
 */
final class StepComparison {
  private static final double SLICE_MS = 1000;
  private static final double WARM_UP_MS = 2000;
  private static final int WARM_UP_STEPS = 2;
  private static final int MOST_STEPS = 400;

  private final Path table;
  private final int rounds;
  private final Path home;
  private final String python;

  private StepComparison(Path table, int rounds, Path home, String python) {
    this.table = table;
    this.rounds = rounds;
    this.home = home;
    this.python = python;
  }

  /** What makes one kind of steps. */
  private record Runner(StepProgram program, StepKind kind, StepProcess process, int steps) {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Path table = folder.resolve("training.csv");
    List<String> head = new ArrayList<>();
    Machine.describe().forEach(line -> head.add("# " + line));
    head.add(StepRow.HEADER);
    Files.write(table, head);
    StepComparison comparison =
        new StepComparison(
            table,
            Integer.parseInt(arguments[1]),
            Path.of(System.getProperty("pemn.home")),
            arguments[3]);
    for (int i = 4; i < arguments.length; i++) {
      for (String threads : arguments[2].split(",")) {
        comparison.compare(TrainedNetwork.of(arguments[i]), Integer.parseInt(threads));
      }
    }
    comparison.append("# " + Machine.load("after"));
    StepTables tables = StepTables.of(Files.readAllLines(table));
    Files.writeString(folder.resolve("training.json"), tables.json());
    Files.writeString(folder.resolve("training.md"), tables.markdown());
  }

  private void compare(TrainedNetwork network, int threads) throws IOException {
    Map<StepProgram, StepProcess> processes = new EnumMap<>(StepProgram.class);
    try {
      for (StepProgram program : StepProgram.values()) {
        if (program != StepProgram.PYTORCH_CHANNELS_LAST || network.hasConvolutions()) {
          processes.put(program, StepProcess.start(program, network, threads, home, python));
        }
      }
      requireSameNetwork(network, threads, processes);
      List<Runner> runners = warmedUp(processes);
      for (int round = 1; round <= rounds; round++) {
        for (Runner runner : runners) {
          double[] times = runner.process().steps(runner.kind(), runner.steps() + 1);
          // What the others have left in the caches is no part of a step.
          double[] timed = Arrays.copyOfRange(times, 1, times.length);
          StepRow row =
              new StepRow(
                  round,
                  network,
                  threads,
                  runner.program(),
                  runner.kind(),
                  timed.length,
                  StepTables.median(timed));
          append(row.toCsv());
          System.err.printf(
              "%s, %d threads, round %d of %d: %s %s %.2f ms%n",
              network.label(),
              threads,
              round,
              rounds,
              runner.program(),
              runner.kind(),
              row.milliseconds());
        }
        // Each goes first in some round.
        Collections.rotate(runners, 1);
      }
    } finally {
      for (StepProcess process : processes.values()) {
        process.close();
      }
    }
  }

  private void requireSameNetwork(
      TrainedNetwork network, int threads, Map<StepProgram, StepProcess> processes)
      throws IOException {
    Map<String, Long> weights = new LinkedHashMap<>();
    for (Map.Entry<StepProgram, StepProcess> entry : processes.entrySet()) {
      weights.put(entry.getKey().toString(), entry.getValue().about().get("weights").getAsLong());
    }
    if (weights.values().stream().distinct().count() != 1) {
      throw new IOException(
          "The programs train different networks as " + network.label() + ": " + weights + ".");
    }
    append(
        String.format(
            "# %s, %d threads: %s, %d weights, batches of %d",
            network.label(),
            threads,
            processes.get(StepProgram.PYTORCH).about(),
            weights.values().iterator().next(),
            network.batchSize()));
  }

  /** With each as many steps a slice as it makes in the time of one. */
  private static List<Runner> warmedUp(Map<StepProgram, StepProcess> processes) throws IOException {
    List<Runner> runners = new ArrayList<>();
    for (Map.Entry<StepProgram, StepProcess> entry : processes.entrySet()) {
      for (StepKind kind : StepKind.values()) {
        double spent = 0;
        List<Double> times = new ArrayList<>();
        while (times.size() < WARM_UP_STEPS || spent < WARM_UP_MS) {
          double taken = entry.getValue().steps(kind, 1)[0];
          times.add(taken);
          spent += taken;
        }
        double step =
            StepTables.median(
                times.subList(times.size() / 2, times.size()).stream()
                    .mapToDouble(Double::doubleValue)
                    .toArray());
        int steps = (int) Math.max(1, Math.min(MOST_STEPS, Math.round(SLICE_MS / step)));
        runners.add(new Runner(entry.getKey(), kind, entry.getValue(), steps));
      }
    }
    return runners;
  }

  private void append(String line) throws IOException {
    Files.writeString(table, line + "\n", StandardOpenOption.APPEND);
  }
}
