package io.pemn.format.mask;

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
          "A bitmap of "
              + positions
              + " bits takes "
              + bytes(positions)
              + " bytes, but the archive says "
              + Long.toUnsignedString(decodedBytes)
              + "; get the file again.");
    }
    byte[] bitmap = ZstdFrame.decompress(stored, decodedBytes, "The masks");
    long[] words = new long[(int) ((positions + 63L) / 64)];
    ByteBuffer.wrap(Arrays.copyOf(bitmap, words.length * Long.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asLongBuffer()
        .get(words);
    if (positions % 64 != 0 && words[words.length - 1] >>> positions % 64 != 0) {
      throw new PemnFormatException.Corrupt(
          "The masks have a bit that is 1 beyond their last, number "
              + (positions - 1)
              + "; get the file again.");
    }
    return Mask.of(words, positions);
  }

  private static int bytes(int positions) {
    return (int) ((positions + 7L) / 8);
  }
}
