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
public final class PixelNormalization {
  private final float[] means;
  private final float[] deviations;

  /** Normalizes as given: one channel for all, or as many as the images have. */
  public PixelNormalization(Normalization normalization) {
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
   * Normalizes batches of images, 0..255.
   *
   * @param numbers gets what the device needs for it
   */
  BatchChange change(Numbers numbers) {
    Shape shape = new Shape(1, means.length, 1, 1);
    Numbers.Part mean = numbers.floats(means, shape);
    Numbers.Part deviation = numbers.floats(deviations, shape);
    return images -> {
      NDManager owner = images.getManager();
      return new OnDevice(mean.array(owner), deviation.array(owner)).apply(images);
    };
  }

  /**
   * Normalizes batch after batch without a copy to the device for each.
   *
   * @param manager on the device; owns the means and deviations there
   */
  public OnDevice on(NDManager manager) {
    Shape shape = new Shape(1, means.length, 1, 1);
    return new OnDevice(manager.create(means, shape), manager.create(deviations, shape));
  }

  /**
   * A normalization whose numbers are on the device.
   *
   * @param mean float32 of shape (1, channels, 1, 1)
   * @param deviation likewise
   */
  public record OnDevice(NDArray mean, NDArray deviation) {
    /**
     * Normalizes a batch.
     *
     * @param images 0..255, float32 of shape (batch, channels, height, width)
     * @return of the same shape, owned by the manager of the images
     */
    public NDArray apply(NDArray images) {
      return images.div(Scalar.of(images, 255)).sub(mean).div(deviation);
    }
  }
}
