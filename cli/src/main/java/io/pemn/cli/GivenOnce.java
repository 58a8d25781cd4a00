package io.pemn.cli;

import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/**
 * Runs a command whose options were given once each. Of options in groups picocli does not check
 * that, and where one is given again it silently forgets what else was given of the group.
 */
final class GivenOnce implements IExecutionStrategy {
  @Override
  public int execute(ParseResult parsed) {
    for (ParseResult command = parsed; command != null; command = next(command)) {
      Set<String> names = new HashSet<>();
      for (OptionSpec option : command.matchedOptions()) {
        if (!option.isMultiValue() && !names.add(option.longestName())) {
          throw new OverwrittenOptionException(
              command.commandSpec().commandLine(),
              option,
              "The option " + option.longestName() + " is given more than once; give it once.");
        }
      }
    }
    return new RunLast().execute(parsed);
  }

  private static ParseResult next(ParseResult command) {
    return command.hasSubcommand() ? command.subcommand() : null;
  }
}
