package io.pemn.format.network;

import io.pemn.format.NumberType;
import io.pemn.format.proto.ConvMixer;
import io.pemn.format.proto.Mlp;
import io.pemn.format.proto.Network;
import io.pemn.format.proto.ResNet;
import io.pemn.format.proto.VisionTransformer;
import java.util.List;
import java.util.Optional;

/**
 * Everything from which a built-in network is rebuilt, but its parameters.
 *
 * @param architecture the family and its sizes
 * @param input shape of the images
 * @param classes number of outputs, 1 to 1048576
 * @since 0.1
 */
public record BuiltInDescription(Architecture architecture, ImageShape input, int classes)
    implements NetworkDescription {

  /**
   * Checks that the sizes fit together.
   *
   * @param architecture the family and its sizes
   * @param input shape of the images
   * @param classes number of outputs, 1 to 1048576
   * @throws IllegalArgumentException in one sentence, if they do not
   */
  public BuiltInDescription {
    Sizes.check("the number of classes", classes, 1, 1 << 20);
    sample(input);
    try {
      architecture.parameters(input, classes).forEach(ParameterShape::size);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "A layer of this network would have more than 2147483647 weights.", e);
    }
  }

  @Override
  public Optional<ImageShape> image() {
    return Optional.of(input);
  }

  @Override
  public List<InputTensor> inputs() {
    return List.of(sample(input));
  }

  private static InputTensor sample(ImageShape input) {
    return new InputTensor(
        List.of(input.channels(), input.height(), input.width()), NumberType.FLOAT32);
  }

  /** {@return the parameters, in the network's order} */
  public List<ParameterShape> parameters() {
    return architecture.parameters(input, classes);
  }

  @Override
  public Network toProto() {
    Network.Builder network = Network.newBuilder().setClasses(classes);
    if (architecture instanceof ConvMixerArchitecture a) {
      network.setConvMixer(
          ConvMixer.newBuilder()
              .setDim(a.dim())
              .setDepth(a.depth())
              .setKernel(a.kernel())
              .setPatch(a.patch())
              .setActivationValue(a.activation().ordinal())
              .setPlainNorm(!a.norm().isLearned()));
    } else if (architecture instanceof MlpArchitecture a) {
      network.setMlp(
          Mlp.newBuilder()
              .addAllHidden(a.hidden())
              .setActivationValue(a.activation().ordinal())
              .setPlainNorm(!a.norm().isLearned()));
    } else if (architecture instanceof ResNetArchitecture a) {
      network.setResNet(
          ResNet.newBuilder()
              .setDepth(a.depth())
              .setWidth(a.width())
              .setActivationValue(a.activation().ordinal())
              .setPlainNorm(!a.norm().isLearned()));
    } else if (architecture instanceof VisionTransformerArchitecture a) {
      network.setVisionTransformer(
          VisionTransformer.newBuilder()
              .setPatch(a.patch())
              .setDim(a.dim())
              .setDepth(a.depth())
              .setHeads(a.heads())
              .setMlpRatio(a.mlpRatio())
              .setClassToken(a.classToken())
              .setPositions(a.positions())
              .setActivationValue(a.activation().ordinal())
              .setPlainNorm(!a.norm().isLearned()));
    }
    return network.build();
  }
}
