package io.pemn.compressor.data;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * An immutable set of labelled images: pixels of one unsigned byte (0..255) in the layout NCHW
 * (image, channel, row, column), and a label 0..classes-1 for every image.
 */
public final class ImageSet {
  private final int channels;
  private final int height;
  private final int width;
  private final int classes;
  private final byte[] pixels;
  private final int[] labels;

  /**
   * Takes over the arrays, which nobody may write to afterwards.
   *
   * @throws IllegalArgumentException as {@link #copyOf} does
   */
  ImageSet(int channels, int height, int width, int classes, byte[] pixels, int[] labels) {
    if (channels < 1 || height < 1 || width < 1 || classes < 1 || labels.length < 1) {
      throw new IllegalArgumentException(
          "An image set was given "
              + labels.length
              + " images of "
              + channels
              + "x"
              + height
              + "x"
              + width
              + " in "
              + classes
              + " classes, but each of these must be at least 1; give at least one image.");
    }
    long expected;
    try {
      expected =
          Math.multiplyExact(
              Math.multiplyExact(Math.multiplyExact((long) labels.length, channels), height),
              width);
    } catch (ArithmeticException e) {
      expected = Long.MAX_VALUE;
    }
    if (pixels.length != expected) {
      throw new IllegalArgumentException(
          "An image set was given "
              + pixels.length
              + " pixels, but "
              + labels.length
              + " images of "
              + channels
              + "x"
              + height
              + "x"
              + width
              + " have "
              + expected
              + "; give every pixel and a label for every image.");
    }
    for (int image = 0; image < labels.length; image++) {
      if (labels[image] < 0 || labels[image] >= classes) {
        throw new IllegalArgumentException(
            "Image "
                + image
                + " has the label "
                + labels[image]
                + ", but labels must be 0.."
                + (classes - 1)
                + "; correct the label or the number of classes.");
      }
    }
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.classes = classes;
    this.pixels = pixels;
    this.labels = labels;
  }

  /**
   * Returns a set of its own copy of these images.
   *
   * @param channels channels an image, at least 1
   * @param height rows, at least 1
   * @param width columns, at least 1
   * @param classes how many classes there are, at least 1
   * @param pixels unsigned bytes in the layout NCHW
   * @param labels the class of each image, 0..classes-1; at least one
   * @throws IllegalArgumentException if a number is out of range, or the lengths do not fit
   */
  public static ImageSet copyOf(
      int channels, int height, int width, int classes, byte[] pixels, int[] labels) {
    return new ImageSet(channels, height, width, classes, pixels.clone(), labels.clone());
  }

  /** Returns how many images there are, at least 1. */
  public int size() {
    return labels.length;
  }

  /** Returns how many channels an image has, at least 1. */
  public int channels() {
    return channels;
  }

  /** Returns how many rows an image has, at least 1. */
  public int height() {
    return height;
  }

  /** Returns how many columns an image has, at least 1. */
  public int width() {
    return width;
  }

  /** Returns how many classes there are, at least 1. */
  public int classes() {
    return classes;
  }

  /** Returns channels x height x width. */
  public int pixelsPerImage() {
    return channels * height * width;
  }

  /**
   * Returns the class of an image, 0..classes-1.
   *
   * @throws IndexOutOfBoundsException if there is no such image
   */
  public int label(int image) {
    return labels[Objects.checkIndex(image, labels.length)];
  }

  /**
   * Returns a pixel, 0..255.
   *
   * @throws IndexOutOfBoundsException if there is no such pixel
   */
  public int pixel(int image, int channel, int row, int column) {
    int plane =
        Objects.checkIndex(image, labels.length) * channels + Objects.checkIndex(channel, channels);
    int line = plane * height + Objects.checkIndex(row, height);
    return pixels[line * width + Objects.checkIndex(column, width)] & 0xff;
  }

  /**
   * Returns the pixels of an image, unsigned bytes in the layout CHW, as a read-only view.
   *
   * @throws IndexOutOfBoundsException if there is no such image
   */
  public ByteBuffer pixels(int image) {
    Objects.checkIndex(image, labels.length);
    return ByteBuffer.wrap(pixels, image * pixelsPerImage(), pixelsPerImage())
        .slice()
        .asReadOnlyBuffer();
  }

  /** Returns how many images each class has, indexed by the label. */
  public int[] imagesPerClass() {
    int[] counts = new int[classes];
    for (int label : labels) {
      counts[label]++;
    }
    return counts;
  }

  /**
   * Returns {@code count} of these images, in their order here, such that the counts of two classes
   * differ by at most one. Which images these are depends on this set, the count and the seed only.
   *
   * @param count how many images, at least 1
   * @param seed decides which images of a class are taken, and, where the classes do not divide the
   *     count, which classes give one more
   * @throws IllegalArgumentException if a class has too few images
   */
  public ImageSet balancedSubset(int count, long seed) {
    if (count < 1) {
      throw new IllegalArgumentException(
          "A subset of "
              + count
              + " images was asked for, but it must have at least 1; ask for 1.."
              + size()
              + ".");
    }
    int[] available = imagesPerClass();
    int[] wanted = new int[classes];
    Arrays.fill(wanted, count / classes);
    SeededRandom random = SeededRandom.of(SeededRandom.Purpose.SUBSET, seed);
    int extra = count % classes;
    for (int label : random.permutation(classes)) {
      if (extra > 0 && available[label] > wanted[label]) {
        wanted[label]++;
        extra--;
      }
    }
    for (int label = 0; label < classes; label++) {
      if (extra > 0 || available[label] < wanted[label]) {
        throw new IllegalArgumentException(
            "A balanced subset of "
                + count
                + " images was asked for, but the "
                + classes
                + " classes have "
                + Arrays.toString(available)
                + " images; ask for at most "
                + largestBalancedCount(available)
                + ".");
      }
    }
    int[] chosen = new int[count];
    int taken = 0;
    for (int image : random.permutation(size())) {
      if (wanted[labels[image]] > 0) {
        wanted[labels[image]]--;
        chosen[taken++] = image;
      }
    }
    Arrays.sort(chosen);
    int length = pixelsPerImage();
    byte[] chosenPixels = new byte[count * length];
    int[] chosenLabels = new int[count];
    for (int i = 0; i < count; i++) {
      System.arraycopy(pixels, chosen[i] * length, chosenPixels, i * length, length);
      chosenLabels[i] = labels[chosen[i]];
    }
    return new ImageSet(channels, height, width, classes, chosenPixels, chosenLabels);
  }

  /** Returns the shape in words, such as {@code 60000 images of 1x28x28 in 10 classes}. */
  /**
   * CRC-32C of all pixels and labels: tells whether two sets are the same, by accident at least.
   */
  public long checksum() {
    CRC32C crc = new CRC32C();
    crc.update(pixels);
    for (int label : labels) {
      crc.update(label);
    }
    return crc.getValue();
  }

  @Override
  public String toString() {
    return size()
        + " images of "
        + channels
        + "x"
        + height
        + "x"
        + width
        + " in "
        + classes
        + " classes";
  }

  /** Returns the pixels themselves, for readers in this package only. */
  byte[] pixelArray() {
    return pixels;
  }

  private static int largestBalancedCount(int[] available) {
    int least = Arrays.stream(available).min().orElse(0);
    int spare = (int) Arrays.stream(available).filter(count -> count > least).count();
    return least * available.length + spare;
  }
}
