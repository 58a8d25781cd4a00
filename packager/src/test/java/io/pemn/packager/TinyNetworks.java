package io.pemn.packager;

import io.pemn.format.Distribution;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.Normalization;
import io.pemn.format.Prototype;
import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.network.ResNetArchitecture;
import io.pemn.format.network.VisionTransformerArchitecture;
import io.pemn.format.proto.MaskKind;
import io.pemn.format.proto.Metrics;
import io.pemn.format.proto.Option;
import io.pemn.format.proto.Provenance;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.remainder.RemainderCoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/**
 * One small masked network for every feature of the format. What stands in it comes from {@link
 * Random}, whose values its specification fixes, so that it is the same everywhere.
 */
final class TinyNetworks {
  static final BuiltInDescription CONV_MIXER =
      new BuiltInDescription(
          new ConvMixerArchitecture(8, 2, 3, 2, Activation.GELU), new ImageShape(3, 8, 8), 4);
  static final BuiltInDescription MLP =
      new BuiltInDescription(
          new MlpArchitecture(List.of(9, 5), Activation.RELU), new ImageShape(1, 4, 5), 3);

  static final BuiltInDescription RES_NET =
      new BuiltInDescription(
          new ResNetArchitecture(8, 2, Activation.RELU, Norm.LEARN), new ImageShape(3, 8, 8), 4);
  static final BuiltInDescription VISION_TRANSFORMER =
      new BuiltInDescription(
          new VisionTransformerArchitecture(4, 8, 2, 2, 2, true, true, Activation.GELU, Norm.LEARN),
          new ImageShape(3, 8, 8),
          4);

  /** Its normalisations have no parameters. */
  private static final BuiltInDescription PLAIN =
      new BuiltInDescription(
          new ConvMixerArchitecture(8, 2, 3, 2, Activation.RELU, Norm.NOT_LEARN),
          new ImageShape(3, 8, 8),
          4);

  private static final BuiltInDescription PLAIN_MLP =
      new BuiltInDescription(
          new MlpArchitecture(List.of(9, 5), Activation.GELU, Norm.NOT_LEARN),
          new ImageShape(1, 4, 5),
          3);

  private static final BuiltInDescription PLAIN_RES_NET =
      new BuiltInDescription(
          new ResNetArchitecture(8, 2, Activation.GELU, Norm.NOT_LEARN),
          new ImageShape(3, 8, 8),
          4);

  /** Has neither a token for the class nor positions, too. */
  private static final BuiltInDescription PLAIN_VISION_TRANSFORMER =
      new BuiltInDescription(
          new VisionTransformerArchitecture(
              4, 8, 2, 2, 2, false, false, Activation.RELU, Norm.NOT_LEARN),
          new ImageShape(3, 8, 8),
          4);

  /** More positions than one Roaring container holds, and more kept than an array container. */
  private static final BuiltInDescription WIDE =
      new BuiltInDescription(
          new MlpArchitecture(List.of(260), Activation.RELU), new ImageShape(1, 16, 16), 3);

