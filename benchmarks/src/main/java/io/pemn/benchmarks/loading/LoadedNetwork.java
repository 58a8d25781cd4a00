package io.pemn.benchmarks.loading;

import io.pemn.format.network.Activation;
import io.pemn.format.network.Architecture;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.Norm;
import io.pemn.format.network.VisionTransformerArchitecture;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The networks whose loading is measured: built-in ones and TorchScript modules. */
enum LoadedNetwork {
  /** The paper's ConvMixer 6/256. */
  CONVMIXER(
      "convmixer-6-256",
      new ConvMixerArchitecture(256, 6, 5, 2, Activation.GELU),
      new ImageShape(3, 32, 32),
      10),
  /** ShuffleNet V2 x0.5 for ten classes, by torchvision. */
  SHUFFLENET("shufflenet-v2-x0.5", null, new ImageShape(3, 224, 224), 10),
  /** ViT-Ti/16. */
  VIT_TINY("vit-tiny", vit(192, 12, 3), new ImageShape(3, 224, 224), 1000),
  /** MobileNet V3 large, by torchvision. */
  MOBILENET("mobilenet-v3-large", null, new ImageShape(3, 224, 224), 1000),
  /** ViT-S/16 with two blocks more, for 25 million parameters. */
  VIT_25M("vit-25m", vit(384, 14, 6), new ImageShape(3, 224, 224), 1000),
  /** ResNet-50, by torchvision. */
  RESNET_50("resnet-50", null, new ImageShape(3, 224, 224), 1000);

  private final String label;
  private final ImageShape image;
  private final int classes;
  private final Optional<BuiltInDescription> builtIn;

  LoadedNetwork(String label, Architecture architecture, ImageShape image, int classes) {
    this.label = label;
    this.image = image;
    this.classes = classes;
    this.builtIn =
        Optional.ofNullable(architecture)
            .map(family -> new BuiltInDescription(family, image, classes));
  }

  private static Architecture vit(int dim, int depth, int heads) {
    return new VisionTransformerArchitecture(
        16, dim, depth, heads, 4, true, true, Activation.GELU, Norm.LEARN);
  }

  /** The network of a name. */
  static LoadedNetwork of(String label) {
    return Arrays.stream(values())
        .filter(network -> network.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no network \""
                        + label
                        + "\" to load; use one of "
                        + all().stream().map(n -> n.label).collect(Collectors.joining(", "))
                        + "."));
  }

  /** All, from the smallest to the largest. */
  static List<LoadedNetwork> all() {
    return List.of(values());
  }

  /** The name of its files. */
  String label() {
    return label;
  }

  /** Shape of the images that it takes. */
  ImageShape image() {
    return image;
  }

  /** Number of its outputs. */
  int classes() {
    return classes;
  }

  /** What it is, if it is built in and no TorchScript module. */
  Optional<BuiltInDescription> builtIn() {
    return builtIn;
  }

  @Override
  public String toString() {
    return label;
  }
}
