package io.pemn.fuzz;

import io.pemn.compressor.data.DataException;
import io.pemn.compressor.data.IdxFile;
import io.pemn.compressor.data.ImageSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a pair of IDX files; the first says how long that of the labels is. */
class IdxFuzzTest {
  private static final FileInput IMAGES = new FileInput("-images");
  private static final FileInput LABELS = new FileInput("-labels");

  static List<byte[]> seeds() {
    return List.of(pair(1, 2, 3), pair(3, 28, 28), pair(100, 1, 1));
  }

  private static byte[] pair(int count, int height, int width) {
    ByteBuffer pair = ByteBuffer.allocate(1 + 8 + count + 16 + count * height * width);
    pair.put((byte) (8 + count)).putInt(0x801).putInt(count).put(new byte[count]);
    pair.putInt(0x803).putInt(count).putInt(height).putInt(width);
    return pair.array();
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] input) throws IOException {
    int split = input.length == 0 ? 0 : Math.min(1 + (input[0] & 0xFF), input.length);
    byte[] labels = Arrays.copyOfRange(input, Math.min(1, split), split);
    byte[] images = Arrays.copyOfRange(input, split, input.length);
    try {
      ImageSet read = IdxFile.readImageSet(IMAGES.with(images), LABELS.with(labels), 10);
      if (read.size() < 1) {
        throw new AssertionError("No images.");
      }
    } catch (DataException e) {
      OneSentence.check(e);
    }
  }
}
