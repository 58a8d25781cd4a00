package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Changes that look at nothing but a pixel's value, and how often values occur in its channel.
 * Images are whole numbers 0..255, float32 of shape (batch, channels, height, width); every result
 * is what Pillow's {@code ImageOps} gives.
 */
final class ToneCurve {
  private static final int[] PIXELS = {1};
  private static final int VALUES = 256;

  /** Values are counted by their upper and lower 4 bits. */
  private static final int NIBBLE = 16;

  private ToneCurve() {}

  /** Keeps the highest bits of every pixel, 0 to 8 of them. */
  static NDArray posterize(NDArray images, int bits) {
    float step = 1 << (8 - bits);
    NDArray divisor = Scalar.of(images, step);
    return images.div(divisor).floor().mul(divisor);
  }

  /** Inverts the pixels that are the threshold or brighter. */
  static NDArray solarize(NDArray images, float threshold) {
    NDArray bright = images.gte(Scalar.of(images, threshold)).toType(DataType.FLOAT32, false);
    // p where it is dark, 255 - p = p + (255 - 2p) where it is bright.
    return images.add(images.mul(Scalar.of(images, -2)).add(Scalar.of(images, 255)).mul(bright));
  }

  /**
   * Stretches every channel so that its darkest pixel is 0 and its brightest 255, cut to whole
   * numbers; a channel of one value stays as it is.
   */
  static NDArray autoContrast(NDArray images) {
    NDArray wide = planes(images).toType(DataType.FLOAT64, false);
    NDArray darkest = wide.min(PIXELS, true);
    NDArray range = wide.max(PIXELS, true).sub(darkest);
    NDArray flat = range.eq(Scalar.of(range, 0)).toType(DataType.FLOAT64, false);
    NDArray scale = Scalar.of(range, 255).div(range.add(flat));
    NDArray stretched = Scalar.clip(wide.mul(scale).sub(darkest.mul(scale)).floor(), 0, 255);
    return stretched
        .mul(flat.neg().add(Scalar.of(flat, 1)))
        .add(wide.mul(flat))
        .toType(DataType.FLOAT32, false)
        .reshape(images.getShape());
  }

  /**
   * Makes the values of every channel about equally frequent: value v becomes (pixels below v +
   * step / 2) / step, where step is the 255th part of the pixels that are not the brightest, all in
   * whole numbers, and at most 255. A channel whose step is 0 stays as it is.
   */
  static NDArray equalize(NDArray images) {
    NDArray flat = planes(images);
    long pixels = flat.getShape().get(1);
    NDArray counts = counts(flat).toType(DataType.FLOAT64, false);
    NDArray brightest = flat.max(PIXELS, true);
    NDArray last = flat.eq(brightest).toType(DataType.FLOAT64, false).sum(PIXELS, true);
    NDArray step = last.neg().add(Scalar.of(last, pixels)).div(Scalar.of(last, 255)).floor();
    NDArray unchanged = step.eq(Scalar.of(step, 0)).toType(DataType.FLOAT64, false);
    NDArray divisor = step.add(unchanged);
    NDArray below = counts.cumSum(1).sub(counts);
    NDArray curve =
        Scalar.clip(below.add(step.div(Scalar.of(step, 2)).floor()).div(divisor).floor(), 0, 255)
            .toType(DataType.FLOAT32, false);
    NDArray equal = curve.gather(flat.toType(DataType.INT64, false), 1);
    NDArray kept = unchanged.toType(DataType.FLOAT32, false);
    return equal
        .mul(kept.neg().add(Scalar.of(kept, 1)))
        .add(flat.mul(kept))
        .reshape(images.getShape());
  }

  /** One row a channel of an image, of shape (batch x channels, pixels). */
  private static NDArray planes(NDArray images) {
    Shape shape = images.getShape();
    return images.reshape(shape.get(0) * shape.get(1), shape.get(2) * shape.get(3));
  }

  /**
   * How often each value occurs, of shape (planes, 256): the product of what a pixel's upper bits
   * are and what its lower bits are, which takes an eighth of the memory of comparing each pixel
   * with each value. Sums of ones are exact.
   */
  private static NDArray counts(NDArray flat) {
    NDManager owner = flat.getManager();
    NDArray sixteen = Scalar.of(flat, NIBBLE);
    NDArray upper = flat.div(sixteen).floor();
    NDArray lower = flat.sub(upper.mul(sixteen));
    NDArray digits = owner.arange(0, NIBBLE, 1, DataType.FLOAT32);
    NDArray isUpper =
        upper.expandDims(1).eq(digits.reshape(1, NIBBLE, 1)).toType(DataType.FLOAT32, false);
    NDArray isLower =
        lower.expandDims(2).eq(digits.reshape(1, 1, NIBBLE)).toType(DataType.FLOAT32, false);
    return isUpper.matMul(isLower).reshape(-1, VALUES);
  }
}
