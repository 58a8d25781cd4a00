package io.pemn.format.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.ConvMixer;
import io.pemn.format.proto.Input;
import io.pemn.format.proto.Mlp;
import io.pemn.format.proto.Network;
import io.pemn.format.proto.ResNet;
import io.pemn.format.proto.TensorType;
import io.pemn.format.proto.TorchScript;
import io.pemn.format.proto.VisionTransformer;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NetworkDescriptionTest {
  private static final ImageShape FASHION = new ImageShape(1, 28, 28);

  static List<BuiltInDescription> networks() {
    return List.of(
        new BuiltInDescription(
            new ConvMixerArchitecture(64, 4, 5, 2, Activation.GELU), FASHION, 10),
        new BuiltInDescription(
            new ConvMixerArchitecture(1, 1, 1, 1, Activation.RELU), new ImageShape(3, 1, 9), 1),
        new BuiltInDescription(
            new MlpArchitecture(List.of(256, 1, 7), Activation.RELU), FASHION, 1 << 20),
        new BuiltInDescription(
            new MlpArchitecture(Collections.nCopies(64, 3), Activation.GELU), FASHION, 2),
        new BuiltInDescription(
            new ConvMixerArchitecture(8, 1, 3, 2, Activation.RELU, Norm.NOT_LEARN), FASHION, 3),
        new BuiltInDescription(
            new MlpArchitecture(List.of(4), Activation.GELU, Norm.NOT_LEARN), FASHION, 3),
        new BuiltInDescription(
            new ResNetArchitecture(1202, 1, Activation.GELU, Norm.LEARN), FASHION, 2),
        new BuiltInDescription(
            new ResNetArchitecture(8, 1 << 11, Activation.RELU, Norm.NOT_LEARN), FASHION, 2),
        new BuiltInDescription(
            new VisionTransformerArchitecture(
                7, 12, 3, 4, 5, true, false, Activation.GELU, Norm.LEARN),
            FASHION,
            6),
        new BuiltInDescription(
            new VisionTransformerArchitecture(
                28, 1, 1, 1, 1, false, true, Activation.RELU, Norm.NOT_LEARN),
            FASHION,
            1));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void isTheSameAfterAnArchive(BuiltInDescription network) throws PemnFormatException {
    assertEquals(network, NetworkDescription.of(network.toProto(), input(network.input())));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void everyParameterHasANameOfItsOwn(BuiltInDescription network) {
    List<String> names = network.parameters().stream().map(ParameterShape::name).toList();
    assertEquals(names.size(), new HashSet<>(names).size());
  }

  @Test
  void theSmallConvMixerHas23680MaskableWeights() {
    BuiltInDescription network = networks().get(0);
    // 64*1*2*2 + 4 * (64*5*5 + 64*64) + 10*64
    assertEquals(23_680, count(network, Role.WEIGHT));
    // 9 normalisations of 64 channels, two numbers each.
    assertEquals(1_152, count(network, Role.LEARNED));
    assertEquals(1_152, count(network, Role.STATISTIC));
  }

  @Test
  void theLargerConvMixerHas437248MaskableWeights() {
    BuiltInDescription network =
        new BuiltInDescription(
            new ConvMixerArchitecture(256, 6, 5, 2, Activation.GELU),
            new ImageShape(3, 32, 32),
            10);
    // 256*3*2*2 + 6 * (256*5*5 + 256*256) + 10*256
    assertEquals(437_248, count(network, Role.WEIGHT));
    assertEquals(2 * 13 * 256, count(network, Role.LEARNED));
    assertEquals(2 * 13 * 256, count(network, Role.STATISTIC));
  }

  /** He et al., table 6, has them in millions: 0.27, 0.46, 0.66, 0.85 and 1.7. */
  @ParameterizedTest
  @CsvSource({"20,269722", "32,464154", "44,658586", "56,853018", "110,1727962"})
  void resNetsHaveTheParametersOfTheLiterature(int depth, int parameters) {
    BuiltInDescription network =
        new BuiltInDescription(
            new ResNetArchitecture(depth, 16, Activation.RELU, Norm.LEARN),
            new ImageShape(3, 32, 32),
            10);
    assertEquals(parameters, count(network, Role.WEIGHT) + count(network, Role.LEARNED));
    assertEquals(depth, network.parameters().stream().filter(p -> p.role() == Role.WEIGHT).count());
  }

  /** Those of the usual implementations; Dosovitskiy et al., table 1, has 86 million for ViT-B. */
  @ParameterizedTest
  @CsvSource({"192,3,5717416", "384,6,22050664", "768,12,86567656"})
  void visionTransformersHaveTheParametersOfTheLiterature(int dim, int heads, int parameters) {
    BuiltInDescription network =
        new BuiltInDescription(
            new VisionTransformerArchitecture(
                16, dim, 12, heads, 4, true, true, Activation.GELU, Norm.LEARN),
            new ImageShape(3, 224, 224),
            1000);
    assertEquals(parameters, count(network, Role.WEIGHT) + count(network, Role.LEARNED));
    assertEquals(0, count(network, Role.STATISTIC));
  }

  @Test
  void plainNormalisationHasStatisticsAlone() {
    BuiltInDescription network =
        new BuiltInDescription(
            new ConvMixerArchitecture(64, 4, 5, 2, Activation.GELU, Norm.NOT_LEARN), FASHION, 10);
    assertEquals(23_680, count(network, Role.WEIGHT));
    assertEquals(0, count(network, Role.LEARNED));
    assertEquals(1_152, count(network, Role.STATISTIC));
  }

  @Test
  void theMlpHas334336MaskableWeights() {
    BuiltInDescription network =
        new BuiltInDescription(
            new MlpArchitecture(List.of(256, 256, 256), Activation.RELU), FASHION, 10);
    // 784*256 + 2 * 256*256 + 10*256
    assertEquals(334_336, count(network, Role.WEIGHT));
    // Three normalisations and the classifier's bias.
    assertEquals(2 * 3 * 256 + 10, count(network, Role.LEARNED));
    assertEquals(2 * 3 * 256, count(network, Role.STATISTIC));
  }

  @Test
  void activationsHaveTheNumbersOfTheSchema() {
    for (Activation activation : Activation.values()) {
      assertEquals(
          io.pemn.format.proto.Activation.valueOf(activation.name()).getNumber(),
          activation.ordinal());
    }
    // The generated enum has UNRECOGNIZED besides.
    assertEquals(Activation.values().length, io.pemn.format.proto.Activation.values().length - 1);
  }

  static List<Network> impossible() {
    return List.of(
        convMixer(0, 1, 1, 1, 10),
        convMixer(Integer.MIN_VALUE, 1, 1, 1, 10),
        convMixer((1 << 14) + 1, 1, 1, 1, 10),
        convMixer(8, 0, 1, 1, 10),
        convMixer(8, 1025, 1, 1, 10),
        convMixer(8, 1, 2, 1, 10),
        convMixer(8, 1, 65, 1, 10),
        convMixer(8, 1, 1, 0, 10),
        convMixer(8, 1, 1, 29, 10),
        convMixer(8, 1, 1, 1, 0),
        convMixer(8, 1, 1, 1, (1 << 20) + 1),
        convMixer(8, 1, 1, 1, -1),
        // 16384 * 2^20 weights in the classifier.
        convMixer(1 << 14, 1, 1, 1, 1 << 20),
        mlp(),
        mlp(0),
        mlp(-1),
        mlp(1 << 16, 1 << 16),
        mlp(new Integer[65]),
        resNet(2, 16),
        resNet(21, 16),
        resNet(1208, 16),
        resNet(20, 0),
        resNet(20, 1 << 12),
        resNet(20, (1 << 12) + 1),
        transformer(0, 8, 1, 2, 1),
        // 28 is no multiple of 5.
        transformer(5, 8, 1, 2, 1),
        transformer(4, 8, 0, 2, 1),
        transformer(4, 8, 1, 0, 1),
        transformer(4, 8, 1, 3, 1),
        transformer(4, 8, 1, 2, 0),
        transformer(4, 8, 1, 2, 65),
        transformer(4, (1 << 14) + 1, 1, 1, 1));
  }

  @ParameterizedTest
  @MethodSource("impossible")
  void impossibleSizesAreCorrupt(Network network) {
    assertThrows(
        PemnFormatException.Corrupt.class, () -> NetworkDescription.of(network, input(FASHION)));
  }

  @Test
  void impossibleImagesAreCorrupt() {
    for (Input input :
        List.of(
            Input.getDefaultInstance(),
            Input.newBuilder().setChannels(-1).setHeight(1).setWidth(1).build(),
            Input.newBuilder().setChannels(4097).setHeight(1).setWidth(1).build(),
            // 2^44 values, more than a layer can read.
            Input.newBuilder().setChannels(4096).setHeight(65536).setWidth(65536).build())) {
      assertThrows(
          PemnFormatException.Corrupt.class,
          () -> NetworkDescription.of(mlp(4), Optional.of(input)));
    }
  }

  @Test
  void unknownArchitecturesAndActivationsAreUnsupported() {
    for (Network network :
        List.of(
            Network.newBuilder().setClasses(10).build(),
            mlp(4).toBuilder().setMlp(Mlp.newBuilder().addHidden(4).setActivationValue(2)).build(),
            mlp(4).toBuilder()
                .setMlp(Mlp.newBuilder().addHidden(4).setActivationValue(-1))
                .build())) {
      assertThrows(
          PemnFormatException.Unsupported.class,
          () -> NetworkDescription.of(network, input(FASHION)));
    }
  }

  @Test
  void aBuiltInNetworkWithoutAnImageIsCorrupt() {
    assertThrows(
        PemnFormatException.Corrupt.class, () -> NetworkDescription.of(mlp(4), Optional.empty()));
  }

  static List<TorchScriptDescription> modules() {
    InputTensor pixels = new InputTensor(List.of(1, 28, 28), NumberType.FLOAT32);
    InputTensor tokens = new InputTensor(List.of(7), NumberType.INT64);
    InputTensor number = new InputTensor(List.of(), NumberType.FLOAT16);
    return List.of(
        new TorchScriptDescription(List.of(pixels), Optional.of(FASHION), 10),
        new TorchScriptDescription(List.of(pixels), Optional.empty(), 0),
        new TorchScriptDescription(List.of(tokens, number, pixels), Optional.empty(), 1 << 20),
        new TorchScriptDescription(Collections.nCopies(64, tokens), Optional.empty(), 3));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void aModuleIsTheSameAfterAnArchive(TorchScriptDescription module) throws PemnFormatException {
    Optional<Input> input = module.image().flatMap(NetworkDescriptionTest::input);
    assertEquals(module, NetworkDescription.of(module.toProto(), input));
  }

  static List<Network> impossibleModules() {
    return List.of(
        module(10),
        module(-1, input(TensorType.FLOAT32, 4)),
        module((1 << 20) + 1, input(TensorType.FLOAT32, 4)),
        module(10, Collections.nCopies(65, input(TensorType.INT64, 4))),
        module(10, input(TensorType.FLOAT32, 0)),
        module(10, input(TensorType.FLOAT32, -1)),
        module(10, input(TensorType.FLOAT32, 1L << 40)),
        module(10, input(TensorType.FLOAT32, 1L << 32 | 4)),
        module(10, input(TensorType.FLOAT32, 1 << 16, 1 << 16)),
        module(10, input(TensorType.FLOAT32, 1, 1, 1, 1, 1, 1, 1, 1, 1)));
  }

  @ParameterizedTest
  @MethodSource("impossibleModules")
  void impossibleInputsAreCorrupt(Network network) {
    assertThrows(
        PemnFormatException.Corrupt.class, () -> NetworkDescription.of(network, Optional.empty()));
  }

  @Test
  void imagesThatAreNotTheOnlyInputOrNoFractionsAreCorrupt() {
    io.pemn.format.proto.InputTensor pixels = input(TensorType.FLOAT32, 1, 28, 28);
    for (Network network :
        List.of(
            module(10, input(TensorType.FLOAT32, 28, 28)),
            module(10, input(TensorType.FLOAT32, 3, 28, 28)),
            module(10, input(TensorType.INT64, 1, 28, 28)),
            module(10, input(TensorType.BOOL, 1, 28, 28)),
            module(10, List.of(pixels, pixels)))) {
      assertThrows(
          PemnFormatException.Corrupt.class, () -> NetworkDescription.of(network, input(FASHION)));
    }
  }

  @Test
  void anUnknownTypeOfInputIsUnsupported() {
    Network network = module(10, input(TensorType.FLOAT32, 4).toBuilder().setTypeValue(10).build());
    assertThrows(
        PemnFormatException.Unsupported.class,
        () -> NetworkDescription.of(network, Optional.empty()));
  }

  private static Network module(int classes, io.pemn.format.proto.InputTensor... inputs) {
    return module(classes, List.of(inputs));
  }

  private static Network module(int classes, List<io.pemn.format.proto.InputTensor> inputs) {
    return Network.newBuilder()
        .setClasses(classes)
        .setTorchScript(TorchScript.newBuilder().addAllInputs(inputs))
        .build();
  }

  private static io.pemn.format.proto.InputTensor input(TensorType type, long... shape) {
    io.pemn.format.proto.InputTensor.Builder input =
        io.pemn.format.proto.InputTensor.newBuilder().setType(type);
    Arrays.stream(shape).forEach(input::addShape);
    return input.build();
  }

  private static Network convMixer(int dim, int depth, int kernel, int patch, int classes) {
    return Network.newBuilder()
        .setClasses(classes)
        .setConvMixer(
            ConvMixer.newBuilder().setDim(dim).setDepth(depth).setKernel(kernel).setPatch(patch))
        .build();
  }

  private static Network mlp(Integer... hidden) {
    Mlp.Builder mlp = Mlp.newBuilder();
    Arrays.stream(hidden).forEach(width -> mlp.addHidden(width == null ? 1 : width));
    return Network.newBuilder().setClasses(10).setMlp(mlp).build();
  }

  private static Network resNet(int depth, int width) {
    return Network.newBuilder()
        .setClasses(10)
        .setResNet(ResNet.newBuilder().setDepth(depth).setWidth(width))
        .build();
  }

  private static Network transformer(int patch, int dim, int depth, int heads, int mlpRatio) {
    return Network.newBuilder()
        .setClasses(10)
        .setVisionTransformer(
            VisionTransformer.newBuilder()
                .setPatch(patch)
                .setDim(dim)
                .setDepth(depth)
                .setHeads(heads)
                .setMlpRatio(mlpRatio))
        .build();
  }

  private static Optional<Input> input(ImageShape shape) {
    return Optional.of(
        Input.newBuilder()
            .setChannels(shape.channels())
            .setHeight(shape.height())
            .setWidth(shape.width())
            .build());
  }

  private static long count(BuiltInDescription network, Role role) {
    return network.parameters().stream()
        .filter(parameter -> parameter.role() == role)
        .mapToLong(ParameterShape::size)
        .sum();
  }
}
