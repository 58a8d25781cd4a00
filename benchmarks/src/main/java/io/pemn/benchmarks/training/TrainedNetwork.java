package io.pemn.benchmarks.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The networks whose steps are timed, on grey images of 28x28 in ten classes. */
enum TrainedNetwork {
  /** What pemn trains where nothing is asked for. */
  CONVMIXER("convmixer-64", "convmixer", 128, "dim=64", "depth=4", "kernel=5", "patch=2"),
  /** The same of eight times the width. */
  CONVMIXER_1M("convmixer-512", "convmixer", 16, "dim=512", "depth=4", "kernel=5", "patch=2"),
  /** The same of twenty-five times the width. */
  CONVMIXER_10M("convmixer-1600", "convmixer", 16, "dim=1600", "depth=4", "kernel=5", "patch=4"),
  /** A perceptron with three hidden layers. */
  MLP("mlp-256-256-256", "mlp", 128, "hidden=256,256,256"),
  /** The residual network for small images. */
  RESNET_20("resnet-20", "resnet", 128, "depth=20", "dim=16"),
  /** A small vision transformer. */
  VIT("vit-128", "vit", 64, "dim=128", "depth=4", "patch=4", "heads=4", "mlp-ratio=2");

  private final String label;
  private final String family;
  private final int batchSize;
  private final List<String> sizes;

  TrainedNetwork(String label, String family, int batchSize, String... sizes) {
    this.label = label;
    this.family = family;
    this.batchSize = batchSize;
    this.sizes = List.of(sizes);
  }

  /** Images a step. */
  int batchSize() {
    return batchSize;
  }

  /** The name in tables. */
  String label() {
    return label;
  }

  /** Whether most of its work is convolutions, which care for the layout of arrays. */
  boolean hasConvolutions() {
    return family.equals("convmixer") || family.equals("resnet");
  }

  /** The network of a name. */
  static TrainedNetwork of(String label) {
    return Arrays.stream(values())
        .filter(network -> network.label.equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("There is no network " + label + "."));
  }

  /** The network as {@code pytorch_steps.py} is asked for it. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of(family));
    arguments.addAll(sizes);
    arguments.add("batch-size=" + batchSize);
    return arguments;
  }

  /** The network as an option of a training and those that belong to it. */
  Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("arch", family);
    options.put("activation", family.equals("resnet") ? "relu" : "gelu");
    if (family.equals("vit")) {
      options.put("class-token", "yes");
      options.put("positions", "yes");
    }
    for (String size : sizes) {
      String[] pair = size.split("=", 2);
      options.put(pair[0], pair[1]);
    }
    options.put("batch-size", Integer.toString(batchSize));
    return options;
  }
}
