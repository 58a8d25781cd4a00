package io.pemn.cli;

import picocli.CommandLine.Option;

/** Whether a command reports as JSON. */
final class JsonOption {
  @Option(names = "--json", description = "Report as one JSON object on standard output.")
  boolean wanted;
}
