package io.pemn.format.mask;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CostBoundsTest {
  private static final int TRIALS = 2_000;

  @Test
  void whatTheMeterCountsLiesBetweenTheBounds() {
    SplittableRandom random = new SplittableRandom(1);
    for (int trial = 0; trial < TRIALS; trial++) {
      CostMeter meter = new CostMeter();
      CostBounds bounds = new CostBounds();
      int even = random.nextInt(40);
      for (int i = 0; i < even; i++) {
        meter.put(random.nextInt(2), 1 << 15);
      }
      bounds.addEven(even);

      int[] errors = new int[random.nextInt(1, 500)];
      for (int i = 0; i < errors.length; i++) {
        // Also the least and the greatest probabilities, and bits that are the other way.
        int probability =
            random.nextInt(4) == 0
                ? (random.nextBoolean() ? 1 : (1 << 16) - 1)
                : random.nextInt(1, 1 << 16);
        int bit = random.nextInt(1 << 16) < probability ? 1 : 0;
        meter.put(bit, probability);
        errors[i] = (bit << 16) - probability;
      }
      bounds.add(errors, errors.length);

      double counted = meter.bits();
      // The meter begins with the word that a code ends with.
      double nothing = new CostMeter().bits();
      double length = counted - nothing;
      assertTrue(bounds.least() <= length, bounds.least() + " is to be at most " + length);
      assertTrue(bounds.most() >= length, bounds.most() + " is to be at least " + length);
      assertTrue(bounds.most() - bounds.least() < 0.1 + length / 100, "bounds that say nothing");
    }
  }
}
