package io.pemn.packager;

import io.pemn.format.mask.MaskCodec;
import io.pemn.format.mask.MaskCodecs;
import io.pemn.format.proto.MaskEncoding;
import java.util.List;
import java.util.Locale;

/** How an archive's masks are to be stored. */
public enum MaskCodecChoice {
  /** As a Roaring bitmap, unless another encoding saves a hundredth of the file: the smallest. */
  AUTO,
  /** As a Roaring bitmap in a zstd frame. */
  ROARING,
  /** As plain bits in a zstd frame. */
  BITMAP,
  /** As an entropy code. */
  ENTROPY;

  /** As users write it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The codecs to try; the first is taken unless another is better by enough. */
  List<MaskCodec> codecs() {
    return switch (this) {
      case AUTO -> MaskCodecs.all();
      case ROARING -> List.of(codec(MaskEncoding.ROARING_ZSTD));
      case BITMAP -> List.of(codec(MaskEncoding.BITMAP_ZSTD));
      case ENTROPY -> List.of(codec(MaskEncoding.ENTROPY));
    };
  }

  /** The archive to keep, of one for each of {@link #codecs}, in their order. */
  static byte[] best(List<byte[]> archives) {
    byte[] first = archives.get(0);
    byte[] smallest = first;
    for (byte[] archive : archives) {
      if (archive.length < smallest.length) {
        smallest = archive;
      }
    }
    return smallest.length * 100L <= first.length * 99L ? smallest : first;
  }

  private static MaskCodec codec(MaskEncoding encoding) {
    return MaskCodecs.all().stream()
        .filter(codec -> codec.encoding() == encoding)
        .findFirst()
        .orElseThrow();
  }
}
