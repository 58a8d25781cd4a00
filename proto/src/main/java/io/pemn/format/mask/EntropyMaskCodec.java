package io.pemn.format.mask;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.MaskEncoding;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

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
    List<MaskLayout.Segment> segments = layout.segments();
    int[] starts = new int[segments.size()];
    for (int i = 1; i < starts.length; i++) {
      starts[i] = starts[i - 1] + segments.get(i - 1).positions();
    }
    // Most of the work by far; what is found depends on nothing but the segment.
    List<Optional<SegmentSettings>> settings =
        IntStream.range(0, starts.length)
            .parallel()
            .mapToObj(
                i ->
                    SegmentEncoder.settings(
                        segments.get(i), mask.slice(starts[i], segments.get(i).positions())))
            .toList();
    RangeEncoder encoder = new RangeEncoder();
    for (int i = 0; i < starts.length; i++) {
      MaskLayout.Segment segment = segments.get(i);
      Mask bits = mask.slice(starts[i], segment.positions());
      SegmentEncoder.encode(segment, bits, settings.get(i), encoder);
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
