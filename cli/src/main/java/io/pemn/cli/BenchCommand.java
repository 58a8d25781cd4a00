package io.pemn.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Groups the benchmarks. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measure pemn on this machine: train the steps of a training, load the way from a file to a"
          + " first prediction, rate bytes against accuracy.",
      "The kernels (coding masks, rebuilding weights, generating prototypes, selecting thresholds,"
          + " opening and writing archives) are measured in a checkout by benchmarks/kernels.sh."
    },
    synopsisSubcommandLabel = "BENCHMARK",
    subcommands = {BenchTrainCommand.class, BenchLoadCommand.class, BenchRateCommand.class})
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "A benchmark is missing: train, load or rate.");
  }
}