  private static final BuiltInDescription LONG =
      new BuiltInDescription(
          new MlpArchitecture(List.of(90), Activation.RELU), new ImageShape(1, 7, 7), 3);

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
    all.put("sign", signs());
    all.put("ternary", ternary());
    all.put("mixed-masks", mixedMasks());
    all.put("module", TinyModules.everyType());
    all.put("module-float16", TinyModules.float16());
    all.put("res-net", shared(RES_NET, Distribution.NORMAL, 41, 0, false, LABELS));
    all.put(
        "vision-transformer",
        shared(VISION_TRANSFORMER, Distribution.SIGNED_CONSTANT, 41, 0, false, LABELS));
    all.put("plain-norm", shared(PLAIN, Distribution.NORMAL, 41, 0, false, LABELS));
    all.put("mixed-masks-bitmap", mixedMasks());
    all.put("mixed-masks-entropy", mixedMasks());
    all.put("rows-and-columns-entropy", rowsAndColumns());
    all.put("coded", coded(shared(MLP, Distribution.NORMAL, 41, 0, false, List.of())));
    all.put("dense-int8", int8(dense(CONV_MIXER)));
    all.put("partly-masked", partlyMasked());
    all.put("module-coded", TinyModules.coded());
    all.put("explicit", explicit(shared(CONV_MIXER, Distribution.NORMAL, 7, 0, false, List.of())));
    all.put("explicit-kept", explicit(convMixer(Distribution.NORMAL, total(CONV_MIXER), 0, false)));
    all.put("explicit-indexed", fewValues());
    all.put("explicit-wide-indexed", manyValues());
    all.put("module-inputs", TinyModules.everyInput());
    all.put("plain-norm-mlp", shared(PLAIN_MLP, Distribution.NORMAL, 41, 0, false, List.of()));
    all.put(
        "plain-norm-res-net",
        shared(PLAIN_RES_NET, Distribution.SIGNED_CONSTANT, 41, 0, false, List.of()));
    all.put(
        "plain-norm-vision-transformer",
        shared(PLAIN_VISION_TRANSFORMER, Distribution.NORMAL, 41, 0, false, List.of()));
    return all;
  }

  /**
   * Those whose golden archives have a version: of version 1 what it could express, of version 2
   * what came with it, and of every later version all that there was then.
   */
  static List<String> namesOfVersion(int version) {
    List<String> second = List.of("sign", "ternary", "mixed-masks", "module", "module-float16");
    List<String> third =
        List.of(
            "mixed-masks-bitmap",
            "mixed-masks-entropy",
            "rows-and-columns-entropy",
            "coded",
            "dense-int8",
            "partly-masked",
            "module-coded",
            "explicit",
            "module-inputs");
    List<String> fourth =
        List.of(
            "res-net",
            "vision-transformer",
            "plain-norm",
            "explicit-kept",
            "explicit-indexed",
            "explicit-wide-indexed",
            "plain-norm-mlp",
            "plain-norm-res-net",
            "plain-norm-vision-transformer");
    return switch (version) {
      case 1 ->
          all().keySet().stream()
              .filter(
                  name -> !second.contains(name) && !third.contains(name) && !fourth.contains(name))
              .toList();
      case 2 -> second;
      case 3 -> all().keySet().stream().filter(name -> !fourth.contains(name)).toList();
      default -> fourth;
    };
  }

  /** The same weights, of values that nothing regenerates. */
  private static MaskedNetwork explicit(MaskedNetwork network) {
    return withValues(network, network.prototype().values());
  }

  /** Six different values in no order, among them zeros of both signs. */
  private static MaskedNetwork fewValues() {
    float[] few = {0.5f, -0.0f, -0.37f, 1e-30f, 0, 2.25f};
    Random random = new Random(9);
    float[] values = new float[96];
    for (int i = 0; i < values.length; i++) {
      values[i] = few[random.nextInt(few.length)];
    }
    return withValues(shared(CONV_MIXER, Distribution.NORMAL, 96, 0, false, LABELS), values);
  }

  /** More different values than a byte can count. */
  private static MaskedNetwork manyValues() {
    Random random = new Random(10);
    float[] different = new float[280];
    for (int i = 0; i < different.length; i++) {
      different[i] = random.nextFloat() - 0.5f;
    }
    float[] values = new float[total(LONG)];
    for (int i = 0; i < values.length; i++) {
      values[i] = different[random.nextInt(different.length)];
    }
    Map<String, Long> offsets = new LinkedHashMap<>();
    long offset = 0;
    for (ParameterShape weight : weights(LONG)) {
      offsets.put(weight.name(), offset);
      offset += weight.size();
    }
    Prototype prototype = new Prototype(1, Distribution.NORMAL, values.length);
    return withValues(network(LONG, prototype, 0, false, offsets, List.of()), values);
  }

  private static MaskedNetwork withValues(MaskedNetwork network, float[] values) {
    return new MaskedNetwork(
        network.network(),
        network.normalization(),
        network.classLabels(),
        new PrototypeSource.Explicit(values),
        network.layers(),
        network.remainder(),
        network.module(),
        network.provenance());
  }

  /** Every type that floats are stored in, constants, and zeros of both signs. */
  private static MaskedNetwork coded(MaskedNetwork network) {
    List<RemainderTensor> remainder = new ArrayList<>();
    for (RemainderTensor tensor : network.remainder()) {
      FloatCoding coding = FloatCoding.values()[remainder.size() % FloatCoding.values().length];
      float[] values = tensor.values();
      for (int i = 0; i < values.length; i++) {
        if (tensor.name().endsWith(".running_mean")) {
          values[i] = -0.0f;
        } else if (tensor.name().endsWith(".running_var")) {
          values[i] = 1;
        } else if (i % 3 == 0) {
          values[i] = -100 * values[i];
        }
      }
      remainder.add(RemainderCoder.coded(tensor.name(), tensor.shape(), values, coding));
    }
    return withRemainder(network, remainder);
  }

  private static MaskedNetwork int8(MaskedNetwork network) {
    return withRemainder(
        network,
        network.remainder().stream()
            .map(
                tensor ->
                    RemainderCoder.coded(
                        tensor.name(), tensor.shape(), tensor.values(), FloatCoding.INT8))
            .toList());
  }

  /** One weight is not masked, so that the others need their names. */
  private static MaskedNetwork partlyMasked() {
    MaskedNetwork network = shared(MLP, Distribution.NORMAL, 41, 0, false, List.of());
    MaskedLayer last = network.layers().get(network.layers().size() - 1);
    List<RemainderTensor> remainder = new ArrayList<>(network.remainder());
    remainder.add(
        remainder.size() - 1,
        new RemainderTensor(last.name(), last.shape(), new float[last.mask().size()]));
    return withRemainder(
        withLayers(network, network.layers().subList(0, network.layers().size() - 1)), remainder);
  }

  /** The same network with another remainder. */
  static MaskedNetwork withRemainder(MaskedNetwork network, List<RemainderTensor> remainder) {
    return new MaskedNetwork(
        network.network(),
        network.normalization(),
        network.classLabels(),
        network.prototype(),
        network.layers(),
        remainder,
        network.module(),
        network.provenance());
  }

  /** Every position kept: the bitmap is one run. */
  private static MaskedNetwork everythingKept() {
    return withMasks(
        shared(CONV_MIXER, Distribution.NORMAL, 2, 0, false, List.of()),
        layer -> new LayerMask.Keep(Mask.all(layer.mask().size())));
  }

  private static MaskedNetwork signs() {
    return withMasks(
        shared(CONV_MIXER, Distribution.SIGNED_CONSTANT, 41, 0, false, LABELS),
        layer -> new LayerMask.Sign(layer.mask().kept()));
  }

  /** What half of the kept positions negate, at densities from nothing to everything. */
  private static MaskedNetwork ternary() {
    Random random = new Random(5);
    return withMasks(
        shared(CONV_MIXER, Distribution.NORMAL, 5, 96, true, List.of()),
        layer -> {
          Mask kept =
              switch (layer.name()) {
                case "blocks.0.depthwise.conv.weight" -> Mask.none(layer.mask().size());
                case "blocks.1.pointwise.conv.weight" -> Mask.all(layer.mask().size());
                default -> layer.mask().kept();
              };
          return new LayerMask.Ternary(kept, random(random, kept.kept(), 5).scatter(kept));
        });
  }

  /** Each kind before and after each other one. */
  private static MaskedNetwork mixedMasks() {
    List<MaskKind> kinds =
        List.of(
            MaskKind.TERNARY,
            MaskKind.KEEP,
            MaskKind.SIGN,
            MaskKind.TERNARY,
            MaskKind.SIGN,
            MaskKind.KEEP);
    Random random = new Random(6);
    int[] next = {0};
    return withMasks(
        shared(CONV_MIXER, Distribution.NORMAL, 41, 0, false, List.of()),
        layer -> mask(kinds.get(next[0]++), layer.mask().kept(), random));
  }

  /** Rows, columns and neighbours of different density. */
  private static MaskedNetwork rowsAndColumns() {
    Random random = new Random(8);
    return withMasks(
        shared(WIDE, Distribution.SIGNED_CONSTANT, 3, 0, false, List.of()),
        layer -> {
          int rowLength = layer.mask().size() / layer.shape().get(0);
          byte[] kept = new byte[layer.mask().size()];
          for (int i = 0; i < kept.length; i++) {
            int above = i % rowLength < 16 ? 0 : kept[i - 16];
            int ofHundred = 2 + 9 * (i / rowLength % 3) + i % 5 * above * 10;
            kept[i] = (byte) (random.nextInt(100) < ofHundred ? 1 : 0);
          }
          return new LayerMask.Keep(Mask.ofBytes(kept));
        });
  }

  /** A mask of a kind that keeps given weights, or all if it is one that keeps all. */
  static LayerMask mask(MaskKind kind, Mask kept, Random random) {
    return switch (kind) {
      case KEEP -> new LayerMask.Keep(kept);
      case SIGN -> new LayerMask.Sign(random(random, kept.size(), 5));
      case TERNARY -> new LayerMask.Ternary(kept, random(random, kept.kept(), 5).scatter(kept));
      case UNRECOGNIZED -> throw new IllegalArgumentException("There is no such mask.");
    };
  }

  /** A mask that keeps so many of ten positions. */
  static Mask random(Random random, int size, int ofTen) {
    byte[] kept = new byte[size];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = (byte) (random.nextInt(10) < ofTen ? 1 : 0);
    }
    return Mask.ofBytes(kept);
  }

  /** The same network with other masks, made of its layers in order. */
  static MaskedNetwork withMasks(MaskedNetwork network, Function<MaskedLayer, LayerMask> mask) {
    return withLayers(
        network,
        network.layers().stream()
            .map(
                layer ->
                    new MaskedLayer(
                        layer.name(),
                        layer.shape(),
                        layer.offset(),
                        layer.scale(),
                        mask.apply(layer)))
            .toList());
  }

  private static MaskedNetwork withLayers(MaskedNetwork network, List<MaskedLayer> layers) {
    return new MaskedNetwork(
        network.network(),
        network.normalization(),
        network.classLabels(),
        network.prototype(),
        layers,
        network.remainder(),
        network.module(),
        network.provenance());
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
      BuiltInDescription network,
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

  private static MaskedNetwork dense(BuiltInDescription network) {
    return network(
        network, new Prototype(0, Distribution.NORMAL, 1), 0, false, Map.of(), List.of());
  }

  private static MaskedNetwork network(
      BuiltInDescription network,
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
        LayerMask mask = new LayerMask.Keep(random(random, parameter.size(), 3));
        float scale = 0.1f + layers.size();
        layers.add(new MaskedLayer(parameter.name(), parameter.shape(), offset, scale, mask));
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
        Optional.of(
            network.input().channels() == 3
                ? new Normalization(List.of(0.5f, 0.25f, 0.125f), List.of(1f, 2f, 0.5f))
                : new Normalization(List.of(0.286f), List.of(0.353f))),
        labels,
        new PrototypeSource.Generated(prototype, shuffled, store),
        layers,
        remainder,
        Optional.empty(),
        provenance);
  }

  private static List<ParameterShape> weights(BuiltInDescription network) {
    return network.parameters().stream().filter(p -> p.role() == Role.WEIGHT).toList();
  }

  private static int total(BuiltInDescription network) {
    return weights(network).stream().mapToInt(ParameterShape::size).sum();
  }
}
