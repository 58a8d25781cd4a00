package io.pemn.compressor.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.pemn.format.Normalization;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ImageAugmenterTest {
  private static final Normalization NORMALIZATION = Normalization.parse("0.2860,0.3530");
  private static final int SIDE = 9;

  private final Pictures pictures = new Pictures();

  @AfterEach
  void close() {
    pictures.close();
  }

  private static ImageAugmenter augmenter(String steps, long seed) {
    return new ImageAugmenter(
        (AugmentationPipeline) AugmentationChoice.parse(steps), NORMALIZATION, seed);
  }

  private static ImageAugmenter paper(long seed) {
    return augmenter("crop-scale:0.5+flip+rand-augment:2:12+jitter:0.2+erase:0.5", seed);
  }

  private float[] augmented(
      ImageAugmenter augmenter, int channels, int epoch, float[] pixels, int... places) {
    return augmenter
        .apply(pictures.of(places.length, channels, SIDE, SIDE, pixels), epoch, places)
        .toFloatArray();
  }

  private static float[] noise(int images, int channels) {
    Random random = new Random(3);
    float[] pixels = new float[images * channels * SIDE * SIDE];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(256);
    }
    return pixels;
  }

  @Test
  void whatHappensToAnImageDoesNotDependOnTheBatchesItComesIn() {
    for (int channels : new int[] {1, 3}) {
      int each = channels * SIDE * SIDE;
      float[] pixels = noise(40, channels);
      float[] together =
          augmented(paper(1), channels, 2, pixels, IntStream.range(100, 140).toArray());
      for (int size : new int[] {1, 7}) {
        for (int first = 0; first < 40; first += size) {
          int end = Math.min(40, first + size);
          float[] part =
              augmented(
                  paper(1),
                  channels,
                  2,
                  Arrays.copyOfRange(pixels, first * each, end * each),
                  IntStream.range(100 + first, 100 + end).toArray());
          assertArrayEquals(Arrays.copyOfRange(together, first * each, end * each), part);
        }
      }
    }
  }

  @Test
  void itDependsOnTheSeedTheEpochAndThePlace() {
    float[] pixels = noise(1, 3);
    float[] found = augmented(paper(1), 3, 1, pixels, 5);
    assertArrayEquals(found, augmented(paper(1), 3, 1, pixels, 5));
    assertFalse(Arrays.equals(found, augmented(paper(2), 3, 1, pixels, 5)));
    assertFalse(Arrays.equals(found, augmented(paper(1), 3, 2, pixels, 5)));
    assertFalse(Arrays.equals(found, augmented(paper(1), 3, 1, pixels, 6)));
  }

  @Test
  void leavingAStepOutChangesNothingOfTheOthers() {
    int[] places = IntStream.range(0, 64).toArray();
    float[] pixels = noise(64, 1);
    float[] flipped = augmented(augmenter("flip", 1), 1, 1, pixels, places);
    float[] both = augmented(augmenter("flip+erase:0.5", 1), 1, 1, pixels, places);
    int untouched = 0;
    for (int i = 0; i < flipped.length; i++) {
      if (both[i] != 0) {
        assertEquals(flipped[i], both[i]);
        untouched++;
      }
    }
    assertTrue(untouched > flipped.length / 2 && untouched < flipped.length, "" + untouched);
  }

  @Test
  void aFlipAloneGivesTheNormalizedPixelsOfTheTables() {
    float[] table = NORMALIZATION.tableFor(0);
    float[] pixels = noise(32, 1);
    float[] found = augmented(augmenter("flip", 1), 1, 1, pixels, IntStream.range(0, 32).toArray());
    int flipped = 0;
    for (int image = 0; image < 32; image++) {
      float[] straight = new float[SIDE * SIDE];
      float[] mirrored = new float[SIDE * SIDE];
      for (int i = 0; i < straight.length; i++) {
        straight[i] = table[(int) pixels[image * straight.length + i]];
        mirrored[i / SIDE * SIDE + SIDE - 1 - i % SIDE] = straight[i];
      }
      float[] one = Arrays.copyOfRange(found, image * SIDE * SIDE, (image + 1) * SIDE * SIDE);
      if (Arrays.equals(one, mirrored)) {
        flipped++;
      } else {
        assertArrayEquals(straight, one);
      }
    }
    assertTrue(flipped > 8 && flipped < 24, flipped + " of 32 are flipped");
  }

  @Test
  void everyPixelIsAWholeNumberUntilItIsNormalized() {
    ImageAugmenter augmenter =
        new ImageAugmenter(
            (AugmentationPipeline)
                AugmentationChoice.parse("crop-scale:0.3+flip+rand-augment:3:17+jitter:0.7"),
            Normalization.parse("0,1"),
            1);
    float[] found = augmented(augmenter, 3, 1, noise(100, 3), IntStream.range(0, 100).toArray());
    for (float value : found) {
      float pixel = Math.round(value * 255);
      assertEquals(pixel / 255f, value);
      assertTrue(pixel >= 0 && pixel <= 255, "pixel " + pixel);
    }
  }

  @Test
  void onlyTheResultIsLeftBehind() {
    try (NDManager step = pictures.manager().newSubManager()) {
      NDArray pixels = step.create(noise(20, 3), new Shape(20, 3, SIDE, SIDE));
      NDArray found = paper(1).apply(pixels, 1, IntStream.range(0, 20).toArray());
      assertEquals(step, found.getManager());
      assertEquals(1, step.getManagedArrays().size());
    }
  }

  @Test
  void imagesOfOtherChannelsAreRefused() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> augmented(paper(1), 2, 1, noise(1, 2), 0));
    assertTrue(refused.getMessage().contains("2 channels"), refused.getMessage());
  }
}
