package io.pemn.compressor.training;

import io.pemn.compressor.data.Dataset;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.NetworkDescription;
import java.util.List;
import java.util.Map;

/**
 * What a run trains and on what, as its checkpoints remember it.
 *
 * @param options {@link TrainingOptions#toMap()}
 * @param dataSet the data set's name
 * @param classLabels one name a class
 * @param input shape of the images
 * @param images how many there are and what they sum up to, so that other images are noticed
 */
public record RunDescription(
    Map<String, String> options,
    String dataSet,
    List<String> classLabels,
    ImageShape input,
    String images) {

  /**
   * Describes a training of a data set.
   *
   * @throws IllegalArgumentException in one sentence, if the data are not labelled images
   */
  public static RunDescription of(TrainingOptions options, Dataset dataSet) {
    if (dataSet.image().isEmpty() || dataSet.labels().isEmpty()) {
      throw new IllegalArgumentException(
          "The data set "
              + dataSet.name()
              + " is "
              + dataSet.train()
              + ", but this network learns from images in named classes; give such a data set.");
    }
    return new RunDescription(
        options.toMap(),
        dataSet.name(),
        dataSet.labels(),
        dataSet.image().get(),
        String.format(
            "%d training images %08x, %d test images %08x",
            dataSet.train().size(),
            dataSet.train().checksum(),
            dataSet.test().size(),
            dataSet.test().checksum()));
  }

  /**
   * Returns this, once it is known to have all its parts: JSON may lack some.
   *
   * @throws IllegalArgumentException if one is missing
   */
  RunDescription complete() {
    if (options == null
        || dataSet == null
        || classLabels == null
        || input == null
        || images == null) {
      throw new IllegalArgumentException("A part of the run's description is missing.");
    }
    return this;
  }

  /** The options, parsed. */
  public TrainingOptions trainingOptions() {
    return TrainingOptions.of(options);
  }

  /** The network that the options describe for these images. */
  public NetworkDescription network() {
    return new BuiltInDescription(trainingOptions().architecture(), input, classLabels.size());
  }
}
