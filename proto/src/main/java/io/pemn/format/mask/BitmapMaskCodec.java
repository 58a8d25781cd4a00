package io.pemn.format.mask;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.storage.ZstdFrame;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The bits themselves, eight a byte from the lowest, in one zstd frame. */
final class BitmapMaskCodec implements MaskCodec {
  @Override
  public MaskEncoding encoding() {
    return MaskEncoding.BITMAP_ZSTD;
  }

  @Override
  public EncodedMask encode(Mask mask, MaskLayout layout) {
    MaskCodecs.requireSize(mask, layout);
    long[] words = mask.toWords();
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(words.length, Long.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(words);
    byte[] bitmap = Arrays.copyOf(bytes.array(), bytes(mask.size()));
    return new EncodedMask(ZstdFrame.compress(bitmap), bitmap.length);
  }

  @Override
  public Mask decode(ByteBuffer stored, long decodedBytes, MaskLayout layout)
      throws PemnFormatException {
    int positions = layout.positions();
    if (decodedBytes != bytes(positions)) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
              ArchiveSection.METADATA,
              "a decoded size of " + Long.toUnsignedString(decodedBytes) + " bytes",
              bytes(positions) + " bytes"),
          "The archive says {found} of a bitmap of "
              + positions
              + " bits, which takes {expected}; it was written by a faulty tool.");
    }
    byte[] bitmap = ZstdFrame.decompress(stored, decodedBytes, ArchiveSection.MASKS);
    long[] words = new long[(int) ((positions + 63L) / 64)];
    ByteBuffer.wrap(Arrays.copyOf(bitmap, words.length * Long.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asLongBuffer()
        .get(words);
    if (positions % 64 != 0 && words[words.length - 1] >>> positions % 64 != 0) {
      throw new PemnFormatException.Corrupt(
          Finding.of(ArchiveSection.MASKS, "a bit that is 1 beyond the last", positions + " bits"),
          "The masks have {found} of their {expected}; it was written by a faulty tool.");
    }
    return Mask.of(words, positions);
  }

  private static int bytes(int positions) {
    return (int) ((positions + 7L) / 8);
  }
}
