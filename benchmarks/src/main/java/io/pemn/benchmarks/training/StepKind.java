package io.pemn.benchmarks.training;

import java.util.Locale;

/** What a step trains. */
enum StepKind {
  /** The weights themselves. */
  DENSE,
  /** Masks over fixed weights. */
  MASKED;

  /** The name in tables and between processes. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The kind of a name. */
  static StepKind of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }
}
