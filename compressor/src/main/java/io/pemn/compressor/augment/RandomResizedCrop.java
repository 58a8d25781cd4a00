package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.SeededRandom;

/**
 * Cuts a square of a random area at a random place and resizes it, bilinearly, to the image:
 * torchvision's {@code RandomResizedCrop} with {@code scale=(s, 1)} and {@code ratio=(1, 1)}. Of an
 * image that is no square, ten squares are tried that may be too large for it; then it is the
 * greatest one in the middle.
 *
 * <p>Resizing does what Pillow's does, bit for bit: along the rows, then along the columns, with
 * weights of 22 fractional bits, each time rounded to whole numbers, halves up.
 *
 * @param scale the least area over the image's, above 0 and at most 1; every area up to the image's
 *     is equally likely
 */
public record RandomResizedCrop(double scale) implements RandomChange {
  private static final int ATTEMPTS = 10;

  /** One in the fixed-point numbers of the weights. */
  private static final double WEIGHT_ONE = 1 << 22;

  /**
   * Checks the scale.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public RandomResizedCrop {
    if (!(scale > 0 && scale <= 1)) {
      throw new IllegalArgumentException(
          "The scale of a random crop must be above 0 and at most 1, not " + scale + ".");
    }
  }

  /**
   * A part of an image.
   *
   * @param top its first row
   * @param left its first column
   * @param height how many rows it has, at least 1
   * @param width how many columns it has, at least 1
   */
  record Window(int top, int left, int height, int width) {}

  /** Draws what is cut out of an image. */
  Window draw(SeededRandom random, int height, int width) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      double share = scale + (1 - scale) * random.uniform();
      int side = (int) Math.rint(Math.sqrt((double) height * width * share));
      if (side > 0 && side <= Math.min(height, width)) {
        int top = random.below(height - side + 1);
        return new Window(top, random.below(width - side + 1), side, side);
      }
    }
    int side = Math.min(height, width);
    return new Window((height - side) / 2, (width - side) / 2, side, side);
  }

  @Override
  public BatchChange draw(SeededRandom[] random, Shape images, Numbers numbers) {
    int height = (int) images.get(2);
    int width = (int) images.get(3);
    Window[] windows = new Window[random.length];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = draw(random[i], height, width);
    }
    return resized(height, width, windows, numbers);
  }

  /** Resizes a window of each image to the whole image. */
  static BatchChange resized(int height, int width, Window[] windows, Numbers numbers) {
    Taps across = new Taps(windows.length, width);
    Taps down = new Taps(windows.length, height);
    boolean whole = true;
    for (int i = 0; i < windows.length; i++) {
      Window window = windows[i];
      across.fill(i, window.left(), window.width());
      down.fill(i, window.top(), window.height());
      whole &= window.equals(new Window(0, 0, height, width));
    }
    if (whole) {
      return images -> images;
    }
    long count = windows.length;
    BatchChange rows = across.blend(new Shape(count, 1, 1, width), 3, numbers);
    BatchChange columns = down.blend(new Shape(count, 1, height, 1), 2, numbers);
    return images -> columns.apply(rows.apply(images));
  }

  /** The two pixels that each pixel of a line is blended of, for every image. */
  private static final class Taps {
    private final int length;
    private final int numbers;

    /** The first pixels of all images, then the second ones, the weights of both. */
    private final double[] taps;

    Taps(int images, int length) {
      this.length = length;
      numbers = images * length;
      taps = new double[4 * numbers];
    }

    /** Sets those of one image, of which {@code size} pixels from {@code start} on are resized. */
    void fill(int image, int start, int size) {
      double step = (double) size / length;
      for (int i = 0, at = image * length; i < length; i++, at++) {
        double center = (i + 0.5) * step;
        int lower = Math.max((int) (center - 0.5), 0);
        int upper = Math.min(lower + 1, size - 1);
        double weight = Math.max(0, 1 - Math.abs(lower + 0.5 - center));
        double other = upper == lower ? 0 : Math.max(0, 1 - Math.abs(upper + 0.5 - center));
        taps[at] = start + lower;
        taps[numbers + at] = start + upper;
        // What lies outside of the window has no share: the others have all.
        taps[2 * numbers + at] = Math.floor(weight / (weight + other) * WEIGHT_ONE + 0.5);
        taps[3 * numbers + at] = Math.floor(other / (weight + other) * WEIGHT_ONE + 0.5);
      }
    }

    /**
     * Blends along an axis.
     *
     * @param shape of the taps, that the images' shape is broadcast from
     */
    BatchChange blend(Shape shape, int axis, Numbers shared) {
      Numbers.Part all = shared.doubles(taps, new Shape(4, numbers));
      return images -> blended(images, all.array(images.getManager()), shape, axis);
    }

    private static NDArray blended(NDArray images, NDArray all, Shape shape, int axis) {
      // float64 has room for a pixel times a weight.
      NDArray sum =
          pixels(images, all.get(0).reshape(shape), axis)
              .mul(all.get(2).reshape(shape))
              .add(pixels(images, all.get(1).reshape(shape), axis).mul(all.get(3).reshape(shape)));
      return sum.div(Scalar.of(sum, (float) WEIGHT_ONE))
          .add(Scalar.of(sum, 0.5f))
          .floor()
          .toType(DataType.FLOAT32, false);
    }

    private static NDArray pixels(NDArray images, NDArray taken, int axis) {
      NDArray index = taken.toType(DataType.INT64, false).broadcast(images.getShape());
      return images.gather(index, axis).toType(DataType.FLOAT64, false);
    }
  }
}
