package io.pemn.loader.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ResamplingTest {
  @Test
  void theSameSizeCopiesThePixels() {
    assertArrayEquals(bytes(1, 200, 3, 4, 5, 255), resampled(2, 3, 2, 3, 1, 200, 3, 4, 5, 255));
  }

  @Test
  void growingIsBilinear() {
    assertArrayEquals(bytes(0, 25, 75, 100), resampled(1, 2, 1, 4, 0, 100));
    assertArrayEquals(bytes(0, 25, 75, 100), resampled(2, 1, 4, 1, 0, 100));
  }

  @Test
  void shrinkingWeighsEveryPixelOfTheAreaAndAroundIt() {
    // Halved: weights 1 3 3 1 over four pixels, of which the border cuts one off.
    assertArrayEquals(bytes(114, 86), resampled(1, 4, 1, 2, 200, 0, 200, 0));
    assertArrayEquals(bytes(100), resampled(2, 2, 1, 1, 0, 200, 200, 0));
  }

  @Test
  void aPlaneOfOneValueKeepsIt() {
    int[] white = new int[7 * 11];
    Arrays.fill(white, 255);
    for (int[] size : new int[][] {{1, 1}, {3, 20}, {20, 3}, {7, 10}, {50, 50}}) {
      for (byte pixel : resampled(7, 11, size[0], size[1], white)) {
        assertEquals((byte) 255, pixel);
      }
    }
  }

  @Test
  void theTargetIsWrittenFromItsOffsetOn() {
    byte[] target = new byte[5];

    new Resampling(1, 1, 1, 3).apply(bytes(9), target, 1);

    assertArrayEquals(bytes(0, 9, 9, 9, 0), target);
  }

  private static byte[] resampled(int height, int width, int toHeight, int toWidth, int... pixels) {
    byte[] target = new byte[toHeight * toWidth];
    new Resampling(height, width, toHeight, toWidth).apply(bytes(pixels), target, 0);
    return target;
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
