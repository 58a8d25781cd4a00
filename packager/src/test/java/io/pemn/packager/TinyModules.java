package io.pemn.packager;

import io.pemn.format.Distribution;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.Prototype;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.TorchScriptDescription;
import io.pemn.format.proto.Measure;
import io.pemn.format.proto.Metrics;
import io.pemn.format.proto.Provenance;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.loader.torchscript.TorchScriptModule.Entry;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.Span;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import io.pemn.packager.remainder.RemainderCoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/** Networks of TorchScript modules as archives hold them; PyTorch could not run these. */
final class TinyModules {
  private TinyModules() {}

  /** Every number type, every kind of mask, strides, gaps, and tensors of one and of no number. */
  static MaskedNetwork everyType() {
    Random random = new Random(8);
    Mask kept = TinyNetworks.random(random, 66, 3);
    Mask ternary = TinyNetworks.random(random, 20, 5);
    List<MaskedLayer> layers =
        List.of(
            new MaskedLayer("linear.weight", List.of(6, 11), 3, 0.5f, new LayerMask.Keep(kept)),
            new MaskedLayer(
                "head.weight",
                List.of(3, 6),
                1L << 33,
                -0.25f,
                new LayerMask.Sign(TinyNetworks.random(random, 18, 5))),
            new MaskedLayer(
                "embed.weight",
                List.of(5, 4),
                0,
                0.1f,
                new LayerMask.Ternary(
                    ternary, TinyNetworks.random(random, ternary.kept(), 5).scatter(ternary))),
            new MaskedLayer(
                "wide.weight",
                List.of(2, 1, 2),
                7,
                3f,
                new LayerMask.Keep(TinyNetworks.random(random, 4, 5))));
    List<RemainderTensor> remainder =
        List.of(
            new RemainderTensor(
                "attention.mask",
                List.of(2, 2),
                new float[] {0, Float.NEGATIVE_INFINITY, 0, Float.NaN}),
            new RemainderTensor("norm.weight", List.of(2, 3), new float[] {1, 2, 3, 4, 5, 6}),
            new RemainderTensor("rounded", List.of(3), new float[] {0.1f, -70000, 1e-8f}),
            numbers("norm.num_batches_tracked", List.of(), NumberType.INT64, -2),
            numbers("half", List.of(2), NumberType.FLOAT16, 0x3C00, 0x7E01),
            numbers("double", List.of(1), NumberType.FLOAT64, Double.doubleToRawLongBits(0.1)),
            numbers("brain", List.of(3), NumberType.BFLOAT16, 0x3F80, 0x7F80, 0xFF80),
            numbers("int", List.of(2, 1), NumberType.INT32, Integer.MIN_VALUE, 7),
            numbers("short", List.of(2), NumberType.INT16, -1, 258),
            numbers("byte", List.of(1, 3), NumberType.INT8, -128, 0, 127),
            numbers("pixels", List.of(2, 2), NumberType.UINT8, 0, 1, 254, 255),
            numbers("flags", List.of(3), NumberType.BOOL, 1, 0, 1),
            numbers("nothing", List.of(0, 3), NumberType.INT64));
    TorchScriptModule module =
        new TorchScriptModule(
            List.of(
                new FileEntry("data.pkl", new byte[] {(byte) 0x80, 2, '}', '.'}),
                new FileEntry("code/__torch__/Ñet.py", text("def forward(self, x):\n")),
                storage("data/0", NumberType.FLOAT32, 70, span("linear.weight", 2)),
                // Columns first, between two gaps.
                storage("data/1", NumberType.FLOAT32, 20, span("head.weight", 1, 1, 3)),
                storage("data/2", NumberType.FLOAT16, 20, span("embed.weight", 0)),
                storage("data/3", NumberType.FLOAT64, 9, span("wide.weight", 1, 4, 1, 2)),
                // Two tensors that interleave.
                storage(
                    "data/4",
                    NumberType.FLOAT32,
                    12,
                    span("norm.weight", 0, 6, 2),
                    span("attention.mask", 1, 6, 2)),
                storage("data/5", NumberType.BFLOAT16, 3, span("rounded", 0)),
                storage("data/6", NumberType.INT64, 1, span("norm.num_batches_tracked", 0)),
                storage("data/7", NumberType.FLOAT16, 2, span("half", 0)),
                storage("data/8", NumberType.FLOAT64, 1, span("double", 0)),
                storage("data/9", NumberType.BFLOAT16, 3, span("brain", 0)),
                storage("data/10", NumberType.INT32, 2, span("int", 0)),
                storage("data/11", NumberType.INT16, 3, span("short", 1)),
                storage("data/12", NumberType.INT8, 3, span("byte", 0)),
                storage("data/13", NumberType.UINT8, 4, span("pixels", 0, 1, 2)),
                storage("data/14", NumberType.BOOL, 5, span("flags", 0, 2)),
                storage("data/15", NumberType.INT64, 0, span("nothing", 0)),
                storage("data/16", NumberType.INT64, 2),
                new FileEntry("constants.pkl", new byte[0]),
                new FileEntry("version", text("3\n"))));
    return new MaskedNetwork(
        new TorchScriptDescription(
            List.of(new InputTensor(List.of(3, 2, 5), NumberType.FLOAT32)),
            Optional.of(new ImageShape(3, 2, 5)),
            3),
        Optional.of(new Normalization(List.of(0.5f), List.of(0.25f))),
        List.of("a", "b", "c"),
        new PrototypeSource.Generated(new Prototype(9, Distribution.NORMAL, 41), 0, false),
        layers,
        remainder,
        Optional.of(module),
        provenance(Measure.AGREEMENT, 0.75, 0.125));
  }

