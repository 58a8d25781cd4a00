package io.pemn.format.storage;

import java.util.Locale;

/** How the floats of a network are stored that masks do not replace. */
public enum FloatCoding {
  /** Float32, every bit as it is. */
  FP32,
  /** The upper half of a float32: 8 significant bits. */
  BF16,
  /** IEEE 754 binary16: 11 significant bits, magnitudes up to 65504. */
  FP16,
  /** Whole numbers from -127 to 127, times a float32 for the whole tensor. */
  INT8;

  /** As the command line has it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
