package io.pemn.benchmarks.loading;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.CodedInputStream;
import io.pemn.format.Distribution;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.Padding;
import io.pemn.format.Prototype;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.Layer;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.proto.MaskKind;
import io.pemn.format.proto.Metadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.roaringbitmap.BitSetUtil;
import org.roaringbitmap.RoaringBitmap;

/**
 * A reader that believes everything: what {@code PemnArchive} and {@code WeightRebuilder} do to
 * open an archive and rebuild its weights, by the same libraries and the same kernel, without any
 * check. It computes no digest, compares no length, count, name or value with another, reads the
 * metadata once, and trusts zstd frames and bitmaps. What the checks cost is measured against it
 * ({@link ChecksBenchmark}); it is good for nothing else.
 *
 * <p>It knows what that takes: format version 3 and 4, {0, 1} masks as RoaringBitmaps, prototypes
 * that are regenerated.
 */
final class UncheckedArchive {
  private static final int MAGIC_AND_VERSION_BYTES = 12;
  private static final int AT_ONCE = 1 << 16;

  private final Path file;
  private final NetworkDescription network;
  private final Metadata metadata;
  private final List<MaskedLayer> layers;
  private final Map<Integer, Span> sections;

  /** Where the contents of a field of the file are. */
  private record Span(long from, int length) {}

  private record MaskedLayer(String name, int size, long offset, float scale) {}

  private UncheckedArchive(
      Path file,
      NetworkDescription network,
      Metadata metadata,
      List<MaskedLayer> layers,
      Map<Integer, Span> sections) {
    this.file = file;
    this.network = network;
    this.metadata = metadata;
    this.layers = layers;
    this.sections = sections;
  }

  /** Reads what the head says, and where the sections are. */
  static UncheckedArchive open(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer start = read(channel, 0, (int) Math.min(size, AT_ONCE));
      CodedInputStream head = CodedInputStream.newInstance(start.array(), 0, start.limit());
      head.skipRawBytes(MAGIC_AND_VERSION_BYTES);
      head.readTag();
      int length = head.readRawVarint32();
      long at = head.getTotalBytesRead();
      ByteBuffer bytes =
          at + length <= start.limit() ? start.slice((int) at, length) : read(channel, at, length);
      Metadata metadata = Metadata.parseFrom(bytes);
      Map<Integer, Span> sections = new HashMap<>();
      for (at += length; at < size; ) {
        ByteBuffer field =
            at + 16 <= start.limit()
                ? start.slice((int) at, 16)
                : read(channel, at, (int) Math.min(16, size - at));
        CodedInputStream section = CodedInputStream.newInstance(field);
        int number = section.readTag() >>> 3;
        int contents = section.readRawVarint32();
        at += section.getTotalBytesRead();
        sections.put(number, new Span(at, contents));
        at += contents;
      }
      NetworkDescription network =
          NetworkDescription.of(
              metadata.getNetwork(),
              metadata.hasInput() ? Optional.of(metadata.getInput()) : Optional.empty());
      return new UncheckedArchive(file, network, metadata, layers(network, metadata), sections);
    }
  }

  private static ByteBuffer read(FileChannel channel, long from, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {}
    return bytes.flip();
  }

  private static List<MaskedLayer> layers(NetworkDescription network, Metadata metadata) {
    List<MaskedLayer> layers = new ArrayList<>();
    List<ParameterShape> weights =
        network instanceof BuiltInDescription builtIn
            ? builtIn.parameters().stream().filter(p -> p.role() == Role.WEIGHT).toList()
            : List.of();
    for (Layer layer : metadata.getLayersList()) {
      int place = layers.size();
      if (layer.getName().isEmpty()) {
        layers.add(
            new MaskedLayer(
                weights.get(place).name(),
                weights.get(place).size(),
                layer.getOffset(),
                layer.getScale()));
      } else {
        long size = 1;
        for (long dimension : layer.getShapeList()) {
          size *= dimension;
        }
        layers.add(
            new MaskedLayer(layer.getName(), (int) size, layer.getOffset(), layer.getScale()));
      }
    }
    return layers;
  }

  /** Rebuilds all layers, each into an array that has room for it, in the network's order. */
  void rebuildInto(List<float[]> targets) throws IOException {
    if (metadata.getMasks().getEncoding() != MaskEncoding.ROARING_ZSTD
        || metadata.getLayersList().stream().anyMatch(layer -> layer.getKind() != MaskKind.KEEP)) {
      throw new IllegalArgumentException("Only {0, 1} masks as RoaringBitmaps are read here.");
    }
    Mask bits = bits();
    io.pemn.format.proto.Prototype stored = metadata.getPrototype();
    Prototype prototype =
        new Prototype(
            stored.getSeed(),
            stored.getDistribution() == io.pemn.format.proto.Distribution.NORMAL
                ? Distribution.NORMAL
                : Distribution.SIGNED_CONSTANT,
            (int) stored.getLength());
    Padding padding = Padding.of(prototype, (int) stored.getShuffledLength(), bits.size());
    int position = 0;
    for (int i = 0; i < layers.size(); i++) {
      MaskedLayer layer = layers.get(i);
      LayerMask mask = new LayerMask.Keep(bits.slice(position, layer.size()));
      padding.rebuild(layer.offset(), layer.scale(), mask, 0, targets.get(i), 0, layer.size());
      position += layer.size();
    }
  }

  private Mask bits() throws IOException {
    Span masks = sections.get(5);
    byte[] frame;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      frame = read(channel, masks.from(), masks.length()).array();
    }
    byte[] portable = new byte[(int) Zstd.getFrameContentSize(frame)];
    Zstd.decompress(portable, frame);
    RoaringBitmap bitmap = new RoaringBitmap();
    bitmap.deserialize(ByteBuffer.wrap(portable));
    return Mask.of(
        BitSetUtil.toLongArray(bitmap), layers.stream().mapToInt(MaskedLayer::size).sum());
  }

  /** What it is an archive of. */
  NetworkDescription network() {
    return network;
  }
}
