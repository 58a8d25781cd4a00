package io.pemn.format.mask;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.MaskEncoding;
import java.util.List;
import java.util.stream.Collectors;

/** The registered codecs. */
public final class MaskCodecs {
  private static final List<MaskCodec> ALL =
      List.of(new RoaringMaskCodec(), new BitmapMaskCodec(), new EntropyMaskCodec());

  private MaskCodecs() {}

  /** Every codec that this library reads and writes. */
  public static List<MaskCodec> all() {
    return ALL;
  }

  /**
   * The codec of an encoding.
   *
   * @throws PemnFormatException.Unsupported if this library does not have it
   */
  public static MaskCodec of(MaskEncoding encoding) throws PemnFormatException {
    for (MaskCodec codec : ALL) {
      if (codec.encoding() == encoding) {
        return codec;
      }
    }
    throw new PemnFormatException.Unsupported(
        Finding.of(ArchiveSection.METADATA, "the encoding " + encoding, "one of " + encodings()),
        "The masks are stored in {found}, but this version of pemn reads {expected}; use a newer"
            + " one.");
  }

  private static String encodings() {
    return ALL.stream().map(codec -> codec.encoding().name()).collect(Collectors.joining(", "));
  }

  static void requireSize(Mask mask, MaskLayout layout) {
    if (mask.size() != layout.positions()) {
      throw new IllegalArgumentException(
          "A mask of "
              + mask.size()
              + " bits is not of a layout of "
              + layout.positions()
              + "; give one of as many.");
    }
  }
}
