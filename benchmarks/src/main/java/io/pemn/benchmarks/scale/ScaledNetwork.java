package io.pemn.benchmarks.scale;

import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.util.List;

/** ConvMixers of four blocks that differ in their width alone. */
enum ScaledNetwork {
  /** So small that what a process takes for it is what it takes for any network. */
  BASE("base", 16),
  HUNDRED_THOUSAND("0.1M", 144),
  ONE_MILLION("1M", 480),
  TEN_MILLION("10M", 1568),
  FIFTY_MILLION("50M", 3520);

  static final int DEPTH = 4;
  static final int KERNEL = 5;
  static final int PATCH = 4;

  /** Side of the images, of one channel. */
  static final int IMAGE = 16;

  static final int CLASSES = 10;

  private final String label;
  private final int dim;

  ScaledNetwork(String label, int dim) {
    this.label = label;
    this.dim = dim;
  }

  String label() {
    return label;
  }

  int dim() {
    return dim;
  }

  /** How many weights have masks. */
  long weights() {
    return new BuiltInDescription(
            new ConvMixerArchitecture(dim, DEPTH, KERNEL, PATCH, Activation.GELU),
            new ImageShape(1, IMAGE, IMAGE),
            CLASSES)
        .parameters().stream()
            .filter(parameter -> parameter.role() == Role.WEIGHT)
            .mapToLong(ParameterShape::size)
            .sum();
  }

  /** The options of {@code pemn} that ask for it. */
  List<String> options() {
    return List.of(
        "--arch=convmixer",
        "--dim=" + dim,
        "--depth=" + DEPTH,
        "--kernel=" + KERNEL,
        "--patch=" + PATCH);
  }

  @Override
  public String toString() {
    return label;
  }
}
