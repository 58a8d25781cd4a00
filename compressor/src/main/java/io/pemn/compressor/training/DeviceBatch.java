package io.pemn.compressor.training;

import ai.djl.ndarray.NDManager;
import io.pemn.format.NumberType;

/** Some samples that a step learns from, of which the device gets arrays when they are wanted. */
interface DeviceBatch extends AutoCloseable {
  /** Number of samples, at least 1. */
  int size();

  /**
   * Makes the arrays; valid as long as the batch.
   *
   * @param floats the type that floating-point inputs shall have
   * @param scratch on the device; owns what is made
   */
  BatchArrays arrays(NumberType floats, NDManager scratch);

  @Override
  void close();
}
