package io.pemn.packager;

import io.pemn.format.Distribution;
import io.pemn.format.Mask;
import io.pemn.format.Normalization;
import io.pemn.format.Prototype;
import io.pemn.format.network.Activation;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.Metrics;
import io.pemn.format.proto.Option;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.RemainderTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One small masked network for every feature of the format. What stands in it comes from {@link
 * Random}, whose values its specification fixes, so that it is the same everywhere.
 */
final class TinyNetworks {
  static final NetworkDescription CONV_MIXER =
      new BuiltInDescription(
          new ConvMixerArchitecture(8, 2, 3, 2, Activation.GELU), new ImageShape(3, 8, 8), 4);
  static final NetworkDescription MLP =
      new BuiltInDescription(
          new MlpArchitecture(List.of(9, 5), Activation.RELU), new ImageShape(1, 4, 5), 3);

  /** More positions than one Roaring container holds, and more kept than an array container. */
  private static final NetworkDescription WIDE =
      new BuiltInDescription(
          new MlpArchitecture(List.of(260), Activation.RELU), new ImageShape(1, 16, 16), 3);

  private static final List<String> LABELS =
      List.of("chat", "Käse", "日本", "\uD83D\uDC1F \"fish\"\n");

  private TinyNetworks() {}

  /** Name to network. */
  static Map<String, MaskedNetwork> all() {
    Map<String, MaskedNetwork> all = new LinkedHashMap<>();
    all.put("own-weights", convMixer(Distribution.NORMAL, total(CONV_MIXER), 0, false));
    all.put("one-layer", oneLayer());
    all.put("max-layer", shared(CONV_MIXER, Distribution.NORMAL, 96, 0, false, LABELS));
    all.put("random-vector-copy", shared(CONV_MIXER, Distribution.NORMAL, 5, 0, false, LABELS));
    all.put(
        "random-vector-shuffled", shared(CONV_MIXER, Distribution.NORMAL, 5, 96, false, LABELS));
    all.put(
        "signed-constant",
        shared(CONV_MIXER, Distribution.SIGNED_CONSTANT, 41, 0, false, List.of()));
    all.put("long-signed-constant", longPrototype(Distribution.SIGNED_CONSTANT));
    all.put("long-normal", longPrototype(Distribution.NORMAL));
    all.put("stored-values", shared(CONV_MIXER, Distribution.NORMAL, 41, 0, true, List.of()));
    all.put(
        "stored-values-shuffled",
        shared(CONV_MIXER, Distribution.SIGNED_CONSTANT, 7, 96, true, List.of()));
    all.put("dense", dense(CONV_MIXER));
    all.put("mlp", shared(MLP, Distribution.NORMAL, 41, 0, false, List.of("a", "b", "c")));
    all.put(
        "several-containers", shared(WIDE, Distribution.SIGNED_CONSTANT, 3, 0, false, List.of()));
    all.put("runs", everythingKept());
    return all;
  }

  /** Every position kept: the bitmap is one run. */
  private static MaskedNetwork everythingKept() {
    MaskedNetwork half = shared(CONV_MIXER, Distribution.NORMAL, 2, 0, false, List.of());
    List<MaskedLayer> layers = new ArrayList<>();
    for (MaskedLayer layer : half.layers()) {
      byte[] kept = new byte[layer.mask().size()];
      Arrays.fill(kept, (byte) 1);
      layers.add(
          new MaskedLayer(
              layer.name(), layer.shape(), layer.offset(), layer.scale(), Mask.ofBytes(kept)));
    }
    return new MaskedNetwork(
        half.network(),
        half.normalization(),
        half.classLabels(),
        half.prototype(),
        half.shuffledLength(),
        half.storeValues(),
        layers,
        half.remainder(),
        half.provenance());
  }

  private static MaskedNetwork convMixer(
      Distribution distribution, int length, int shuffled, boolean store) {
    Map<String, Long> offsets = new LinkedHashMap<>();
    long offset = 0;
    for (ParameterShape weight : weights(CONV_MIXER)) {
      offsets.put(weight.name(), offset);
      offset += weight.size();
    }
    Prototype prototype = new Prototype(20260101, distribution, length);
    return network(CONV_MIXER, prototype, shuffled, store, offsets, LABELS);
  }

