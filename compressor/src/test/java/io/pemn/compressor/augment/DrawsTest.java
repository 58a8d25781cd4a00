package io.pemn.compressor.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.augment.RandomErasing.Rectangle;
import io.pemn.compressor.augment.RandomResizedCrop.Window;
import io.pemn.compressor.data.SeededRandom;
import io.pemn.compressor.data.SeededRandom.Purpose;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is drawn, how strong and how often. */
class DrawsTest {
  private static final int DRAWS = 4000;

  private static SeededRandom random(int draw) {
    return SeededRandom.of(Purpose.AUGMENTATION, 1, draw);
  }

  @Test
  void strengthsAreThoseOfTorchvisionsThirtyOneMagnitudes() {
    assertStrengths(Operation.IDENTITY, 0, 0, 0);
    assertStrengths(Operation.SHEAR_X, 0, 0.12f, 0.3f);
    assertStrengths(Operation.SHEAR_Y, 0, 0.12f, 0.3f);
    assertStrengths(Operation.TRANSLATE_X, 0, 150f / 331 * 28 * 0.4f, 150f / 331 * 28);
    assertStrengths(Operation.TRANSLATE_Y, 0, 150f / 331 * 20 * 0.4f, 150f / 331 * 20);
    assertStrengths(Operation.ROTATE, 0, 12, 30);
    for (Operation blend :
        new Operation[] {
          Operation.BRIGHTNESS, Operation.COLOR, Operation.CONTRAST, Operation.SHARPNESS
        }) {
      assertStrengths(blend, 0, 0.36f, 0.9f);
    }
    assertStrengths(Operation.POSTERIZE, 8, 6, 4);
    assertStrengths(Operation.SOLARIZE, 255, 153, 0);
    assertStrengths(Operation.AUTO_CONTRAST, 0, 0, 0);
    assertStrengths(Operation.EQUALIZE, 0, 0, 0);
    assertEquals(14, Operation.values().length);
  }

  private static void assertStrengths(Operation operation, float none, float some, float most) {
    assertEquals(none, operation.strength(0, 20, 28), 1e-5, operation.name());
    assertEquals(some, operation.strength(12, 20, 28), 1e-5, operation.name());
    assertEquals(most, operation.strength(30, 20, 28), 1e-5, operation.name());
  }

  @Test
  void everyOperationIsAsLikelyAndHalfOfTheSignedOnesAreOpposite() {
    Map<Operation, Integer> drawn = new HashMap<>();
    Map<Operation, Integer> opposite = new HashMap<>();
    for (int i = 0; i < 14 * DRAWS / 4; i++) {
      RandAugment.Draw draw = RandAugment.draw(random(i));
      drawn.merge(draw.operation(), 1, Integer::sum);
      opposite.merge(draw.operation(), draw.opposite() ? 1 : 0, Integer::sum);
    }
    for (Operation operation : Operation.values()) {
      assertEquals(DRAWS / 4, drawn.get(operation), DRAWS / 20, operation.name());
      int expected = operation.signed() ? DRAWS / 8 : 0;
      assertEquals(expected, opposite.get(operation), expected / 5.0, operation.name());
    }
  }

  @Test
  void cropsAreSquaresOfAnyAreaFromTheScaleOnAndReachEveryEdge() {
    RandomResizedCrop crop = new RandomResizedCrop(0.25);
    double area = 0;
    Set<Integer> sides = new HashSet<>();
    boolean left = false;
    boolean right = false;
    for (int i = 0; i < DRAWS; i++) {
      Window window = crop.draw(random(i), 32, 32);
      assertEquals(window.height(), window.width());
      assertTrue(window.top() >= 0 && window.top() + window.height() <= 32, window.toString());
      assertTrue(window.left() >= 0 && window.left() + window.width() <= 32, window.toString());
      sides.add(window.width());
      area += window.height() * window.width() / 1024.0;
      left |= window.left() == 0 && window.width() < 20;
      right |= window.left() + window.width() == 32 && window.width() < 20;
    }
    assertEquals(0.625, area / DRAWS, 0.02);
    assertEquals(17, sides.size(), "sides 16 to 32: " + sides);
    assertTrue(left && right);
  }

