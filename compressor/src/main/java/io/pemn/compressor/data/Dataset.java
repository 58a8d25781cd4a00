package io.pemn.compressor.data;

import io.pemn.format.Normalization;
import java.util.List;
import java.util.Objects;

/**
 * Labelled images to train on and to test with.
 *
 * @param name what the data set is called in reports, such as {@code fashion-mnist}
 * @param train the images to learn from
 * @param test the images to measure accuracy on; of the same shape and classes as {@code train}
 * @param labels the name of each class, in the order of the labels 0..classes-1
 * @param normalization how pixels become input, unless the user says otherwise
 */
public record Dataset(
    String name, ImageSet train, ImageSet test, List<String> labels, Normalization normalization) {
  /**
   * Checks that the parts belong together.
   *
   * @throws IllegalArgumentException if train and test images differ in shape or classes, or the
   *     labels or the normalization do not fit them
   */
  public Dataset {
    Objects.requireNonNull(name, "name");
    labels = List.copyOf(labels);
    if (train.channels() != test.channels()
        || train.height() != test.height()
        || train.width() != test.width()
        || train.classes() != test.classes()) {
      throw new IllegalArgumentException(
          "The training images of "
              + name
              + " are "
              + train
              + " and its test images "
              + test
              + ", but both must have the same shape and classes; use files of one data set.");
    }
    if (labels.size() != train.classes()) {
      throw new IllegalArgumentException(
          "The data set "
              + name
              + " has "
              + labels.size()
              + " class names, but "
              + train.classes()
              + " classes; name every class once.");
    }
    normalization.requireChannels(train.channels());
  }
}
