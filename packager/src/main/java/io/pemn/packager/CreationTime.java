package io.pemn.packager;

import io.pemn.format.proto.Option;
import io.pemn.format.proto.Provenance;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/**
 * When an archive was made, to the second, where its maker wants it to say so.
 *
 * @param seconds since 1970 began in UTC, from 0 to the last second of the year 9999
 */
public record CreationTime(long seconds) {
  /** The name of the option of the provenance that holds it. */
  public static final String OPTION = "created";

  private static final long LAST = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

  /** Checks the range. */
  public CreationTime {
    if (seconds < 0 || seconds > LAST) {
      throw new IllegalArgumentException(
          "A time is from 0 to "
              + LAST
              + " seconds after 1970 began, but this one is "
              + seconds
              + ".");
    }
  }

  /**
   * The time that the environment says, so that a build can be repeated, or else the clock.
   *
   * @param sourceDateEpoch the value of SOURCE_DATE_EPOCH, if it is set; see
   *     reproducible-builds.org/specs/source-date-epoch
   * @throws IllegalArgumentException in one sentence, if that is no time
   */
  public static CreationTime of(Optional<String> sourceDateEpoch, Clock clock) {
    if (sourceDateEpoch.isEmpty()) {
      return new CreationTime(clock.instant().getEpochSecond());
    }
    String text = sourceDateEpoch.get();
    if (!text.matches("\\d{1,12}") || Long.parseLong(text) > LAST) {
      throw new IllegalArgumentException(
          "SOURCE_DATE_EPOCH is \""
              + text
              + "\", but must be a whole number of seconds after 1970 began, at most "
              + LAST
              + "; correct it or unset it.");
    }
    return new CreationTime(Long.parseLong(text));
  }

  /** The network with this time in its provenance. */
  public MaskedNetwork in(MaskedNetwork network) {
    Provenance provenance =
        network.provenance().toBuilder()
            .addOptions(Option.newBuilder().setName(OPTION).setValue(toString()))
            .build();
    return new MaskedNetwork(
        network.network(),
        network.normalization(),
        network.classLabels(),
        network.prototype(),
        network.layers(),
        network.remainder(),
        network.module(),
        provenance);
  }

  /** As ISO 8601 has it, in UTC: {@code 2026-11-21T18:30:00Z}. */
  @Override
  public String toString() {
    return Instant.ofEpochSecond(seconds).toString();
  }
}
