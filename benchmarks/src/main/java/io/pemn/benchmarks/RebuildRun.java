package io.pemn.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the benchmarks of opening and rebuilding once, each in a process of its own, and appends
 * what every iteration measured to a table.
 *
 * <p>{@code RebuildRun TABLE.csv CORES ROUND quick|full}. How many cores there really are is up to
 * whoever starts it: the processes inherit its affinity.
 */
public final class RebuildRun {
  /** The columns of the table. */
  public static final String HEADER = "round,cores,benchmark,parameters,iteration,score,unit";

  private static final String RATE = "ops/us";
  private static final List<String> MASKS =
      List.of("KEEP_50", "KEEP_05", "SIGN", "TERNARY_50", "TERNARY_05");
  private static final List<String> LONG_VALUES =
      List.of("MAX_LAYER", "OWN_NORMAL", "OWN_CONSTANT");
  private static final List<String> ENCODINGS = List.of("ROARING", "BITMAP", "ENTROPY");

  private final Path table;
  private final String cores;
  private final String round;
  private final boolean quick;

  private RebuildRun(String[] arguments) {
    this.table = Path.of(arguments[0]);
    this.cores = arguments[1];
    this.round = arguments[2];
    this.quick = arguments[3].equals("quick");
  }

  /** Runs all. */
  public static void main(String[] arguments) throws IOException, RunnerException {
    if (arguments.length != 4) {
      throw new IllegalArgumentException(
          "RebuildRun takes TABLE.csv CORES ROUND quick|full, but was given "
              + arguments.length
              + " arguments; see benchmarks/loading.sh.");
    }
    new RebuildRun(arguments).run();
  }

  private void run() throws IOException, RunnerException {
    if (!Files.exists(table)) {
      append(List.of(HEADER));
    }
    // The floor before, amid and after what it is compared with.
    write();
    rebuild("KEEP_50", "SHORT");
    measure(
        "RebuildBenchmark.rebuildAndCheck",
        Map.of("masks", "KEEP_50", "values", "SHORT", "encoding", "ROARING", "threads", cores));
    decode("ROARING", "KEEP_50", "SHORT");
    if (quick) {
      measure("OpenBenchmark.open", Map.of("layers", "24"));
      return;
    }
    for (String masks : MASKS.subList(1, MASKS.size())) {
      rebuild(masks, "SHORT");
    }
    for (String values : LONG_VALUES) {
      rebuild("KEEP_50", values);
    }
    write();
    for (String masks : MASKS) {
      for (String encoding : ENCODINGS) {
        if (!encoding.equals("ROARING") || !masks.equals("KEEP_50")) {
          decode(encoding, masks, "SHORT");
        }
      }
    }
    for (String values : LONG_VALUES) {
      decode("ROARING", "KEEP_50", values);
    }
    for (String layers : List.of("1", "5", "24")) {
      measure("OpenBenchmark.open", Map.of("layers", layers));
    }
    write();
  }

  private void write() throws IOException, RunnerException {
    measure("RebuildFloorBenchmark.write", Map.of("threads", cores));
    measure("RebuildFloorBenchmark.copy", Map.of("threads", cores));
  }

  private void rebuild(String masks, String values) throws IOException, RunnerException {
    measure(
        "RebuildBenchmark.rebuild",
        Map.of("masks", masks, "values", values, "encoding", "ROARING", "threads", cores));
  }

  private void decode(String encoding, String masks, String values)
      throws IOException, RunnerException {
    measure(
        "RebuildBenchmark.decodeAndRebuild",
        Map.of("masks", masks, "values", values, "encoding", encoding, "threads", cores));
  }

  private void measure(String benchmark, Map<String, String> parameters)
      throws IOException, RunnerException {
    TimeValue time = TimeValue.milliseconds(quick ? 300 : 700);
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + benchmark.replace(".", "\\.") + "$")
            .forks(1)
            .warmupIterations(quick ? 2 : 3)
            .warmupTime(time)
            .measurementIterations(3)
            .measurementTime(time)
            .shouldFailOnError(true);
    parameters.forEach(options::param);
    List<String> rows = new ArrayList<>();
    for (RunResult run : new Runner(options.build()).run()) {
      String text =
          new TreeMap<>(parameters)
              .entrySet().stream()
                  .filter(parameter -> !parameter.getKey().equals("threads"))
                  .map(parameter -> parameter.getKey() + "=" + parameter.getValue())
                  .collect(Collectors.joining(" "));
      for (BenchmarkResult fork : run.getBenchmarkResults()) {
        int number = 1;
        for (IterationResult iteration : fork.getIterationResults()) {
          Result<?> score = score(iteration);
          rows.add(
              String.join(
                  ",",
                  round,
                  cores,
                  benchmark,
                  text,
                  Integer.toString(number++),
                  Double.toString(score.getScore()),
                  score.getScoreUnit()));
        }
      }
    }
    append(rows);
  }

  /** Million weights a second; of what has no throughput, microseconds. */
  private static Result<?> score(IterationResult iteration) {
    Result<?> weights = iteration.getSecondaryResults().get("weights");
    return weights.getScoreUnit().equals(RATE) ? weights : iteration.getPrimaryResult();
  }

  private void append(List<String> rows) throws IOException {
    Files.write(table, rows, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
