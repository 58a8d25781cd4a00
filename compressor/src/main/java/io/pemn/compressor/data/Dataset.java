package io.pemn.compressor.data;

import io.pemn.format.Normalization;
import io.pemn.format.network.ImageShape;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Samples to train on and to test with.
 *
 * @param name what the data set is called in reports, such as {@code fashion-mnist}
 * @param train the samples to learn from
 * @param test the samples to measure on; of the same kind, inputs, classes and target as {@code
 *     train}
 * @param labels the name of each class, in the order of the labels 0..classes-1; empty if there are
 *     no classes or they have no names
 * @param normalization how pixels become input, unless the user says otherwise; without meaning if
 *     the samples are no images
 */
public record Dataset(
    String name,
    SampleSet train,
    SampleSet test,
    List<String> labels,
    Normalization normalization) {
  /**
   * Checks that the parts belong together.
   *
   * @throws IllegalArgumentException if train and test samples differ in kind, inputs, classes or
   *     target, or the labels or the normalization do not fit them
   */
  public Dataset {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(normalization, "normalization");
    labels = List.copyOf(labels);
    if (!train.getClass().equals(test.getClass())
        || !train.inputs().equals(test.inputs())
        || train.classes() != test.classes()
        || !train.target().equals(test.target())) {
      throw new IllegalArgumentException(
          "The training data of "
              + name
              + " is "
              + train
              + " and its test data "
              + test
              + ", but both must have the same shape, classes and targets; use files of one data"
              + " set.");
    }
    if (!labels.isEmpty() && labels.size() != train.classes()) {
      throw new IllegalArgumentException(
          "The data set "
              + name
              + " has "
              + labels.size()
              + " class names, but "
              + train.classes()
              + " classes; name every class once, or none.");
    }
    if (train instanceof ImageSet images) {
      normalization.requireChannels(images.channels());
    }
  }

  /**
   * Tells whether the labels can be those of a network with so many outputs. A data set that names
   * its classes must have as many; otherwise nobody knows how many there are beyond the greatest
   * label, and some outputs may be without samples.
   *
   * @param outputs how many classes the network tells apart
   */
  public boolean hasClassesOf(long outputs) {
    return labels.isEmpty() ? train.classes() <= outputs : train.classes() == outputs;
  }

  /** Returns the shape of the images, or nothing if the samples are no images. */
  public Optional<ImageShape> image() {
    return train instanceof ImageSet images
        ? Optional.of(new ImageShape(images.channels(), images.height(), images.width()))
        : Optional.empty();
  }
}
