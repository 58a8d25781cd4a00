package io.pemn.format.mask;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.MaskEncoding;
import java.nio.ByteBuffer;

/**
 * An arithmetic code of the bits, whose probabilities follow the density of the layers, their rows
 * and their columns, and bits before.
 */
final class EntropyMaskCodec implements MaskCodec {
  @Override
  public MaskEncoding encoding() {
    return MaskEncoding.ENTROPY;
  }

  @Override
  public EncodedMask encode(Mask mask, MaskLayout layout) {
    MaskCodecs.requireSize(mask, layout);
    RangeEncoder encoder = new RangeEncoder();
    int position = 0;
    for (MaskLayout.Segment segment : layout.segments()) {
      SegmentEncoder.encode(segment, mask.slice(position, segment.positions()), encoder);
      position += segment.positions();
    }
    return new EncodedMask(encoder.finish(), 0);
  }

  @Override
  public Mask decode(ByteBuffer stored, long decodedBytes, MaskLayout layout)
      throws PemnFormatException {
    if (decodedBytes != 0) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
              ArchiveSection.METADATA,
              "a decoded size of " + Long.toUnsignedString(decodedBytes) + " bytes",
              "none"),
          "The archive says {found} of masks in an entropy code, which has {expected}; it was"
              + " written by a faulty tool.");
    }
    byte[] code = new byte[stored.remaining()];
    stored.duplicate().get(code);
    SegmentDecoder decoder = new SegmentDecoder(code, layout.positions());
    for (MaskLayout.Segment segment : layout.segments()) {
      decoder.read(segment);
    }
    decoder.finish();
    return Mask.of(decoder.words(), layout.positions());
  }
}
