package io.pemn.format.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.format.Mask;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A value of a prototype is of use where a layer reads it and keeps the weight. */
class UsedValuesTest {
  private static Mask mask(int... kept) {
    byte[] bytes = new byte[kept.length];
    for (int i = 0; i < kept.length; i++) {
      bytes[i] = (byte) kept[i];
    }
    return Mask.ofBytes(bytes);
  }

  @Test
  void layersReadTheValuesAgainAndAgainFromTheirOffset() {
    UsedValues.Use wraps = new UsedValues.Use(3, mask(0, 1, 1, 0, 0, 0, 0));
    assertEquals(
        mask(1, 1, 0, 0, 0), UsedValues.of(5, List.of(new UsedValues.Use(4, mask(0, 1, 1)))));
    assertEquals(mask(1, 0, 0, 0, 1), UsedValues.of(5, List.of(wraps)));
    UsedValues.Use far = new UsedValues.Use((1L << 40) * 5 + 2, mask(1));
    assertEquals(mask(1, 0, 1, 0, 1), UsedValues.of(5, List.of(wraps, far)));
  }

  @Test
  void whatNoLayerKeepsIsOfNone() {
    assertEquals(mask(0, 0), UsedValues.of(2, List.of(new UsedValues.Use(0, Mask.none(9)))));
    assertEquals(mask(0, 0), UsedValues.of(2, List.of()));
    assertEquals(mask(1, 1, 1), UsedValues.of(3, List.of(new UsedValues.Use(1, Mask.all(3)))));
  }
}
