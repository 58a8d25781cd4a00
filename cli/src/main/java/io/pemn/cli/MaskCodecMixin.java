package io.pemn.cli;

import io.pemn.packager.MaskCodecChoice;
import picocli.CommandLine.Option;

/** How a command stores masks. */
final class MaskCodecMixin {
  @Option(
      names = "--mask-codec",
      paramLabel = "C",
      defaultValue = "auto",
      description =
          "How the archive stores masks: ${COMPLETION-CANDIDATES}; auto takes roaring unless"
              + " another saves a hundredth of the file (default: ${DEFAULT-VALUE}).")
  private MaskCodecChoice choice;

  MaskCodecChoice choice() {
    return choice;
  }
}
