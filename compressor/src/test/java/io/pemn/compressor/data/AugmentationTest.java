package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.data.Augmentation.Placement;
import io.pemn.compressor.data.SeededRandom.Purpose;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  /** One channel of two rows and three columns. */
  private static final byte[] PICTURE = {1, 2, 3, 4, 5, 6};

  /** A table that is no identity and takes black to 1000, to see where padding comes from. */
  private static final float[] TABLE = new float[256];

  static {
    for (int pixel = 0; pixel < 256; pixel++) {
      TABLE[pixel] = 1000 + pixel;
    }
  }

  private static final float B = 1000;

  @Test
  void anUnchangedImageIsOnlyNormalized() {
    assertPicture(Placement.UNCHANGED, 1001, 1002, 1003, 1004, 1005, 1006);
  }

  @Test
  void aShiftToTheRightPutsBlackOnTheLeft() {
    assertPicture(new Placement(1, 0, false), B, 1001, 1002, B, 1004, 1005);
  }

  @Test
  void aShiftToTheLeftPutsBlackOnTheRight() {
    assertPicture(new Placement(-2, 0, false), 1003, B, B, 1006, B, B);
  }

  @Test
  void aShiftDownPutsBlackOnTop() {
    assertPicture(new Placement(0, 1, false), B, B, B, 1001, 1002, 1003);
  }

  @Test
  void aShiftUpPutsBlackAtTheBottom() {
    assertPicture(new Placement(0, -1, false), 1004, 1005, 1006, B, B, B);
  }

  @Test
  void aFlipMirrorsEveryRow() {
    assertPicture(new Placement(0, 0, true), 1003, 1002, 1001, 1006, 1005, 1004);
  }

  @Test
  void aFlippedImageIsMovedAfterTheFlip() {
    assertPicture(new Placement(1, 0, true), B, 1003, 1002, B, 1006, 1005);
    assertPicture(new Placement(-1, 1, true), B, B, B, 1002, 1001, B);
  }

  @Test
  void aShiftOfAWholeSideOrMoreLeavesOnlyBlack() {
    for (Placement away :
        new Placement[] {
          new Placement(3, 0, false), new Placement(-4, 0, true),
          new Placement(0, 2, true), new Placement(0, -3, false)
        }) {
      assertPicture(away, B, B, B, B, B, B);
    }
  }

  @Test
  void everyChannelHasItsOwnTableAndIsMovedAlike() {
    float[] negative = new float[256];
    for (int pixel = 0; pixel < 256; pixel++) {
      negative[pixel] = -1 - pixel;
    }
    // The picture as two channels of one row, after one pixel that belongs to another image.
    byte[] pixels = {99, 1, 2, 3, 4, 5, (byte) 255};
    float[] target = new float[6];

    new Placement(1, 0, false).place(pixels, 1, 1, 3, new float[][] {TABLE, negative}, target);

    assertArrayEquals(new float[] {B, 1001, 1002, -1, -5, -6}, target);
  }

  @Test
  void everyShiftAndFlipIsDrawnAboutEquallyOften() {
    Augmentation augmentation = Augmentation.shiftAndFlip(1);
    Map<Placement, Integer> counts = new HashMap<>();
    for (int position = 0; position < 18_000; position++) {
      SeededRandom random = SeededRandom.of(Purpose.AUGMENTATION, 7, 0, position);
      counts.merge(augmentation.draw(random), 1, Integer::sum);
    }

    assertEquals(18, counts.size());
    // 1000 expected, standard deviation 31: six of them on either side.
    counts.forEach(
        (placement, count) -> assertTrue(count > 814 && count < 1186, placement + " " + count));
  }

  @Test
  void aShiftWithoutFlipNeverFlipsAndNoneChangesNothing() {
    Set<Boolean> flips = new HashSet<>();
    for (int position = 0; position < 100; position++) {
      SeededRandom random = SeededRandom.of(Purpose.AUGMENTATION, 7, 0, position);
      flips.add(new Augmentation(2, false).draw(random).flipped());
      assertEquals(Placement.UNCHANGED, Augmentation.NONE.draw(random));
    }

    assertEquals(Set.of(false), flips);
  }

  @Test
  void drawsDifferInEverythingTheyDependOn() {
    Set<Integer> draws = new HashSet<>();
    for (SeededRandom random :
        new SeededRandom[] {
          SeededRandom.of(Purpose.ORDER, 1, 2, 3),
          SeededRandom.of(Purpose.AUGMENTATION, 1, 2, 3),
          SeededRandom.of(Purpose.AUGMENTATION, 1, 3, 2),
          SeededRandom.of(Purpose.AUGMENTATION, 2, 1, 3),
          SeededRandom.of(Purpose.AUGMENTATION, 1, 2, 4),
          SeededRandom.of(Purpose.AUGMENTATION, 1, 2),
        }) {
      draws.add(random.below(Integer.MAX_VALUE));
    }

    assertEquals(6, draws.size());
  }

  /** A resumed run must see what the release that began it showed, so these may never change. */
  @Test
  void theDrawsOfASeedAreFixedForever() {
    int[] order = SeededRandom.of(Purpose.ORDER, 42, 1).permutation(8);

    assertArrayEquals(new int[] {6, 2, 0, 3, 5, 4, 7, 1}, order, Arrays.toString(order));
  }

  @Test
  void aNegativeShiftIsRefused() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Augmentation.shiftAndFlip(-1))
            .getMessage();

    assertTrue(message.contains("up to -1 pixels"), message);
  }

  private static void assertPicture(Placement placement, float... expected) {
    float[] target = new float[expected.length];
    Arrays.fill(target, Float.NaN);

    placement.place(PICTURE, 0, 2, 3, new float[][] {TABLE}, target);

    assertArrayEquals(expected, target);
  }
}
