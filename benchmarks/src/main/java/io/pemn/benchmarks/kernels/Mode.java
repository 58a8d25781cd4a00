package io.pemn.benchmarks.kernels;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.openjdk.jmh.runner.options.TimeValue;

/** How thoroughly kernels are measured. */
enum Mode {
  /** Every kernel once, small, and in this process: whether all of it works. */
  SMOKE(0, 0, 1, 10),
  /** Every kernel at one size. */
  QUICK(1, 1, 2, 250),
  /** All. */
  FULL(1, 3, 5, 600);

  private final int forks;
  private final int warmUps;
  private final int iterations;
  private final int millis;

  Mode(int forks, int warmUps, int iterations, int millis) {
    this.forks = forks;
    this.warmUps = warmUps;
    this.iterations = iterations;
    this.millis = millis;
  }

  /**
   * The mode of a name.
   *
   * @throws IllegalArgumentException in one sentence, if there is none
   */
  static Mode of(String name) {
    return Arrays.stream(values())
        .filter(mode -> mode.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no mode \""
                        + name
                        + "\"; use one of "
                        + Arrays.stream(values())
                            .map(Mode::toString)
                            .collect(Collectors.joining(", "))
                        + "."));
  }

  /** Processes for each measurement; 0 if it is measured in this one. */
  int forks() {
    return forks;
  }

  /** Iterations that are not counted. */
  int warmUps() {
    return warmUps;
  }

  /** Iterations that are. */
  int iterations() {
    return iterations;
  }

  /** How long an iteration takes at least. */
  TimeValue time() {
    return TimeValue.milliseconds(millis);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
