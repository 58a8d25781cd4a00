package io.pemn.benchmarks.training;

import java.util.Arrays;
import java.util.Locale;

/** Who makes the steps. */
enum StepProgram {
  /** This repository, with its usual options. */
  PEMN("pemn"),
  /** {@code pytorch_steps.py} with PyTorch's usual layout of arrays. */
  PYTORCH("PyTorch"),
  /** The same with the channels of a place side by side. */
  PYTORCH_CHANNELS_LAST("PyTorch, channels last");

  private final String title;

  StepProgram(String title) {
    this.title = title;
  }

  /** The name in tables. */
  @Override
  public String toString() {
    return title;
  }

  /** The program of a name in a file. */
  static StepProgram of(String name) {
    return Arrays.stream(values())
        .filter(program -> program.key().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("There is no program " + name + "."));
  }

  /** The name in files. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
