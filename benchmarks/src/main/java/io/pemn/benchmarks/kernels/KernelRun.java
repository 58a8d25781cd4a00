package io.pemn.benchmarks.kernels;

import io.pemn.benchmarks.loading.Machine;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Measures all kernels and their floors, and writes JMH's results and what they were measured on.
 *
 * <p>{@code KernelRun smoke|quick|full KERNELS.json MACHINE.txt}
 */
final class KernelRun {
  private KernelRun() {}

  public static void main(String[] arguments) throws IOException, RunnerException {
    Mode mode = Mode.of(arguments[0]);
    Instant begin = Instant.now();
    List<String> machine = new ArrayList<>(Machine.describe());
    List<RunResult> results = new ArrayList<>();
    List<KernelPlan.Measurement> plan = KernelPlan.of(mode);
    for (int i = 0; i < plan.size(); i++) {
      KernelPlan.Measurement measurement = plan.get(i);
      System.err.printf(
          "%d of %d: %s %s%n",
          i + 1, plan.size(), measurement.kernel().benchmark(), measurement.parameters());
      results.addAll(new Runner(options(mode, measurement).build()).run());
    }
    machine.add(Machine.load("after"));
    machine.add(
        "command: benchmarks/kernels.sh "
            + mode
            + " DIR, which took "
            + Duration.between(begin, Instant.now()).toSeconds()
            + " s");
    try (PrintStream json =
        new PrintStream(
            Files.newOutputStream(Path.of(arguments[1])), false, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, json).writeOut(results);
    }
    Files.write(Path.of(arguments[2]), machine);
  }

  private static ChainedOptionsBuilder options(Mode mode, KernelPlan.Measurement measurement) {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(measurement.kernel().benchmark()) + "$")
            .mode(org.openjdk.jmh.annotations.Mode.Throughput)
            .timeUnit(TimeUnit.SECONDS)
            .forks(mode.forks())
            .warmupIterations(mode.warmUps())
            .warmupTime(mode.time())
            .measurementIterations(mode.iterations())
            .measurementTime(mode.time())
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true);
    measurement.parameters().forEach(options::param);
    return options;
  }
}
