package io.pemn.compressor.training;

import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.network.NetworkChoice;
import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.TorchScriptDescription;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run trains and on what, as its checkpoints remember it.
 *
 * @param options {@link TrainingOptions#toMap()}
 * @param dataSet the data set's name
 * @param classLabels one name a class; empty where there are none
 * @param inputs what the network takes
 * @param images whether its input is images
 * @param classes number of outputs of a classifier, else 0
 * @param samples how many samples there are and what they sum up to, so that others are noticed
 * @param parameters of a TorchScript module, in its order; empty for a built-in network
 */
public record RunDescription(
    Map<String, String> options,
    String dataSet,
    List<String> classLabels,
    List<InputTensor> inputs,
    boolean images,
    int classes,
    String samples,
    List<ParameterShape> parameters) {

  /** Describes a training of a built-in network. */
  public static RunDescription of(TrainingOptions options, Dataset dataSet) {
    return new RunDescription(
        options.toMap(),
        dataSet.name(),
        dataSet.labels(),
        dataSet.train().inputs(),
        dataSet.image().isPresent(),
        dataSet.train().classes(),
        samples(dataSet),
        List.of());
  }

  /**
   * Describes a training of a TorchScript module.
   *
   * @param outputs how many numbers its first output has a sample
   */
  public static RunDescription of(
      TrainingOptions options, Dataset dataSet, ModuleSource module, int outputs) {
    NumberType floats = module.floatType();
    int classes = options.objective() == Objective.CLASSIFY ? outputs : 0;
    return new RunDescription(
        options.toMap(),
        dataSet.name(),
        dataSet.labels().size() == classes ? dataSet.labels() : List.of(),
        dataSet.train().inputs().stream()
            .map(input -> input.type().isFloat() ? new InputTensor(input.shape(), floats) : input)
            .toList(),
        dataSet.image().isPresent(),
        classes,
        samples(dataSet),
        module.parameters());
  }

  /** Describes a training of a TorchScript module on samples that nobody knows yet. */
  public static RunDescription withoutData(TrainingOptions options, ModuleSource module) {
    return new RunDescription(
        options.toMap(),
        "",
        List.of(),
        List.of(new InputTensor(List.of(1), module.floatType())),
        false,
        0,
        "",
        module.parameters());
  }

  private static String samples(Dataset dataSet) {
    String what = dataSet.image().isPresent() ? "images" : "samples";
    return String.format(
        "%d training %s %08x, %d test %s %08x",
        dataSet.train().size(),
        what,
        dataSet.train().checksum(),
        dataSet.test().size(),
        what,
        dataSet.test().checksum());
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
        || inputs == null
        || samples == null
        || parameters == null
        || parameters.contains(null)) {
      throw new IllegalArgumentException("A part of the run's description is missing.");
    }
    return this;
  }

  /** The same training with other options, on the same data. */
  public RunDescription withOptions(Map<String, String> others) {
    return new RunDescription(
        others, dataSet, classLabels, inputs, images, classes, samples, parameters);
  }

  /** The options, parsed. */
  public TrainingOptions trainingOptions() {
    return TrainingOptions.of(options);
  }

  /** Shape of the images, if the network takes images. */
  public Optional<ImageShape> image() {
    if (!images) {
      return Optional.empty();
    }
    List<Integer> shape = inputs.get(0).shape();
    return Optional.of(new ImageShape(shape.get(0), shape.get(1), shape.get(2)));
  }

  /** The network as an archive describes it. */
  public NetworkDescription network() {
    if (trainingOptions().network() instanceof NetworkChoice.BuiltIn builtIn) {
      return new BuiltInDescription(
          builtIn.architecture(),
          image()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "The built-in networks classify images, but "
                              + dataSet
                              + " has none; give a data set of images, or a TorchScript model.")),
          classes);
    }
    return new TorchScriptDescription(inputs, image(), classes);
  }

  /** The network's parameters, in its order. */
  public List<ParameterShape> networkParameters() {
    return network() instanceof BuiltInDescription builtIn ? builtIn.parameters() : parameters;
  }
}
