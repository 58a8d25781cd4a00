package io.pemn.format.mask;

import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.storage.ZstdFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.roaringbitmap.BitSetUtil;
import org.roaringbitmap.RoaringBitmap;

/**
 * One RoaringBitmap of the kept positions in its portable format, run-optimised, in one zstd frame.
 *
 * <p>All layers share the bitmap because a bitmap a layer would spend 16 bits on every kept
 * position of a layer below 4,096 of them, and zstd takes out what one bitmap's half-filled
 * containers waste.
 */
final class RoaringMaskCodec implements MaskCodec {
  private static final int POSITIONS_PER_CONTAINER = 1 << 16;
  // The portable format: 8 bytes of cookie and count, then for each container at most 8 of header
  // and offset, an eighth for the run flag, and at most 8,192 of values.
  private static final int MAX_HEADER_BYTES = 16;
  private static final int MAX_CONTAINER_BYTES = 8192 + 8 + 1;

  @Override
  public MaskEncoding encoding() {
    return MaskEncoding.ROARING_ZSTD;
  }

  @Override
  public EncodedMask encode(Mask mask, MaskLayout layout) {
    MaskCodecs.requireSize(mask, layout);
    RoaringBitmap bitmap = BitSetUtil.bitmapOf(mask.toWords());
    bitmap.runOptimize();
    ByteBuffer portable = ByteBuffer.allocate(bitmap.serializedSizeInBytes());
    bitmap.serialize(portable);
    return new EncodedMask(ZstdFrame.compress(portable.array()), portable.capacity());
  }

  @Override
  public Mask decode(ByteBuffer stored, long decodedBytes, MaskLayout layout)
      throws PemnFormatException {
    int positions = layout.positions();
    long containers = (positions + POSITIONS_PER_CONTAINER - 1L) / POSITIONS_PER_CONTAINER;
    if (decodedBytes > MAX_HEADER_BYTES + containers * MAX_CONTAINER_BYTES) {
      throw new PemnFormatException.Corrupt(
          "A bitmap of "
              + positions
              + " positions cannot take "
              + decodedBytes
              + " bytes; get the file again.");
    }
    byte[] portable = ZstdFrame.decompress(stored, decodedBytes, "The masks");
    RoaringBitmap bitmap = new RoaringBitmap();
    try {
      ByteBuffer bytes = ByteBuffer.wrap(portable);
      bitmap.deserialize(bytes);
      if (!bitmap.validate() || bitmap.serializedSizeInBytes() != portable.length) {
        throw new PemnFormatException.Corrupt(
            "The masks are no well-formed RoaringBitmap; get the file again.");
      }
    } catch (PemnFormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new PemnFormatException.Corrupt(
          "The masks are no RoaringBitmap in the portable format; get the file again.", e);
    }
    if (!bitmap.isEmpty() && Integer.toUnsignedLong(bitmap.last()) >= positions) {
      throw new PemnFormatException.Corrupt(
          "The masks keep position "
              + Integer.toUnsignedLong(bitmap.last())
              + ", but the layers have only "
              + positions
              + " weights; get the file again.");
    }
    return Mask.of(BitSetUtil.toLongArray(bitmap), positions);
  }
}
