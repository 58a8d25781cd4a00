package io.pemn.format.network;

import java.util.List;

/**
 * A family of networks with its sizes filled in.
 *
 * @since 0.1
 */
public sealed interface Architecture
    permits ConvMixerArchitecture,
        MlpArchitecture,
        ResNetArchitecture,
        VisionTransformerArchitecture {
  /**
   * The parameters, in the network's order.
   *
   * @param input shape of the images
   * @param classes number of outputs, 1 or more
   * @return names, shapes and roles
   * @throws IllegalArgumentException if the sizes do not fit the images
   * @throws ArithmeticException if an image has more than 2147483647 values
   */
  List<ParameterShape> parameters(ImageShape input, int classes);

  /** {@return family and sizes, such as {@code MLP of [300, 100], relu}} */
  String inWords();
}
