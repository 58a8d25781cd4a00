package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Shears, moves and turns images: each pixel is the nearest one of where it comes from, and black
 * where it comes from outside.
 *
 * <p>Where a pixel comes from is computed as Pillow's affine transform does, in whole numbers of
 * 1/65536 pixel, so that every device gives the same picture.
 */
final class AffineSampling {
  private static final double ONE = 1 << 16;

  private AffineSampling() {}

  /**
   * Where pixels come from: the point (x, y), in columns and rows from the upper left corner, from
   * (xx * x + xy * y + x0, yx * x + yy * y + y0). The middle of the first pixel is (0.5, 0.5).
   */
  record Source(double xx, double xy, double x0, double yx, double yy, double y0) {
    /** The picture as it is. */
    static final Source SAME = new Source(1, 0, 0, 0, 1, 0);

    /**
     * Each row comes from so many columns further right as its distance from the top times this.
     */
    static Source shearedAcross(double factor) {
      return new Source(1, factor, 0, 0, 1, 0);
    }

    /**
     * Each column comes from so many rows further down as its distance from the left times this.
     */
    static Source shearedDown(double factor) {
      return new Source(1, 0, 0, factor, 1, 0);
    }

    /** The picture moves right and down; left and up if negative. */
    static Source moved(int right, int down) {
      return new Source(1, 0, -right, 0, 1, -down);
    }

    /** The picture turns about its middle, counter-clockwise. */
    static Source turned(double degrees, int height, int width) {
      double angle = -Math.toRadians(degrees);
      double cos = Math.cos(angle);
      double sin = Math.sin(angle);
      double x = width / 2.0;
      double y = height / 2.0;
      return new Source(cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y);
    }
  }

  /**
   * Samples every image of a batch.
   *
   * @param height of the images
   * @param width of the images
   * @param sources where the pixels of each image come from
   * @param numbers gets what the device needs for it
   */
  static BatchChange of(int height, int width, Source[] sources, Numbers numbers) {
    // A line an image: columns and rows that each x adds, then those that each y adds.
    int line = 2 * (width + height);
    double[] fixed = new double[sources.length * line];
    for (int i = 0; i < sources.length; i++) {
      Source source = sources[i];
      int at = i * line;
      fill(fixed, at, width, source.xx(), source.x0() + (source.xx() + source.xy()) * 0.5);
      fill(fixed, at + width, width, source.yx(), source.y0() + (source.yx() + source.yy()) * 0.5);
      fill(fixed, at + 2 * width, height, source.xy(), 0);
      fill(fixed, at + 2 * width + height, height, source.yy(), 0);
    }
    Numbers.Part lines = numbers.doubles(fixed, new Shape(sources.length, line));
    return images -> sampled(images, lines.array(images.getManager()));
  }

  private static NDArray sampled(NDArray images, NDArray all) {
    Shape shape = images.getShape();
    long count = shape.get(0);
    long channels = shape.get(1);
    int height = (int) shape.get(2);
    int width = (int) shape.get(3);
    int line = 2 * (width + height);
    Shape byX = new Shape(count, 1, width);
    Shape byY = new Shape(count, height, 1);
    NDArray column = pixel(part(all, 0, width, byX), part(all, 2 * width, 2 * width + height, byY));
    NDArray row = pixel(part(all, width, 2 * width, byX), part(all, 2 * width + height, line, byY));
    NDArray zero = Scalar.of(row, 0);
    NDArray inside =
        column
            .gte(zero)
            .logicalAnd(column.lt(Scalar.of(row, width)))
            .logicalAnd(row.gte(zero))
            .logicalAnd(row.lt(Scalar.of(row, height)));
    Shape flat = new Shape(count, channels, (long) height * width);
    NDArray index =
        Scalar.clip(row, 0, height - 1)
            .mul(Scalar.of(row, width))
            .add(Scalar.clip(column, 0, width - 1))
            .toType(DataType.INT64, false)
            .reshape(count, 1, (long) height * width)
            .broadcast(flat);
    return images
        .reshape(flat)
        .gather(index, 2)
        .mul(inside.toType(DataType.FLOAT32, false).reshape(count, 1, (long) height * width))
        .reshape(shape);
  }

  /** Sets fixed-point coordinates along a line: whole numbers, exact in float64. */
  private static void fill(double[] line, int from, int length, double step, double start) {
    double fixedStep = Math.floor(step * ONE + 0.5);
    double fixedStart = Math.floor(start * ONE + 0.5);
    for (int i = 0; i < length; i++) {
      line[from + i] = fixedStart + i * fixedStep;
    }
  }

  private static NDArray part(NDArray all, int from, int to, Shape shape) {
    return all.get(new NDIndex().addAllDim().addSliceDim(from, to)).reshape(shape);
  }

  private static NDArray pixel(NDArray byX, NDArray byY) {
    return byX.add(byY).div(Scalar.of(byX, (float) ONE)).floor();
  }
}