  /** All in float16, one storage for several tensors, no image, no classes. */
  static MaskedNetwork float16() {
    Random random = new Random(9);
    List<MaskedLayer> layers =
        List.of(
            new MaskedLayer("a.weight", List.of(8, 9), 0, 1e-3f, new LayerMask.Keep(Mask.none(72))),
            new MaskedLayer(
                "b.weight",
                List.of(4, 2, 3, 3),
                0,
                0.7f,
                new LayerMask.Sign(TinyNetworks.random(random, 72, 5))));
    TorchScriptModule module =
        new TorchScriptModule(
            List.of(
                new FileEntry("data.pkl", text("(.")),
                storage(
                    "data/0",
                    NumberType.FLOAT16,
                    150,
                    span("b.weight", 0, 18, 1, 6, 2),
                    span("a.weight", 72),
                    span("a.bias", 145))));
    return new MaskedNetwork(
        new TorchScriptDescription(
            List.of(
                new InputTensor(List.of(7), NumberType.INT64),
                new InputTensor(List.of(), NumberType.FLOAT16)),
            Optional.empty(),
            0),
        Optional.empty(),
        List.of(),
        new PrototypeSource.Generated(
            new Prototype(10, Distribution.SIGNED_CONSTANT, 72), 72, false),
        layers,
        List.of(numbers("a.bias", List.of(4), NumberType.FLOAT16, 0xFC00, 0x8000, 1, 0x3555)),
        Optional.of(module),
        provenance(Measure.COSINE_DISTANCE, 0, 0.5));
  }

