package io.pemn.format.network;

import io.pemn.format.proto.Network;
import io.pemn.format.proto.TorchScript;
import java.util.List;
import java.util.Optional;

/**
 * A TorchScript module: what it takes and gives. What it computes, and its parameters, are in the
 * module itself.
 *
 * @param inputs the arguments of its forward, at least one, at most 64
 * @param image shape of the images that its only input is, if it takes images
 * @param classes number of outputs of a classifier, up to 1048576; 0 if it is none
 * @since 0.1
 */
public record TorchScriptDescription(
    List<InputTensor> inputs, Optional<ImageShape> image, int classes)
    implements NetworkDescription {
  /**
   * Copies the list and checks that the parts fit together.
   *
   * @param inputs the arguments of its forward
   * @param image shape of the images that its only input is
   * @param classes number of outputs of a classifier
   * @throws IllegalArgumentException in one sentence, if they do not
   */
  public TorchScriptDescription {
    inputs = List.copyOf(inputs);
    checkInputs(inputs.size());
    Sizes.check("the number of classes", classes, 0, 1 << 20);
    if (image.isPresent()) {
      ImageShape shape = image.get();
      if (inputs.size() != 1
          || !inputs
              .get(0)
              .shape()
              .equals(List.of(shape.channels(), shape.height(), shape.width()))) {
        throw new IllegalArgumentException(
            "Images of " + shape + " are no input of shape " + inputs.get(0).shape() + ".");
      }
      if (!inputs.get(0).type().isFloat()) {
        throw new IllegalArgumentException(
            "Normalised pixels are fractions, but the input has numbers of type "
                + inputs.get(0).type()
                + "; it must be of a floating-point type to take images.");
      }
    }
  }

  static void checkInputs(int inputs) {
    Sizes.check("the number of inputs", inputs, 1, 64);
  }

  @Override
  public Network toProto() {
    TorchScript.Builder module = TorchScript.newBuilder();
    for (InputTensor input : inputs) {
      module.addInputs(
          io.pemn.format.proto.InputTensor.newBuilder()
              .addAllShape(input.shape().stream().map(Integer::longValue).toList())
              .setType(input.type().toProto()));
    }
    return Network.newBuilder().setClasses(classes).setTorchScript(module).build();
  }
}
