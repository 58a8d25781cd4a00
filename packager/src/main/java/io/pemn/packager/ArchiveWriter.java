package io.pemn.packager;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.Normalization;
import io.pemn.format.Padding;
import io.pemn.format.mask.EncodedMask;
import io.pemn.format.mask.MaskCodec;
import io.pemn.format.mask.MaskLayout;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.CodedPrototypeSection;
import io.pemn.format.proto.Distribution;
import io.pemn.format.proto.Input;
import io.pemn.format.proto.Layer;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.proto.MaskSection;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.ModuleSection;
import io.pemn.format.proto.Prototype;
import io.pemn.format.proto.PrototypeSection;
import io.pemn.format.proto.RemainderSection;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.format.storage.LayerDigest;
import io.pemn.format.storage.ZstdFrame;
import io.pemn.loader.Limits;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes archives; equal networks give equal bytes. */
public final class ArchiveWriter {
  /** Of a layer, while its digest is made; a multiple of 64. */
  private static final int WEIGHTS_AT_ONCE = 1 << 14;

  private ArchiveWriter() {}

  /**
   * Writes an archive in one step: afterwards the file is whole, or as it was before.
   *
   * @param network what to write
   * @param file where
   * @throws IOException in one sentence, if it cannot be written
   */
  public static void write(MaskedNetwork network, Path file) throws IOException {
    write(network, MaskCodecChoice.AUTO, file);
  }

  /**
   * The same with the masks stored as one chooses.
   *
   * @param network what to write
   * @param choice how to store its masks
   * @param file where
   * @throws IOException in one sentence, if it cannot be written
   */
  public static void write(MaskedNetwork network, MaskCodecChoice choice, Path file)
      throws IOException {
    byte[] archive = toBytes(network, choice);
    AtomicFile.write(file, out -> out.write(archive));
  }

  /** The archive as it would be written, after reading it back with every check. */
  public static byte[] toBytes(MaskedNetwork network) throws IOException {
    return toBytes(network, MaskCodecChoice.AUTO);
  }

  /** The same with the masks stored as one chooses. */
  public static byte[] toBytes(MaskedNetwork network, MaskCodecChoice choice) throws IOException {
    byte[] remainder = new byte[0];
    byte[] values = new byte[0];
    byte[] module = new byte[0];
    byte[] coded = new byte[0];
    Metadata.Builder metadata =
        Metadata.newBuilder()
            .setNetwork(network.network().toProto())
            .addAllClassLabels(network.classLabels())
            .setProvenance(network.provenance());
    network
        .network()
        .image()
        .ifPresent(image -> metadata.setInput(input(image, network.normalization().orElseThrow())));

    if (!network.layers().isEmpty()) {
      metadata.setPrototype(prototype(network.prototype()));
      Padding padding = network.prototype().padding();
      boolean named = !allMasked(network);
      for (MaskedLayer layer : network.layers()) {
        metadata.addLayers(layer(layer, padding, named));
      }
      coded = codedPrototype(network);
      if (coded.length > 0) {
        metadata.setCodedPrototype(CodedPrototypeSection.newBuilder().setDigest(digest(coded)));
      } else if (network.prototype().isStored()) {
        values = PrototypeWriter.littleEndian(network.prototype().values()).array();
        metadata.setPrototypeValues(PrototypeSection.newBuilder().setDigest(digest(values)));
      }
    }
    if (!network.remainder().isEmpty()) {
      remainder = RemainderWriter.toBytes(network);
      RemainderSection.Builder section = RemainderSection.newBuilder().setDigest(digest(remainder));
      if (network.module().isPresent()) {
        section.setParameters(
            network.remainder().stream().mapToLong(tensor -> tensor.size()).sum());
      }
      metadata.setRemainder(section);
    }
    if (network.module().isPresent()) {
      module = ZstdFrame.compress(network.module().get().toBytes());
      metadata.setModule(ModuleSection.newBuilder().setDigest(digest(module)));
    }
    List<byte[]> archives = new ArrayList<>();
    if (network.layers().isEmpty()) {
      archives.add(frame(metadata.build(), new byte[0], remainder, values, module, coded));
    } else {
      Mask bits = bits(network.layers());
      MaskLayout layout =
          MaskLayout.of(
              network.layers().stream()
                  .map(
                      layer ->
                          new MaskLayout.Masked(
                              layer.shape(), layer.mask().kept().kept(), layer.mask().kind()))
                  .toList());
      List<MaskCodec> codecs = choice.codecs();
      List<EncodedMask> encoded =
          codecs.parallelStream().map(codec -> codec.encode(bits, layout)).toList();
      for (int i = 0; i < encoded.size(); i++) {
        EncodedMask masks = encoded.get(i);
        metadata.setMasks(section(codecs.get(i).encoding(), masks));
        archives.add(frame(metadata.build(), masks.stored(), remainder, values, module, coded));
      }
    }
    byte[] archive = MaskCodecChoice.best(archives);
    readBack(archive);
    return archive;
  }

  /** The values of a prototype that no seed regenerates, where coding them is worth it. */
  private static byte[] codedPrototype(MaskedNetwork network) {
    return network.prototype() instanceof PrototypeSource.Explicit explicit
        ? PrototypeWriter.toBytes(explicit.values(), network.layers()).orElse(new byte[0])
        : new byte[0];
  }

  private static MaskSection section(MaskEncoding encoding, EncodedMask masks) {
    return MaskSection.newBuilder()
        .setDigest(digest(masks.stored()))
        .setEncoding(encoding)
        .setDecodedBytes(masks.decodedBytes())
        .build();
  }

