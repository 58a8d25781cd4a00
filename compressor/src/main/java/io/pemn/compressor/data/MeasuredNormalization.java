package io.pemn.compressor.data;

import io.pemn.format.Normalization;
import java.util.ArrayList;
import java.util.List;

/** The mean and the standard deviation of each channel of some images, to four digits. */
final class MeasuredNormalization {
  private MeasuredNormalization() {}

  /**
   * Measures images.
   *
   * @param pixels unsigned bytes in the layout NCHW
   * @param channels of an image
   * @param plane pixels of a channel
   */
  static Normalization of(byte[] pixels, int channels, int plane) {
    long[][] counts = new long[channels][Normalization.PIXEL_VALUES];
    int planes = pixels.length / plane;
    for (int index = 0; index < planes; index++) {
      long[] histogram = counts[index % channels];
      for (int i = index * plane; i < (index + 1) * plane; i++) {
        histogram[pixels[i] & 0xff]++;
      }
    }
    List<Float> means = new ArrayList<>();
    List<Float> deviations = new ArrayList<>();
    double total = (double) planes / channels * plane;
    for (long[] histogram : counts) {
      double sum = 0;
      double squares = 0;
      for (int pixel = 0; pixel < histogram.length; pixel++) {
        sum += (double) histogram[pixel] * pixel;
        squares += (double) histogram[pixel] * pixel * pixel;
      }
      double mean = sum / total;
      double variance = Math.max(0, squares / total - mean * mean);
      float deviation = fourDigits(Math.sqrt(variance) / 255);
      means.add(fourDigits(mean / 255));
      // Images of one colour have none; any will do.
      deviations.add(deviation == 0 ? 1 : deviation);
    }
    return new Normalization(means, deviations);
  }

  private static float fourDigits(double value) {
    return Math.round(value * 1e4) / 1e4f;
  }
}
