package io.pemn.format.network;

import java.util.List;

/** A family of networks with its sizes filled in. */
public sealed interface Architecture
    permits ConvMixerArchitecture,
        MlpArchitecture,
        ResNetArchitecture,
        VisionTransformerArchitecture {
  /**
   * The parameters, in the network's order.
   *
   * @param input shape of the images
   * @param classes number of outputs
   * @throws IllegalArgumentException if the sizes do not fit the images
   */
  List<ParameterShape> parameters(ImageShape input, int classes);

  /** Family and sizes, such as {@code MLP of [300, 100], relu}. */
  String inWords();
}
