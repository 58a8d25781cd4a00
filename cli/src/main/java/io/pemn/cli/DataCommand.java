package io.pemn.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Groups what is done with data sets alone. */
@Command(
    name = "data",
    mixinStandardHelpOptions = true,
    description = "Look at data sets.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DataPreviewCommand.class})
final class DataCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is missing: preview.");
  }
}
