package io.pemn.format.network;

import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.ConvMixer;
import io.pemn.format.proto.Input;
import io.pemn.format.proto.Mlp;
import io.pemn.format.proto.Network;
import java.util.List;

/**
 * Everything from which a built-in network is rebuilt, but its parameters.
 *
 * @param architecture the family and its sizes
 * @param input shape of the images
 * @param classes number of outputs, 1 to 1048576
 */
public record NetworkDescription(Architecture architecture, ImageShape input, int classes) {

  /**
   * Checks that the sizes fit together.
   *
   * @throws IllegalArgumentException in one sentence, if they do not
   */
  public NetworkDescription {
    Sizes.check("the number of classes", classes, 1, 1 << 20);
    try {
      architecture.parameters(input, classes).forEach(ParameterShape::size);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "A layer of this network would have more than 2147483647 weights.", e);
    }
  }

  /** The parameters, in the network's order. */
  public List<ParameterShape> parameters() {
    return architecture.parameters(input, classes);
  }

  /** The architecture as the archive stores it. */
  public Network toProto() {
    Network.Builder network = Network.newBuilder().setClasses(classes);
    if (architecture instanceof ConvMixerArchitecture a) {
      network.setConvMixer(
          ConvMixer.newBuilder()
              .setDim(a.dim())
              .setDepth(a.depth())
              .setKernel(a.kernel())
              .setPatch(a.patch())
              .setActivationValue(a.activation().ordinal()));
    } else if (architecture instanceof MlpArchitecture a) {
      network.setMlp(
          Mlp.newBuilder().addAllHidden(a.hidden()).setActivationValue(a.activation().ordinal()));
    }
    return network.build();
  }

  /**
   * The network that an archive describes.
   *
   * @throws PemnFormatException if its sizes are out of range, or this library does not know it
   */
  public static NetworkDescription of(Network network, Input input) throws PemnFormatException {
    try {
      Architecture architecture =
          switch (network.getArchitectureCase()) {
            case CONV_MIXER -> {
              ConvMixer a = network.getConvMixer();
              yield new ConvMixerArchitecture(
                  a.getDim(),
                  a.getDepth(),
                  a.getKernel(),
                  a.getPatch(),
                  activation(a.getActivationValue()));
            }
            case MLP ->
                new MlpArchitecture(
                    network.getMlp().getHiddenList(),
                    activation(network.getMlp().getActivationValue()));
            case TORCH_SCRIPT ->
                throw new PemnFormatException.Unsupported(
                    "The archive's network is a TorchScript module, which this version of pemn does"
                        + " not know; use a newer one.");
            case ARCHITECTURE_NOT_SET ->
                throw new PemnFormatException.Unsupported(
                    "The archive's network is of a kind that this version of pemn does not know;"
                        + " use a newer one.");
          };
      return new NetworkDescription(
          architecture,
          new ImageShape(input.getChannels(), input.getHeight(), input.getWidth()),
          network.getClasses());
    } catch (IllegalArgumentException e) {
      throw new PemnFormatException.Corrupt(
          "The archive describes an impossible network: " + e.getMessage(), e);
    }
  }

  private static Activation activation(int value) throws PemnFormatException {
    if (value < 0 || value >= Activation.values().length) {
      throw new PemnFormatException.Unsupported(
          "The archive's network uses activation "
              + value
              + ", which this version of pemn does not know; use a newer one.");
    }
    return Activation.values()[value];
  }
}
