package io.pemn.compressor.data;

import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * An immutable set of images: pixels of one unsigned byte (0..255) in the layout NCHW (image,
 * channel, row, column), and, if they are labelled, a label 0..classes-1 for every image.
 */
public final class ImageSet implements SampleSet {
  private static final int[] NO_LABELS = {};

  private final int size;
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
    this(labels.length, channels, height, width, classes, pixels, labels);
    if (classes < 1) {
      throw new IllegalArgumentException(
          "A set of labelled images was given "
              + classes
              + " classes, but must have at least 1; give the number of classes.");
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
  }

  private ImageSet(
      int size, int channels, int height, int width, int classes, byte[] pixels, int[] labels) {
    if (channels < 1 || height < 1 || width < 1 || size < 1) {
      throw new IllegalArgumentException(
          "An image set was given "
              + size
              + " images of "
              + channels
              + "x"
              + height
              + "x"
              + width
              + ", but each of these must be at least 1; give at least one image.");
    }
    long expected;
    try {
      expected =
          Math.multiplyExact(
              Math.multiplyExact(Math.multiplyExact((long) size, channels), height), width);
    } catch (ArithmeticException e) {
      expected = Long.MAX_VALUE;
    }
    if (pixels.length != expected) {
      throw new IllegalArgumentException(
          "An image set was given "
              + pixels.length
              + " pixels, but "
              + size
              + " images of "
              + channels
              + "x"
              + height
              + "x"
              + width
              + " have "
              + expected
              + "; give every pixel of every image, and a label for every image if any.");
    }
    this.size = size;
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

  /**
   * Returns a set of its own copy of images without labels.
   *
   * @param size how many images, at least 1
   * @param channels channels an image, at least 1
   * @param height rows, at least 1
   * @param width columns, at least 1
   * @param pixels unsigned bytes in the layout NCHW
   * @throws IllegalArgumentException if a number is out of range, or the lengths do not fit
   */
  public static ImageSet unlabelledCopyOf(
      int size, int channels, int height, int width, byte[] pixels) {
    return unlabelled(size, channels, height, width, pixels.clone());
  }

  /** Takes over the array, which nobody may write to afterwards. */
  static ImageSet unlabelled(int size, int channels, int height, int width, byte[] pixels) {
    return new ImageSet(size, channels, height, width, 0, pixels, NO_LABELS);
  }

  /** Returns how many images there are, at least 1. */
  @Override
  public int size() {
    return size;
  }

  /** Returns the one input of an image: float32 of channels, height and width. */
  @Override
  public List<InputTensor> inputs() {
    return List.of(new InputTensor(List.of(channels, height, width), NumberType.FLOAT32));
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

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public boolean labelled() {
    return classes > 0;
  }

  /** Returns nothing: images have labels or nothing. */
  @Override
  public Optional<InputTensor> target() {
    return Optional.empty();
  }

  /** Returns channels x height x width. */
  public int pixelsPerImage() {
    return channels * height * width;
  }

  @Override
  public int label(int image) {
    Objects.checkIndex(image, size);
    if (!labelled()) {
      throw new IllegalStateException("These images have no labels; ask labelled() first.");
    }
    return labels[image];
  }

  /**
   * Returns a pixel, 0..255.
   *
   * @throws IndexOutOfBoundsException if there is no such pixel
   */
  public int pixel(int image, int channel, int row, int column) {
    int plane = Objects.checkIndex(image, size) * channels + Objects.checkIndex(channel, channels);
    int line = plane * height + Objects.checkIndex(row, height);
    return pixels[line * width + Objects.checkIndex(column, width)] & 0xff;
  }

  /**
   * Returns the pixels of an image, unsigned bytes in the layout CHW, as a read-only view.
   *
   * @throws IndexOutOfBoundsException if there is no such image
   */
  public ByteBuffer pixels(int image) {
    Objects.checkIndex(image, size);
    return ByteBuffer.wrap(pixels, image * pixelsPerImage(), pixelsPerImage())
        .slice()
        .asReadOnlyBuffer();
  }

  /** Returns how many images each class has, indexed by the label; empty without labels. */
  public int[] imagesPerClass() {
    return Choice.perClass(labels, classes);
  }

  @Override
  public ImageSet subset(int count, long seed) {
    return select(
        labelled()
            ? Choice.balanced(labels, classes, count, seed, "images")
            : Choice.random(size, count, seed, "images"));
  }

  /**
   * Returns a copy of some of these images.
   *
   * @param chosen which, at least one, in the order of the new set
   */
  ImageSet select(int[] chosen) {
    int length = pixelsPerImage();
    byte[] chosenPixels = new byte[chosen.length * length];
    int[] chosenLabels = labelled() ? new int[chosen.length] : NO_LABELS;
    for (int i = 0; i < chosen.length; i++) {
      System.arraycopy(pixels, chosen[i] * length, chosenPixels, i * length, length);
      if (labelled()) {
        chosenLabels[i] = labels[chosen[i]];
      }
    }
    return new ImageSet(
        chosen.length, channels, height, width, classes, chosenPixels, chosenLabels);
  }

  @Override
  public long checksum() {
    CRC32C crc = new CRC32C();
    crc.update(pixels);
    for (int label : labels) {
      crc.update(label);
      if (classes > 256) {
        // One byte is enough for fewer, and checkpoints remember what it gave.
        crc.update(label >> 8);
        crc.update(label >> 16);
      }
    }
    return crc.getValue();
  }

  /**
   * Returns the shape in words, such as {@code 60000 images of 1x28x28 in 10 classes}, or without
   * the classes if there are no labels.
   */
  @Override
  public String toString() {
    return size()
        + " images of "
        + channels
        + "x"
        + height
        + "x"
        + width
        + (labelled() ? " in " + classes + " classes" : "");
  }

  /** Returns the pixels themselves, for readers in this package only. */
  byte[] pixelArray() {
    return pixels;
  }
}
