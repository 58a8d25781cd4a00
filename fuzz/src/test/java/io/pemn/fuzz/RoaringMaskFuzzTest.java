package io.pemn.fuzz;

import io.pemn.format.proto.MaskEncoding;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** The RoaringBitmap that is in the frame. */
class RoaringMaskFuzzTest {
  private static final MaskInput INPUT = new MaskInput(MaskEncoding.ROARING_ZSTD);

  static List<byte[]> seeds() throws IOException {
    return INPUT.seeds();
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isDecodedOrRefused(byte[] input) {
    INPUT.decode(input);
  }
}