  @Test
  void aScaleOfOneIsTheWholeOfASquareImageAndTheMiddleOfAnother() {
    RandomResizedCrop crop = new RandomResizedCrop(1);
    assertEquals(new Window(0, 0, 28, 28), crop.draw(random(1), 28, 28));
    assertEquals(new Window(0, 3, 4, 4), crop.draw(random(1), 4, 10));
    assertEquals(new Window(3, 0, 4, 4), crop.draw(random(1), 10, 4));
  }

  @Test
  void jitterDrawsEveryOrderAndFactorsOnBothSidesOfOne() {
    Set<String> orders = new HashSet<>();
    double sum = 0;
    for (int i = 0; i < DRAWS; i++) {
      ColorJitter.Draw draw = new ColorJitter(0.2).draw(random(i));
      orders.add(Arrays.toString(draw.order()));
      for (float factor : draw.factors()) {
        assertTrue(factor >= 0.8f && factor <= 1.2f, "factor " + factor);
        sum += factor;
      }
    }
    assertEquals(6, orders.size());
    assertEquals(1, sum / DRAWS / 3, 0.005);
    for (int i = 0; i < DRAWS; i++) {
      for (float factor : new ColorJitter(3).draw(random(i)).factors()) {
        assertTrue(factor >= 0 && factor <= 4, "factor " + factor);
      }
    }
  }

  @Test
  void rectanglesAreErasedAsOftenAndAsLargeAsAskedFor() {
    int erased = 0;
    double area = 0;
    for (int i = 0; i < DRAWS; i++) {
      Optional<Rectangle> drawn = new RandomErasing(0.2).draw(random(i), 32, 32);
      if (drawn.isPresent()) {
        Rectangle r = drawn.get();
        erased++;
        area += r.height() * r.width() / 1024.0;
        assertTrue(r.top() >= 0 && r.top() + r.height() <= 32, r.toString());
        assertTrue(r.left() >= 0 && r.left() + r.width() <= 32, r.toString());
        assertTrue(r.height() * r.width() >= 0.012 * 1024, r.toString());
        assertTrue(r.height() * r.width() <= 0.36 * 1024, r.toString());
        double aspect = (double) r.height() / r.width();
        assertTrue(aspect > 0.2 && aspect < 5, r.toString());
      }
    }
    assertEquals(0.2, (double) erased / DRAWS, 0.02);
    assertEquals(0.17, area / erased, 0.02);
    assertTrue(new RandomErasing(1).draw(random(1), 32, 32).isPresent());
    Rectangle nothing = new Rectangle(0, 0, 0, 0);
    Rectangle ofOnePixel = new RandomErasing(1).draw(random(1), 1, 1).orElse(nothing);
    assertEquals(0, ofOnePixel.height() * ofOnePixel.width(), "no room for one");
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    assertRefused("scale", () -> new RandomResizedCrop(0));
    assertRefused("not 1.5", () -> new RandomResizedCrop(1.5));
    assertRefused("not NaN", () -> new RandomResizedCrop(Double.NaN));
    assertRefused("1 to 100 operations", () -> new RandAugment(0, 12));
    assertRefused("not 2000000000 and 12", () -> new RandAugment(2_000_000_000, 12));
    assertRefused("2 and 31", () -> new RandAugment(2, 31));
    assertRefused("2 and -1", () -> new RandAugment(2, -1));
    assertRefused("above 0 and at most 100, not 0.0", () -> new ColorJitter(0));
    assertRefused("at most 100, not 1.0E300", () -> new ColorJitter(1e300));
    assertRefused("not Infinity", () -> new ColorJitter(Double.POSITIVE_INFINITY));
    assertRefused("not 2.0", () -> new RandomErasing(2));
    assertRefused("not 0.0", () -> new RandomErasing(0));
  }

  private static void assertRefused(String because, Runnable what) {
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, what::run);
    assertTrue(refused.getMessage().contains(because), refused.getMessage());
  }
}