  /** Layers of equal shape at equal offset. */
  private static MaskedNetwork oneLayer() {
    Map<List<Integer>, Long> stretches = new LinkedHashMap<>();
    Map<String, Long> offsets = new LinkedHashMap<>();
    long length = 0;
    for (ParameterShape weight : weights(CONV_MIXER)) {
      if (stretches.putIfAbsent(weight.shape(), length) == null) {
        length += weight.size();
      }
      offsets.put(weight.name(), stretches.get(weight.shape()));
    }
    Prototype prototype = new Prototype(-1, Distribution.NORMAL, (int) length);
    return network(CONV_MIXER, prototype, 0, false, offsets, List.of());
  }

  /** A prototype that is drawn, not spread, with offsets far beyond it. */
  private static MaskedNetwork longPrototype(Distribution distribution) {
    Map<String, Long> offsets = new LinkedHashMap<>();
    for (ParameterShape weight : weights(MLP)) {
      offsets.put(weight.name(), (1L << 40) + 1000 * offsets.size());
    }
    return network(MLP, new Prototype(3, distribution, 1025), 0, false, offsets, List.of());
  }

  private static MaskedNetwork shared(
      NetworkDescription network,
      Distribution distribution,
      int length,
      int shuffled,
      boolean store,
      List<String> labels) {
    Map<String, Long> offsets = new LinkedHashMap<>();
    weights(network).forEach(weight -> offsets.put(weight.name(), 0L));
    int largest = weights(network).stream().mapToInt(ParameterShape::size).max().orElseThrow();
    if (shuffled != 0 && shuffled != largest) {
      throw new IllegalArgumentException("The largest layer has " + largest + " weights.");
    }
    return network(
        network, new Prototype(7, distribution, length), shuffled, store, offsets, labels);
  }

  private static MaskedNetwork dense(NetworkDescription network) {
    return network(
        network, new Prototype(0, Distribution.NORMAL, 1), 0, false, Map.of(), List.of());
  }

  private static MaskedNetwork network(
      NetworkDescription network,
      Prototype prototype,
      int shuffled,
      boolean store,
      Map<String, Long> offsets,
      List<String> labels) {
    Random random = new Random(prototype.length());
    List<MaskedLayer> layers = new ArrayList<>();
    List<RemainderTensor> remainder = new ArrayList<>();
    for (ParameterShape parameter : network.parameters()) {
      Long offset = offsets.get(parameter.name());
      if (offset == null) {
        float[] values = new float[parameter.size()];
        for (int i = 0; i < values.length; i++) {
          values[i] = random.nextFloat();
        }
        remainder.add(new RemainderTensor(parameter.name(), parameter.shape(), values));
      } else {
        byte[] kept = new byte[parameter.size()];
        for (int i = 0; i < kept.length; i++) {
          kept[i] = (byte) (random.nextInt(10) < 3 ? 1 : 0);
        }
        float scale = 0.1f + layers.size();
        layers.add(
            new MaskedLayer(
                parameter.name(), parameter.shape(), offset, scale, Mask.ofBytes(kept)));
      }
    }
    Provenance provenance =
        Provenance.newBuilder()
            .setTool("pemn test")
            .setDataSet("none")
            .addOptions(Option.newBuilder().setName("seed").setValue("7"))
            .setMetrics(Metrics.newBuilder().setEpochs(1).setTestImages(9).setAccuracy(1 / 3.0))
            .build();
    return new MaskedNetwork(
        network,
        network.input().channels() == 3
            ? new Normalization(List.of(0.5f, 0.25f, 0.125f), List.of(1f, 2f, 0.5f))
            : new Normalization(List.of(0.286f), List.of(0.353f)),
        labels,
        prototype,
        shuffled,
        store,
        layers,
        remainder,
        provenance);
  }

  private static List<ParameterShape> weights(NetworkDescription network) {
    return network.parameters().stream().filter(p -> p.role() == Role.WEIGHT).toList();
  }

  private static int total(NetworkDescription network) {
    return weights(network).stream().mapToInt(ParameterShape::size).sum();
  }
}
