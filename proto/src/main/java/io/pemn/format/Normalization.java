package io.pemn.format;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How the pixels of an image become the input of a network: {@code (pixel / 255 - mean) /
 * deviation}, each step in float32, with a mean and a standard deviation for every channel.
 *
 * <p>One pair may stand for all channels. Means and deviations are those of pixels scaled to 0..1,
 * as most publications give them.
 *
 * @param means the mean of each channel, finite; one value stands for all channels
 * @param deviations the standard deviation of each channel, finite and greater than 0; as many
 *     values as {@code means}
 * @since 0.1
 */
public record Normalization(List<Float> means, List<Float> deviations) {
  /** How many values a pixel can take: 0..255. */
  public static final int PIXEL_VALUES = 256;

  private static final String SYNTAX =
      "MEAN,STD for all channels or M1,M2,M3/S1,S2,S3 with a value for each channel,"
          + " such as 0.2860,0.3530";

  /** A decimal number; narrower than {@link Float#parseFloat}, which takes "1d" and "NaN". */
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  /**
   * Checks and copies the lists.
   *
   * @param means the mean of each channel, or one for all
   * @param deviations the standard deviation of each channel, or one for all
   * @throws IllegalArgumentException if the lists are empty or of different lengths, or if a value
   *     is out of range or takes a pixel beyond the range of float32
   */
  public Normalization {
    means = List.copyOf(means);
    deviations = List.copyOf(deviations);
    if (means.isEmpty() || means.size() != deviations.size()) {
      throw new IllegalArgumentException(
          "A normalization has "
              + means.size()
              + " means and "
              + deviations.size()
              + " deviations, but needs one of each for every channel; give "
              + SYNTAX
              + ".");
    }
    for (int channel = 0; channel < means.size(); channel++) {
      float mean = means.get(channel);
      float deviation = deviations.get(channel);
      if (!Float.isFinite(mean)) {
        throw new IllegalArgumentException(
            "The mean of channel "
                + channel
                + " is "
                + mean
                + ", but must be a finite number in float32; give "
                + SYNTAX
                + ".");
      }
      if (!Float.isFinite(deviation) || deviation <= 0) {
        throw new IllegalArgumentException(
            "The deviation of channel "
                + channel
                + " is "
                + deviation
                + ", but must be a finite number greater than 0 in float32; give "
                + SYNTAX
                + ".");
      }
      if (!Float.isFinite(normalized(0, mean, deviation))
          || !Float.isFinite(normalized(PIXEL_VALUES - 1, mean, deviation))) {
        throw new IllegalArgumentException(
            "The mean "
                + mean
                + " and the deviation "
                + deviation
                + " of channel "
                + channel
                + " take a pixel beyond the range of float32, but network input must be finite;"
                + " give values of pixels scaled to 0..1.");
      }
    }
  }

  /**
   * Reads the syntax of the command line: {@code MEAN,STD}, one pair for all channels, or {@code
   * M1,M2,M3/S1,S2,S3}, the means of the channels, a slash and their deviations.
   *
   * @param text decimal numbers in this syntax
   * @return the normalization
   * @throws IllegalArgumentException if the text is anything else, or a value is out of range
   */
  public static Normalization parse(String text) {
    String[] halves = text.split("/", -1);
    if (halves.length == 2) {
      return new Normalization(numbers(halves[0], text), numbers(halves[1], text));
    }
    List<Float> pair = numbers(text, text);
    if (pair.size() != 2) {
      throw new IllegalArgumentException(
          "The normalization '"
              + text
              + "' has "
              + pair.size()
              + " number"
              + (pair.size() == 1 ? "" : "s")
              + " and no slash, but must have a mean and a deviation; give "
              + SYNTAX
              + ".");
    }
    return new Normalization(pair.subList(0, 1), pair.subList(1, 2));
  }

  /**
   * Checks that this normalization fits images of so many channels.
   *
   * @param channels number of channels of the images
   * @return this
   * @throws IllegalArgumentException if it has several pairs and their number is another
   */
  public Normalization requireChannels(int channels) {
    if (means.size() != 1 && means.size() != channels) {
      throw new IllegalArgumentException(
          "The normalization "
              + this
              + " is for "
              + means.size()
              + " channels, but the images have "
              + channels
              + "; give one pair for all channels or "
              + channels
              + " means and deviations.");
    }
    return this;
  }

  /**
   * What each pixel value of a channel becomes.
   *
   * @param channel the channel, from 0; any channel if one pair stands for all
   * @return {@value #PIXEL_VALUES} floats, indexed by the pixel, 0 to 255
   * @throws IllegalArgumentException if there is no such channel
   */
  public float[] tableFor(int channel) {
    if (channel < 0 || (means.size() != 1 && channel >= means.size())) {
      throw new IllegalArgumentException(
          "Channel "
              + channel
              + " was asked of the normalization "
              + this
              + ", which has "
              + means.size()
              + "; ask for a channel of the images it was checked against.");
    }
    int pair = means.size() == 1 ? 0 : channel;
    float[] table = new float[PIXEL_VALUES];
    for (int pixel = 0; pixel < PIXEL_VALUES; pixel++) {
      table[pixel] = normalized(pixel, means.get(pair), deviations.get(pair));
    }
    return table;
  }

  /**
   * Returns the values in the syntax that {@link #parse} reads; parsing it gives an equal value.
   */
  @Override
  public String toString() {
    return joined(means) + (means.size() == 1 ? "," : "/") + joined(deviations);
  }

  private static float normalized(int pixel, float mean, float deviation) {
    return (pixel / 255f - mean) / deviation;
  }

  private static List<Float> numbers(String list, String text) {
    List<Float> numbers = new ArrayList<>();
    for (String number : list.split(",", -1)) {
      String trimmed = number.trim();
      if (!NUMBER.matcher(trimmed).matches()) {
        throw new IllegalArgumentException(
            "The normalization '"
                + text
                + "' has '"
                + trimmed
                + "' where a decimal number must stand; give "
                + SYNTAX
                + ".");
      }
      numbers.add(Float.parseFloat(trimmed));
    }
    return numbers;
  }

  private static String joined(List<Float> values) {
    return values.stream().map(value -> Float.toString(value)).collect(Collectors.joining(","));
  }
}
