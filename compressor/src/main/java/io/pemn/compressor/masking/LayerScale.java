package io.pemn.compressor.masking;

import io.pemn.format.network.ParameterShape;

/**
 * The scale of a layer: what brings its kept weights to Kaiming's standard deviation for its own
 * fan-in (He et al., "Delving deep into rectifiers", ICCV 2015), corrected for the weights that the
 * mask takes out. The authors' filling leaves it out, and a layer then inherits the spread of the
 * layer that the prototype was drawn for.
 */
public final class LayerScale {
  private LayerScale() {}

  /**
   * The scale for which the layer's weights have mean square 2 / (fan-in * density).
   *
   * @param shape the layer's shape: outputs first, so that the fan-in is the product of the others
   * @param density fraction of weights kept, greater than 0, at most 1
   * @param prototype the layer's unscaled prototype values
   */
  public static float of(ParameterShape shape, double density, StreamedValues prototype) {
    double[] squares = {0};
    prototype.forEachChunk(
        (chunk, count) -> {
          double sum = squares[0];
          for (int i = 0; i < count; i++) {
            sum += (double) chunk[i] * chunk[i];
          }
          squares[0] = sum;
        });
    double meanSquare = squares[0] / prototype.size();
    return (float) Math.sqrt(2 / (fanIn(shape) * density * meanSquare));
  }

  /** Number of inputs that one output of the layer sees. */
  public static int fanIn(ParameterShape shape) {
    return shape.size() / shape.shape().get(0);
  }
}
