package io.pemn.compressor.augment;

import io.pemn.compressor.data.Augmentation;

/** How training images are changed, as an option that can be written down and read again. */
public sealed interface AugmentationChoice
    permits AugmentationChoice.OfBytes, AugmentationPipeline {
  /** What the thread that prepares the batches does to the bytes of an image. */
  enum OfBytes implements AugmentationChoice {
    /** Nothing: images are the same every time they come. */
    NONE("none", Augmentation.NONE),

    /** A shift by up to 2 pixels in each direction, and a flip with probability 1/2. */
    SHIFT_AND_FLIP("shift-and-flip", Augmentation.shiftAndFlip(2));

    private final String text;
    private final Augmentation augmentation;

    OfBytes(String text, Augmentation augmentation) {
      this.text = text;
      this.augmentation = augmentation;
    }

    /** What is done to each image. */
    public Augmentation augmentation() {
      return augmentation;
    }

    /** The name that {@link #parse} reads. */
    @Override
    public String toString() {
      return text;
    }
  }

  /** Whether images can differ from one epoch to the next. */
  default boolean changesImages() {
    return this != OfBytes.NONE;
  }

  /**
   * Reads what {@code toString} of a choice gives: {@code none}, {@code shift-and-flip} or the
   * steps of a pipeline, such as {@code flip+rand-augment:2:12}.
   *
   * @throws IllegalArgumentException in one sentence, if the text is anything else
   */
  static AugmentationChoice parse(String text) {
    for (OfBytes choice : OfBytes.values()) {
      if (choice.text.equals(text)) {
        return choice;
      }
    }
    return AugmentationPipeline.parse(text);
  }
}
