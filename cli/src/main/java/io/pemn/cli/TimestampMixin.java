package io.pemn.cli;

import io.pemn.packager.CreationTime;
import io.pemn.packager.MaskedNetwork;
import java.time.Clock;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Whether an archive says when it was made. */
final class TimestampMixin {
  @Option(
      names = "--timestamp",
      description =
          "Have the archive say when it was made: the time of SOURCE_DATE_EPOCH, or now where that is"
              + " not set (default: archives have no times).")
  private boolean wanted;

  /**
   * The time, if one is wanted.
   *
   * @throws IllegalArgumentException in one sentence, if SOURCE_DATE_EPOCH is no time
   */
  Optional<CreationTime> time() {
    return wanted
        ? Optional.of(
            CreationTime.of(
                Optional.ofNullable(System.getenv("SOURCE_DATE_EPOCH")), Clock.systemUTC()))
        : Optional.empty();
  }

  /** The network with the time, if one is wanted. */
  MaskedNetwork stamp(MaskedNetwork network) {
    return time().map(time -> time.in(network)).orElse(network);
  }
}
