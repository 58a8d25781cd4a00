package io.pemn.cli;

import io.pemn.compressor.data.Dataset;
import java.io.IOException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The data set of a command that can do something without one. */
final class OptionalDataMixin {
  @Option(
      names = "--data",
      paramLabel = "SPEC",
      description = {DataMixin.DESCRIPTION, "Needed unless --dry-run."})
  String spec;

  Dataset load(CommandSpec command) throws IOException {
    if (spec == null) {
      throw new ParameterException(command.commandLine(), "Missing required option: '--data=SPEC'");
    }
    return DataMixin.load(spec);
  }
}
