package io.pemn.cli;

import io.pemn.compressor.search.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What is asked of the archive, instead of masks of a given density. */
final class TargetMixin {
  private static final int SHORT = 4;

  @ArgGroup(validate = false, heading = "%nAsking for what you need:%n", order = 0)
  Asked asked = new Asked();

  static final class Asked {
    @Option(
        names = "--target-size",
        paramLabel = "SIZE",
        description =
            "The whole file shall have at most so many bytes: 40000, 40KB (of 1000 bytes), 40KiB (of"
                + " 1024), 1.5MB, 1MiB. Kinds of masks and densities are tried; the best is trained"
                + " (default: no search).")
    String size;

    @Option(
        names = "--target-ratio",
        paramLabel = "R",
        description =
            "The whole file shall be at least R times smaller than all parameters as fp32"
                + " (default: no search).")
    Double ratio;

    @Option(
        names = "--max-drop",
        paramLabel = "POINTS",
        description =
            "The smallest file that loses at most so many points of accuracy against MODEL, or"
                + " against the same network without masks, on training samples that are held out"
                + " (default: no search).")
    Double drop;

    @Option(
        names = "--search-epochs",
        paramLabel = "N",
        description = "Epochs of what is only tried (default: a quarter of --epochs).")
    Integer searchEpochs;
  }

  /** The target, if there is one. */
  Optional<Target> target(CommandSpec spec) {
    List<Target> targets = new ArrayList<>();
    if (asked.size != null) {
      targets.add(Target.size(asked.size));
    }
    if (asked.ratio != null) {
      targets.add(new Target.Ratio(asked.ratio));
    }
    if (asked.drop != null) {
      targets.add(new Target.Drop(asked.drop));
    }
    if (targets.size() > 1) {
      throw new ParameterException(
          spec.commandLine(),
          "Give one of --target-size, --target-ratio and --max-drop, not several.");
    }
    if (targets.isEmpty() && asked.searchEpochs != null) {
      throw new ParameterException(
          spec.commandLine(),
          "--search-epochs says how long a search tries masks; give --target-size, --target-ratio"
              + " or --max-drop with it.");
    }
    return targets.stream().findFirst();
  }

  /** How long candidates are tried. */
  int shortEpochs(int epochs) {
    return asked.searchEpochs == null ? Math.max(1, epochs / SHORT) : asked.searchEpochs;
  }
}
