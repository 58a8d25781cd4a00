package io.pemn.format.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.NumberType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputTensorTest {
  @Test
  void itCountsTheNumbersAndBytesOfASample() {
    InputTensor images = new InputTensor(List.of(3, 32, 32), NumberType.FLOAT32);
    assertEquals(3072, images.elements());
    assertEquals(12288, images.bytes());
    assertEquals("FLOAT32 (3, 32, 32)", images.toString());

    InputTensor number = new InputTensor(List.of(), NumberType.INT64);
    assertEquals(1, number.elements());
    assertEquals(8, number.bytes());

    InputTensor greatest = new InputTensor(List.of(Integer.MAX_VALUE), NumberType.FLOAT64);
    assertEquals(8L * Integer.MAX_VALUE, greatest.bytes());
  }

  @Test
  void theShapeIsACopy() {
    List<Integer> shape = new ArrayList<>(List.of(2, 3));
    InputTensor tensor = new InputTensor(shape, NumberType.BOOL);

    shape.set(0, 9);

    assertEquals(List.of(2, 3), tensor.shape());
  }

  @Test
  void shapesOutOfRangeAreRefused() {
    assertRefused("between 1 and 2147483647, not 0", List.of(3, 0));
    assertRefused("not -1", List.of(-1));
    assertRefused("between 0 and 8, not 9", Collections.nCopies(9, 1));
    assertRefused("(65536, 32768)", List.of(65536, 32768));
    assertRefused("more than 2147483647", List.of(1 << 30, 1 << 30, 1 << 30, 1 << 30));
  }

  private static void assertRefused(String found, List<Integer> shape) {
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> new InputTensor(shape, NumberType.FLOAT32))
            .getMessage();
    assertTrue(message.contains(found), message);
  }
}
