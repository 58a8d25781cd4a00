package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * A number that is made on the device. One that comes from the host, as DJL's operations on numbers
 * have it, makes the host wait for the device; and by such a one a GPU divides inexactly.
 */
public final class Scalar {
  private Scalar() {}

  /**
   * A number of an array's type, on its device and owned by its manager.
   *
   * @param value exact in float32
   */
  public static NDArray of(NDArray array, float value) {
    return array.getManager().full(new Shape(), value, array.getDataType());
  }

  /**
   * An array with everything below a bound set to that, and everything above another to that. DJL's
   * {@code clip} copies both bounds to the device and reads them back.
   */
  static NDArray clip(NDArray array, float least, float greatest) {
    return array.maximum(of(array, least)).minimum(of(array, greatest));
  }
}
