package io.pemn.loader.torchscript;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorLayoutTest {
  private static final int GREAT = Integer.MAX_VALUE;

  @Test
  void elementsAreVisitedInRowMajorOrder() {
    assertEquals(List.of(5, 6, 7, 8, 9, 10), places(TensorLayout.contiguous(List.of(2, 3), 5)));
    assertEquals(
        List.of(1, 4, 7, 2, 5, 8), places(new TensorLayout(List.of(2, 3), 1, List.of(1L, 3L))));
    assertEquals(List.of(3), places(TensorLayout.contiguous(List.of(), 3)));
    assertEquals(List.of(), places(TensorLayout.contiguous(List.of(2, 0, 3), 3)));
    assertEquals(List.of(0, 0, 1, 1), places(new TensorLayout(List.of(2, 2), 0, List.of(1L, 0L))));
  }

  @Test
  void aLayoutIsContiguousWhateverTheStridesOfDimensionsOfOne() {
    assertTrue(TensorLayout.contiguous(List.of(2, 3, 4), 7).isContiguous());
    assertTrue(new TensorLayout(List.of(1, 3, 1), 0, List.of(9L, 1L, 77L)).isContiguous());
    assertTrue(new TensorLayout(List.of(), 0, List.of()).isContiguous());
    assertTrue(new TensorLayout(List.of(0, 3), 0, List.of(5L, 5L)).isContiguous());
    assertFalse(new TensorLayout(List.of(2, 3), 0, List.of(1L, 2L)).isContiguous());
    assertFalse(new TensorLayout(List.of(2), 0, List.of(2L)).isContiguous());
  }

  @Test
  void sharedPlacesAreFound() {
    assertTrue(TensorLayout.contiguous(List.of(2, 3, 4), 0).isInjective());
    assertTrue(new TensorLayout(List.of(2, 3), 0, List.of(1L, 2L)).isInjective());
    assertTrue(new TensorLayout(List.of(1, 3), 0, List.of(0L, 1L)).isInjective());
    assertFalse(new TensorLayout(List.of(2, 3), 0, List.of(0L, 1L)).isInjective());
    assertFalse(new TensorLayout(List.of(3, 3), 0, List.of(1L, 1L)).isInjective());
    assertFalse(new TensorLayout(List.of(3, 3), 0, List.of(2L, 3L)).isInjective());
  }

  @Test
  void theEndIsOneAfterTheLastElement() {
    assertEquals(11, TensorLayout.contiguous(List.of(2, 3), 5).end());
    assertEquals(0, TensorLayout.contiguous(List.of(2, 0), 5).end());
    assertEquals(1, TensorLayout.contiguous(List.of(), 0).end());
    assertEquals(5L * (GREAT - 1L) + 1, new TensorLayout(List.of(GREAT), 0, List.of(5L)).end());
  }

  @Test
  void numbersThatOverflowAreRefused() {
    assertRefused(List.of(GREAT, GREAT, GREAT), 0, List.of(0L, 0L, 0L));
    assertRefused(List.of(3), 0, List.of(Long.MAX_VALUE));
    assertRefused(List.of(2), 1, List.of(Long.MAX_VALUE));
    assertRefused(List.of(1), Long.MAX_VALUE, List.of(1L));
    assertRefused(List.of(-1), 0, List.of(1L));
    assertRefused(List.of(1), -1, List.of(1L));
    assertRefused(List.of(1), 0, List.of(-1L));
    assertRefused(List.of(1), 0, List.of());
    assertRefused(Collections.nCopies(65, 1), 0, Collections.nCopies(65, 1L));
    assertThrows(
        IllegalArgumentException.class,
        () -> TensorLayout.contiguous(List.of(GREAT, GREAT, GREAT, GREAT), 0));
    assertEquals(0, TensorLayout.contiguous(List.of(0, GREAT, GREAT), 0).size());
  }

  @Test
  void layoutsTooGreatToVisitAreRefused() {
    TensorLayout layout = new TensorLayout(List.of(GREAT, 2), 0, List.of(0L, 0L));
    assertThrows(IllegalStateException.class, () -> layout.forEach((element, index) -> {}));
  }

  private static void assertRefused(List<Integer> shape, long offset, List<Long> strides) {
    assertThrows(IllegalArgumentException.class, () -> new TensorLayout(shape, offset, strides));
  }

  private static List<Integer> places(TensorLayout layout) {
    List<Integer> places = new ArrayList<>();
    layout.forEach(
        (element, index) -> {
          assertEquals(places.size(), element);
          places.add(index);
        });
    return places;
  }
}
