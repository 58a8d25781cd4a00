package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.pemn.format.proto.MaskKind;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerMaskTest {
  private final Random random = new Random(1);

  @Test
  void everyKindSaysWhatIsKeptAndWhatIsNegated() {
    Mask some = Mask.of(new long[] {0b0110}, 4);
    Mask one = Mask.of(new long[] {0b0100}, 4);
    LayerMask keep = new LayerMask.Keep(some);
    LayerMask sign = new LayerMask.Sign(some);
    LayerMask ternary = new LayerMask.Ternary(some, one);
    assertEquals(List.of(some, Mask.none(4)), List.of(keep.kept(), keep.negated()));
    assertEquals(List.of(Mask.all(4), some), List.of(sign.kept(), sign.negated()));
    assertEquals(List.of(some, one), List.of(ternary.kept(), ternary.negated()));
    assertEquals(
        List.of(MaskKind.KEEP, MaskKind.SIGN, MaskKind.TERNARY),
        List.of(keep.kind(), sign.kind(), ternary.kind()));
    for (LayerMask mask : List.of(keep, sign, ternary)) {
      assertEquals(4, mask.size());
    }
  }

  @Test
  void aTernaryMaskNegatesOnlyWhatItKeeps() {
    Mask last = Mask.of(new long[] {0, 1}, 65);
    assertThrows(IllegalArgumentException.class, () -> new LayerMask.Ternary(Mask.none(65), last));
    assertThrows(
        IllegalArgumentException.class, () -> new LayerMask.Ternary(Mask.all(64), Mask.none(65)));
    assertThrows(
        IllegalArgumentException.class, () -> new LayerMask.Ternary(Mask.all(64), Mask.none(63)));
    assertEquals(last, new LayerMask.Ternary(last, last).negated());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 200})
  void differencesAreTheWeightsOfWhichTwoMasksSayOtherThings(int size) {
    List<LayerMask> masks = List.of(keep(size), keep(size), sign(size), sign(size));
    for (LayerMask a : masks) {
      for (LayerMask b : masks) {
        if (a.kind() == b.kind()) {
          assertEquals(naive(a, b), a.differences(b));
        }
      }
    }
    for (int round = 0; round < 20; round++) {
      LayerMask a = ternary(size);
      LayerMask b = ternary(size);
      assertEquals(naive(a, b), a.differences(b));
      assertEquals(0, a.differences(a));
    }
  }

  @Test
  void masksOfAnotherSizeOrKindHaveNoDifferences() {
    LayerMask keep = keep(64);
    for (LayerMask other : List.of(keep(63), keep(65), keep(129), sign(64), ternary(64))) {
      assertThrows(IllegalArgumentException.class, () -> keep.differences(other));
      assertThrows(IllegalArgumentException.class, () -> other.differences(keep));
    }
  }

  @Test
  void differencesOfLargeMasksTakeOneWalkOverThem() {
    LayerMask none = new LayerMask.Sign(Mask.none(1 << 24));
    LayerMask all = new LayerMask.Sign(Mask.all(1 << 24));
    assertTimeoutPreemptively(
        Duration.ofSeconds(10), () -> assertEquals(1 << 24, none.differences(all)));
  }

  private static int naive(LayerMask a, LayerMask b) {
    int differences = 0;
    for (int i = 0; i < a.size(); i++) {
      if (value(a, i) != value(b, i)) {
        differences++;
      }
    }
    return differences;
  }

  private static int value(LayerMask mask, int i) {
    if (!mask.kept().keeps(i)) {
      return 0;
    }
    return mask.negated().keeps(i) ? -1 : 1;
  }

  private LayerMask keep(int size) {
    return new LayerMask.Keep(randomMask(size));
  }

  private LayerMask sign(int size) {
    return new LayerMask.Sign(randomMask(size));
  }

  private LayerMask ternary(int size) {
    Mask kept = randomMask(size);
    return new LayerMask.Ternary(kept, randomMask(size).gather(kept).scatter(kept));
  }

  private Mask randomMask(int size) {
    byte[] kept = new byte[size];
    random.nextBytes(kept);
    for (int i = 0; i < size; i++) {
      kept[i] &= 1;
    }
    return Mask.ofBytes(kept);
  }
}