  /** One bit a weight of every layer, then one a kept weight of the ternary ones. */
  private static Mask bits(List<MaskedLayer> layers) {
    List<Mask> bits = new ArrayList<>();
    List<Mask> signs = new ArrayList<>();
    for (MaskedLayer layer : layers) {
      if (layer.mask() instanceof LayerMask.Sign sign) {
        bits.add(sign.negated());
      } else {
        bits.add(layer.mask().kept());
      }
      if (layer.mask() instanceof LayerMask.Ternary ternary) {
        signs.add(ternary.negated().gather(ternary.kept()));
      }
    }
    bits.addAll(signs);
    return Mask.concat(bits);
  }

  private static byte[] frame(
      Metadata metadata, byte[] masks, byte[] remainder, byte[] values, byte[] module, byte[] coded)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeByteArray(1, ArchiveFormat.magic());
    out.writeUInt32(2, ArchiveFormat.versionFor(metadata));
    out.writeByteArray(3, metadata.toByteArray());
    out.flush();
    out.writeBytes(4, digest(bytes.toByteArray()));
    if (masks.length > 0) {
      out.writeByteArray(5, masks);
    }
    if (remainder.length > 0) {
      out.writeByteArray(6, remainder);
    }
    if (values.length > 0) {
      out.writeByteArray(7, values);
    }
    if (module.length > 0) {
      out.writeByteArray(8, module);
    }
    if (coded.length > 0) {
      out.writeByteArray(9, coded);
    }
    out.flush();
    return bytes.toByteArray();
  }

  /** A file that this library could not read must never leave it. */
  private static void readBack(byte[] archive) {
    try {
      PemnArchive.read(
              archive,
              LoadPolicy.standard()
                  .withLimits(
                      new Limits(
                              Long.MAX_VALUE,
                              Integer.MAX_VALUE,
                              Integer.MAX_VALUE,
                              Long.MAX_VALUE,
                              Long.MAX_VALUE)
                          .withMetadataBytes(Integer.MAX_VALUE)
                          .withClassLabels(Integer.MAX_VALUE)
                          .withInputNumbers(Long.MAX_VALUE)
                          .withPrototypeBytes(Long.MAX_VALUE)))
          .verify();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "This network does not make a sound archive: " + e.getMessage(), e);
    }
  }

  private static Input input(ImageShape image, Normalization normalization) {
    return Input.newBuilder()
        .setChannels(image.channels())
        .setHeight(image.height())
        .setWidth(image.width())
        .addAllMean(normalization.means())
        .addAllDeviation(normalization.deviations())
        .build();
  }

  private static Prototype prototype(PrototypeSource source) {
    Prototype.Builder message = Prototype.newBuilder().setLength(source.length());
    if (source instanceof PrototypeSource.Generated generated) {
      message
          .setSeed(generated.prototype().seed())
          .setDistribution(Distribution.valueOf(generated.prototype().distribution().name()))
          .setShuffledLength(generated.shuffledLength());
    }
    return message.build();
  }

  /**
   * Whether a built-in network has a mask for every weight that can have one, so that it says which
   * these are.
   *
   * @throws IllegalArgumentException in one sentence, if the masks stand in another order
   */
  private static boolean allMasked(MaskedNetwork network) {
    if (!(network.network() instanceof BuiltInDescription builtIn)) {
      return false;
    }
    List<ParameterShape> weights =
        builtIn.parameters().stream().filter(p -> p.role() == Role.WEIGHT).toList();
    if (network.layers().size() != weights.size()) {
      return false;
    }
    for (int i = 0; i < weights.size(); i++) {
      MaskedLayer layer = network.layers().get(i);
      if (!layer.name().equals(weights.get(i).name())
          || !layer.shape().equals(weights.get(i).shape())) {
        throw new IllegalArgumentException(
            "The masked layer "
                + layer.name()
                + " of shape "
                + layer.shape()
                + " stands where its network has "
                + weights.get(i).name()
                + " of shape "
                + weights.get(i).shape()
                + ".");
      }
    }
    return true;
  }

  private static Layer layer(MaskedLayer layer, Padding padding, boolean named) {
    Layer.Builder message = Layer.newBuilder();
    if (named) {
      message
          .setName(layer.name())
          .addAllShape(layer.shape().stream().map(Integer::longValue).toList());
    }
    return message
        .setOffset(layer.offset())
        .setScale(layer.scale())
        .setKept(layer.mask().kept().kept())
        .setDigest(ByteString.copyFrom(digest(layer, padding)))
        .setKind(layer.mask().kind())
        .build();
  }

  /** The digest of a layer's weights, of which only a stretch is there at a time. */
  private static byte[] digest(MaskedLayer layer, Padding padding) {
    LayerDigest digest = new LayerDigest();
    int size = layer.mask().size();
    float[] weights = new float[Math.min(WEIGHTS_AT_ONCE, size)];
    for (int from = 0; from < size; from += weights.length) {
      int count = Math.min(weights.length, size - from);
      padding.rebuild(layer.offset(), layer.scale(), layer.mask(), from, weights, 0, count);
      digest.add(FloatBuffer.wrap(weights, 0, count));
    }
    return digest.finish();
  }

  private static ByteString digest(byte[] bytes) {
    return ByteString.copyFrom(ArchiveFormat.digest(ByteBuffer.wrap(bytes)));
  }
}
