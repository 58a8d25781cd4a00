package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;

/**
 * The strength from which on weights are kept: known, or on a device that may still be computing
 * it, where nothing waits for it until it is read.
 */
sealed interface Bound {

  /** The strength; waits for the device if need be. */
  float value();

  /** The lesser of two of the same kind, a bound of its own. */
  Bound orLess(Bound other);

  /** Frees what it takes on a device. */
  default void close() {}

  /**
   * A known one.
   *
   * @param value the strength
   */
  record Known(float value) implements Bound {
    @Override
    public Bound orLess(Bound other) {
      return new Known(Math.min(value, other.value()));
    }
  }

  /**
   * One on a device.
   *
   * @param array of no dimensions; belongs to the bound
   */
  record OnDevice(NDArray array) implements Bound {
    @Override
    public float value() {
      return array.getFloat();
    }

    @Override
    public Bound orLess(Bound other) {
      return new OnDevice(array.minimum(((OnDevice) other).array()));
    }

    @Override
    public void close() {
      array.close();
    }
  }
}
