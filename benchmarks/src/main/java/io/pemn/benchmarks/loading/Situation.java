package io.pemn.benchmarks.loading;

import java.util.Locale;

/** From when to a first prediction time is taken. */
enum Situation {
  /** From the start of the process, the JVM's and the engine's own start included. */
  PROCESS,
  /** From the file, in a process that has started the engine and nothing else. */
  ENGINE,
  /** The same, but the file still has to come over a line of 100 Mbit/s. */
  TRANSFER;

  /** As the table has it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The situation that {@link #toString} gave. */
  static Situation of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }
}
