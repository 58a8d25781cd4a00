package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Brightness, colour, contrast and sharpness: a factor of 0 gives a degenerate picture, 1 the
 * picture itself, and others what lies between the two or beyond, d + factor * (p - d) in float32,
 * cut to 0..255 and then to a whole number, as Pillow's {@code ImageEnhance} does.
 */
enum Blend {
  /** Black is degenerate. */
  BRIGHTNESS {
    @Override
    NDArray degenerate(NDArray images, NDArray luma) {
      return images.zerosLike();
    }
  },

  /** The grey picture is degenerate; one of a single channel is never changed. */
  COLOR {
    @Override
    NDArray degenerate(NDArray images, NDArray luma) {
      return grey(images, luma);
    }
  },

  /** The mean of the grey picture, rounded to a whole number, is degenerate. */
  CONTRAST {
    @Override
    NDArray degenerate(NDArray images, NDArray luma) {
      NDArray wide = grey(images, luma).toType(DataType.FLOAT64, false);
      long pixels = images.getShape().get(2) * images.getShape().get(3);
      // Not mean(), which on a GPU multiplies by the reciprocal.
      return wide.sum(new int[] {1, 2, 3}, true)
          .div(Scalar.of(wide, pixels))
          .add(Scalar.of(wide, 0.5f))
          .floor()
          .toType(DataType.FLOAT32, false);
    }
  },

  /**
   * The picture smoothed by (1 1 1; 1 5 1; 1 1 1) / 13 is degenerate, rounded, with its outermost
   * pixels as they are; a picture of less than 3 rows or columns is not changed.
   */
  SHARPNESS {
    @Override
    NDArray degenerate(NDArray images, NDArray luma) {
      long height = images.getShape().get(2);
      long width = images.getShape().get(3);
      if (height < 3 || width < 3) {
        return images;
      }
      NDArray middleRows = part(images, 2, 1, height - 1);
      NDArray inner = part(middleRows, 3, 1, width - 1);
      NDArray down = part(images, 2, 0, height - 2).add(middleRows).add(part(images, 2, 2, height));
      NDArray sum =
          part(down, 3, 0, width - 2)
              .add(part(down, 3, 1, width - 1))
              .add(part(down, 3, 2, width))
              .add(inner.mul(Scalar.of(inner, 4)));
      NDArray smooth = sum.div(Scalar.of(sum, 13)).add(Scalar.of(sum, 0.5f)).floor();
      NDArray rows =
          part(middleRows, 3, 0, 1)
              .concat(smooth, 3)
              .concat(part(middleRows, 3, width - 1, width), 3);
      return part(images, 2, 0, 1).concat(rows, 2).concat(part(images, 2, height - 1, height), 2);
    }
  };

  /** The weights of red, green and blue in ITU-R BT.601's luma, in 1/65536. */
  private static final float[] LUMA = {19595, 38470, 7471};

  /**
   * Blends every image of a batch.
   *
   * @param factors one an image, at least 0
   * @param numbers gets what the device needs for it
   */
  BatchChange by(float[] factors, Numbers numbers) {
    Numbers.Part all = numbers.floats(factors, new Shape(factors.length, 1, 1, 1));
    Numbers.Part luma = numbers.floats(LUMA, new Shape(1, LUMA.length, 1, 1));
    return images -> {
      NDManager owner = images.getManager();
      NDArray degenerate = degenerate(images, luma.array(owner));
      if (degenerate == images) {
        return images;
      }
      NDArray changed = degenerate.add(images.sub(degenerate).mul(all.array(owner)));
      return Scalar.clip(changed, 0, 255).floor();
    };
  }

  /**
   * The picture at a factor of 0, of a shape that is broadcast to the images', or the images.
   *
   * @param images whole numbers 0..255, float32 of shape (batch, channels, height, width)
   * @param luma {@link #LUMA} on their device
   */
  abstract NDArray degenerate(NDArray images, NDArray luma);

  /** The luma, rounded to whole numbers, of shape (batch, 1, height, width). */
  static NDArray grey(NDArray images, NDArray luma) {
    if (images.getShape().get(1) == 1) {
      return images;
    }
    // All terms and sums are below 2^24, so exact in float32.
    return images
        .mul(luma)
        .sum(new int[] {1}, true)
        .add(Scalar.of(images, 32768))
        .div(Scalar.of(images, 65536))
        .floor();
  }

  private static NDArray part(NDArray images, int axis, long from, long to) {
    NDIndex index = new NDIndex();
    for (int i = 0; i < axis; i++) {
      index.addAllDim();
    }
    return images.get(index.addSliceDim(from, to));
  }
}
