package io.pemn.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.mask.EncodedMask;
import io.pemn.format.mask.MaskCodec;
import io.pemn.format.mask.MaskCodecs;
import io.pemn.format.mask.MaskLayout;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.proto.MaskKind;
import io.pemn.format.storage.ZstdFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

/** Inputs of a mask codec: the first byte chooses a layout, the others are what is decompressed. */
final class MaskInput {
  private static final long MOST = 1 << 20;

  private static final List<MaskLayout> LAYOUTS =
      List.of(
          layout(List.of(7, 11), 20, MaskKind.KEEP),
          layout(List.of(300), 299, MaskKind.KEEP),
          layout(List.of(40, 5, 3, 3), 900, MaskKind.SIGN),
          layout(List.of(64, 31), 1000, MaskKind.TERNARY),
          layout(List.of(70_000), 5, MaskKind.KEEP),
          MaskLayout.of(200_000),
          MaskLayout.of(
              List.of(
                  new MaskLayout.Masked(List.of(10, 10), 50, MaskKind.TERNARY),
                  new MaskLayout.Masked(List.of(65, 2), 13, MaskKind.KEEP),
                  new MaskLayout.Masked(List.of(9, 9), 81, MaskKind.SIGN))));

  /** The code of more is slow to find. */
  private static final int MOST_CODED = 2500;

  private final MaskCodec codec;
  private final List<MaskLayout> layouts;
  private final boolean framed;

  MaskInput(MaskEncoding encoding) {
    try {
      this.codec = MaskCodecs.of(encoding);
    } catch (PemnFormatException e) {
      throw new IllegalArgumentException(e);
    }
    this.framed = encoding != MaskEncoding.ENTROPY;
    this.layouts =
        LAYOUTS.stream().filter(layout -> framed || positions(layout) <= MOST_CODED).toList();
  }

  private static MaskLayout layout(List<Integer> shape, int kept, MaskKind kind) {
    return MaskLayout.of(List.of(new MaskLayout.Masked(shape, kept, kind)));
  }

  private static int positions(MaskLayout layout) {
    return layout.segments().stream().mapToInt(MaskLayout.Segment::positions).sum();
  }

  /** Sparse and dense masks of each layout. */
  List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < layouts.size(); i++) {
      Mask mask = mask(layouts.get(i), random);
      EncodedMask encoded = codec.encode(mask, layouts.get(i));
      byte[] content =
          framed
              ? ZstdFrame.decompressUpTo(
                  ByteBuffer.wrap(encoded.stored()), MOST, ArchiveSection.MASKS)
              : encoded.stored();
      byte[] seed = new byte[content.length + 1];
      seed[0] = (byte) i;
      System.arraycopy(content, 0, seed, 1, content.length);
      seeds.add(seed);
    }
    return seeds;
  }

  /** Ones where the layout says how many, and half of the bits where it does not. */
  private static Mask mask(MaskLayout layout, Random random) {
    int size = positions(layout);
    BitSet bits = new BitSet(size);
    int from = 0;
    for (MaskLayout.Segment segment : layout.segments()) {
      int ones = segment.ones() < 0 ? segment.positions() / 2 : segment.ones();
      while (bits.get(from, from + segment.positions()).cardinality() < ones) {
        bits.set(from + random.nextInt(segment.positions()));
      }
      from += segment.positions();
    }
    return Mask.of(Arrays.copyOf(bits.toLongArray(), (size + Long.SIZE - 1) / Long.SIZE), size);
  }

  /** Decodes, and checks that what is accepted can be encoded again. */
  void decode(byte[] input) {
    MaskLayout layout = layouts.get(input.length == 0 ? 0 : (input[0] & 0xFF) % layouts.size());
    byte[] content = Arrays.copyOfRange(input, Math.min(1, input.length), input.length);
    byte[] stored = framed ? ZstdFrame.compress(content) : content;
    try {
      Mask mask = codec.decode(ByteBuffer.wrap(stored), framed ? content.length : 0, layout);
      EncodedMask again = codec.encode(mask, layout);
      assertEquals(
          mask, codec.decode(ByteBuffer.wrap(again.stored()), again.decodedBytes(), layout));
    } catch (PemnFormatException e) {
      // As it should be.
    }
  }
}
