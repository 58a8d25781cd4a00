package io.pemn.format.mask;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.storage.ZstdFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  /** The first bytes of a bitmap without runs; its number of containers follows. */
  private static final int COOKIE = 12346;

  /** The first two bytes of one with runs; its number of containers, less one, follows. */
  private static final int COOKIE_WITH_RUNS = 12347;

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
          Finding.of(
              ArchiveSection.METADATA,
              "a decoded size of " + decodedBytes + " bytes",
              "at most " + (MAX_HEADER_BYTES + containers * MAX_CONTAINER_BYTES) + " bytes"),
          "The archive says {found} of a RoaringBitmap of "
              + positions
              + " positions, which takes {expected}; it was written by a faulty tool.");
    }
    byte[] portable = ZstdFrame.decompress(stored, decodedBytes, ArchiveSection.MASKS);
    checkContainers(portable, containers);
    RoaringBitmap bitmap = new RoaringBitmap();
    try {
      bitmap.deserialize(ByteBuffer.wrap(portable));
    } catch (IOException | RuntimeException e) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
              ArchiveSection.MASKS,
              portable.length + " other bytes, or the beginning of one",
              "a RoaringBitmap in the portable format"),
          "The masks should be {expected}, but are {found}; get the file again.",
          e);
    }
    if (!bitmap.validate()) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
              ArchiveSection.MASKS,
              "containers, positions or runs that are empty, out of order, repeated, overlapping"
                  + " or adjacent",
              "ascending ones with gaps between them"),
          "The masks' RoaringBitmap has {found}, but {expected} are possible; it was written by a"
              + " faulty tool.");
    }
    if (bitmap.serializedSizeInBytes() != portable.length) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
              ArchiveSection.MASKS,
              portable.length + " bytes",
              bitmap.serializedSizeInBytes() + " bytes"),
          "The masks' RoaringBitmap stands in {found}, but takes {expected}; it was written by a"
              + " faulty tool.");
    }
    if (!bitmap.isEmpty() && Integer.toUnsignedLong(bitmap.last()) >= positions) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
              ArchiveSection.MASKS,
              "position " + Integer.toUnsignedLong(bitmap.last()),
              positions + " positions"),
          "The masks say something of {found}, but the layers have only {expected}, counted from"
              + " 0; it was written by a faulty tool.");
    }
    return Mask.of(BitSetUtil.toLongArray(bitmap), positions);
  }

  /** Room for as many containers as are announced is taken before the first is read. */
  private static void checkContainers(byte[] portable, long possible) throws PemnFormatException {
    if (portable.length < 2 * Integer.BYTES) {
      // Of a bitmap without runs, its count is there; of one with runs, at least its first key.
      return;
    }
    ByteBuffer header = ByteBuffer.wrap(portable).order(ByteOrder.LITTLE_ENDIAN);
    int cookie = header.getInt();
    long announced =
        (cookie & 0xFFFF) == COOKIE_WITH_RUNS
            ? (cookie >>> 16) + 1L
            : cookie == COOKIE ? Integer.toUnsignedLong(header.getInt()) : 0;
    if (announced > possible) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
              ArchiveSection.MASKS,
              announced + " containers",
              possible + " containers, of 65536 positions each"),
          "The masks' RoaringBitmap announces {found}, but its positions fit in {expected}; it was"
              + " written by a faulty tool.");
    }
  }
}