  /** Coded floats in storages of other types, next to integers of the same width. */
  static MaskedNetwork coded() {
    float[] values = {0.5f, -0.25f, 0.125f, 3, -2, 1, 0, 0.75f, -0.5f, 0.1f};
    List<RemainderTensor> remainder =
        List.of(
            RemainderCoder.coded("int8", List.of(10), values, FloatCoding.INT8),
            RemainderCoder.coded("fp16", List.of(5, 2), values, FloatCoding.FP16),
            RemainderCoder.coded("bf16", List.of(10), values, FloatCoding.BF16),
            RemainderCoder.coded("fp32", List.of(10), values, FloatCoding.FP32),
            numbers("bytes", List.of(3), NumberType.INT8, -128, 0, 127),
            numbers("same", List.of(4), NumberType.INT64, -3, -3, -3, -3),
            new RemainderTensor("ones", List.of(3), new float[] {1, 1, 1}),
            numbers("one", List.of(), NumberType.FLOAT16, 0x3C00),
            numbers("none", List.of(0), NumberType.INT8));
    TorchScriptModule module =
        new TorchScriptModule(
            List.of(
                storage("data/0", NumberType.FLOAT32, 10, span("int8", 0)),
                storage("data/1", NumberType.FLOAT32, 10, span("fp16", 0, 1, 5)),
                storage("data/2", NumberType.FLOAT64, 10, span("bf16", 0)),
                storage("data/3", NumberType.FLOAT16, 10, span("fp32", 0)),
                storage("data/4", NumberType.INT8, 3, span("bytes", 0)),
                storage("data/5", NumberType.INT64, 4, span("same", 0)),
                storage("data/6", NumberType.FLOAT32, 3, span("ones", 0)),
                storage("data/7", NumberType.FLOAT16, 1, span("one", 0)),
                storage("data/8", NumberType.INT8, 0, span("none", 0))));
    return new MaskedNetwork(
        new TorchScriptDescription(
            List.of(new InputTensor(List.of(2), NumberType.FLOAT32)), Optional.empty(), 0),
        Optional.empty(),
        List.of(),
        new PrototypeSource.Generated(new Prototype(1, Distribution.NORMAL, 1), 0, false),
        List.of(),
        remainder,
        Optional.of(module),
        provenance(Measure.MEAN_SQUARED_ERROR, 0, 2));
  }

  /** Takes tensors of every type, and has constants of every type. */
  static MaskedNetwork everyInput() {
    List<RemainderTensor> remainder = new ArrayList<>();
    List<Entry> storages = new ArrayList<>();
    for (NumberType type : NumberType.values()) {
      long one = type == NumberType.FLOAT32 ? Float.floatToRawIntBits(-0.75f) : 1;
      remainder.add(numbers("all " + type, List.of(2, 1), type, one, one));
      storages.add(storage("data/" + type.ordinal(), type, 2, span("all " + type, 0)));
    }
    ByteBuffer eights = ByteBuffer.wrap(new byte[] {-127, -127, -127});
    remainder.add(new RemainderTensor("scaled", List.of(3), NumberType.INT8, 0.125f, eights));
    storages.add(storage("data/scaled", NumberType.FLOAT32, 3, span("scaled", 0)));
    return new MaskedNetwork(
        new TorchScriptDescription(
            Stream.of(NumberType.values())
                .map(type -> new InputTensor(List.of(2 + type.ordinal()), type))
                .toList(),
            Optional.empty(),
            0),
        Optional.empty(),
        List.of(),
        new PrototypeSource.Generated(new Prototype(1, Distribution.NORMAL, 1), 0, false),
        List.of(),
        remainder,
        Optional.of(new TorchScriptModule(storages)),
        provenance(Measure.ACCURACY, 1, 0));
  }

  /** A tensor of numbers given as their bits. */
  static RemainderTensor numbers(String name, List<Integer> shape, NumberType type, long... bits) {
    ByteBuffer data =
        ByteBuffer.allocate(bits.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (long number : bits) {
      for (int i = 0; i < type.bytes(); i++) {
        data.put((byte) (number >>> 8 * i));
      }
    }
    return new RemainderTensor(name, shape, type, data.flip());
  }

  static StorageEntry storage(String path, NumberType type, long elements, Span... spans) {
    return new StorageEntry(path, type, elements, List.of(spans));
  }

  static Span span(String tensor, long offset, long... strides) {
    return new Span(tensor, offset, java.util.Arrays.stream(strides).boxed().toList());
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Provenance provenance(Measure measure, double accuracy, double loss) {
    return Provenance.newBuilder()
        .setTool("pemn test")
        .setMetrics(
            Metrics.newBuilder()
                .setEpochs(2)
                .setTestImages(8)
                .setAccuracy(accuracy)
                .setLoss(loss)
                .setMeasure(measure))
        .build();
  }
}
