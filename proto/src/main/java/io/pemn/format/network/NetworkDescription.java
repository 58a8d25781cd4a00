package io.pemn.format.network;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.ConvMixer;
import io.pemn.format.proto.Input;
import io.pemn.format.proto.Network;
import io.pemn.format.proto.ResNet;
import io.pemn.format.proto.VisionTransformer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an archive says of its network.
 *
 * @since 0.1
 */
public sealed interface NetworkDescription permits BuiltInDescription, TorchScriptDescription {
  /** {@return the shape of the images that the network takes, if it takes images} */
  Optional<ImageShape> image();

  /** {@return what the network takes, in order, without the dimension of the batch} */
  List<InputTensor> inputs();

  /** {@return the number of outputs of the classifier; 0 if it is none} */
  int classes();

  /** {@return this description as the archive stores it} */
  Network toProto();

  /**
   * The network that an archive describes.
   *
   * @param network as it stands in the metadata
   * @param input the images, if the metadata have any
   * @return the description
   * @throws PemnFormatException if its sizes are out of range, or this library does not know it
   */
  static NetworkDescription of(Network network, Optional<Input> input) throws PemnFormatException {
    try {
      Optional<ImageShape> image =
          input.map(i -> new ImageShape(i.getChannels(), i.getHeight(), i.getWidth()));
      if (network.hasTorchScript()) {
        List<InputTensor> inputs = new ArrayList<>();
        // Two bytes are a message: count before they become objects.
        TorchScriptDescription.checkInputs(network.getTorchScript().getInputsCount());
        for (io.pemn.format.proto.InputTensor tensor : network.getTorchScript().getInputsList()) {
          inputs.add(inputTensor(tensor));
        }
        return new TorchScriptDescription(inputs, image, network.getClasses());
      }
      if (image.isEmpty()) {
        throw new IllegalArgumentException("It takes images, but their shape is not given.");
      }
      Architecture architecture =
          switch (network.getArchitectureCase()) {
            case CONV_MIXER -> {
              ConvMixer a = network.getConvMixer();
              yield new ConvMixerArchitecture(
                  a.getDim(),
                  a.getDepth(),
                  a.getKernel(),
                  a.getPatch(),
                  activation(a.getActivationValue()),
                  norm(a.getPlainNorm()));
            }
            case MLP ->
                new MlpArchitecture(
                    network.getMlp().getHiddenList(),
                    activation(network.getMlp().getActivationValue()),
                    norm(network.getMlp().getPlainNorm()));
            case RES_NET -> {
              ResNet a = network.getResNet();
              yield new ResNetArchitecture(
                  a.getDepth(),
                  a.getWidth(),
                  activation(a.getActivationValue()),
                  norm(a.getPlainNorm()));
            }
            case VISION_TRANSFORMER -> {
              VisionTransformer a = network.getVisionTransformer();
              yield new VisionTransformerArchitecture(
                  a.getPatch(),
                  a.getDim(),
                  a.getDepth(),
                  a.getHeads(),
                  a.getMlpRatio(),
                  a.getClassToken(),
                  a.getPositions(),
                  activation(a.getActivationValue()),
                  norm(a.getPlainNorm()));
            }
            case TORCH_SCRIPT, ARCHITECTURE_NOT_SET ->
                throw new PemnFormatException.Unsupported(
                    Finding.of(
                        ArchiveSection.METADATA, "none that is known", "a known architecture"),
                    "The archive's network should be of {expected}, but this version of pemn finds"
                        + " {found}; use a newer one.");
          };
      return new BuiltInDescription(architecture, image.get(), network.getClasses());
    } catch (IllegalArgumentException e) {
      throw new PemnFormatException.Corrupt(
          Finding.of(ArchiveSection.METADATA, e.getMessage(), "sizes that a network can have"),
          "The archive's network should have {expected}: {found}",
          e);
    }
  }

  private static InputTensor inputTensor(io.pemn.format.proto.InputTensor tensor)
      throws PemnFormatException {
    InputTensor.checkDimensions(tensor.getShapeCount());
    List<Integer> shape = new ArrayList<>();
    for (long dimension : tensor.getShapeList()) {
      if (dimension < 1 || dimension > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "A dimension of its input is "
                + Long.toUnsignedString(dimension)
                + ", but it must be from 1 to 2147483647.");
      }
      shape.add((int) dimension);
    }
    NumberType type =
        NumberType.of(tensor.getType())
            .orElseThrow(
                () ->
                    new PemnFormatException.Unsupported(
                        Finding.of(
                            ArchiveSection.METADATA,
                            "number type " + tensor.getTypeValue(),
                            "0 to " + (NumberType.values().length - 1)),
                        "The archive's network takes numbers of {found}, but this version of pemn"
                            + " knows {expected}; use a newer one."));
    return new InputTensor(shape, type);
  }

  private static Norm norm(boolean plain) {
    return plain ? Norm.NOT_LEARN : Norm.LEARN;
  }

  private static Activation activation(int value) throws PemnFormatException {
    if (value < 0 || value >= Activation.values().length) {
      throw new PemnFormatException.Unsupported(
          Finding.of(
              ArchiveSection.METADATA,
              "activation " + value,
              "0 to " + (Activation.values().length - 1)),
          "The archive's network uses {found}, but this version of pemn knows {expected}; use a"
              + " newer one.");
    }
    return Activation.values()[value];
  }
}
