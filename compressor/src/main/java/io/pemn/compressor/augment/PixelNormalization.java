package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.pemn.format.Normalization;
import java.util.List;

/**
 * Normalizes images on their device, (p / 255 - mean) / deviation, each step in float32: of a whole
 * number it gives the same float as the normalization's table.
 */
final class PixelNormalization {
  private final float[] means;
  private final float[] deviations;

  PixelNormalization(Normalization normalization) {
    this.means = floats(normalization.means());
    this.deviations = floats(normalization.deviations());
  }

  private static float[] floats(List<Float> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }

  /**
   * Normalizes a batch.
   *
   * @param images 0..255, float32 of shape (batch, channels, height, width)
   */
  NDArray apply(NDArray images) {
    NDManager owner = images.getManager();
    Shape shape = new Shape(1, means.length, 1, 1);
    return images
        .div(Scalar.of(images, 255))
        .sub(owner.create(means, shape))
        .div(owner.create(deviations, shape));
  }
}
