package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineMemoryTest {
  @Test
  void anArrayIsHeldWhereItsElementsLieInTheirOrder() {
    try (NDManager manager = NDManager.newBaseManager()) {
      float[] values = {1, -2, 3, 4, -5, 6};
      NDArray array = manager.create(values).reshape(2, 3);
      assertTrue(EngineMemory.holds(array));
      assertArrayEquals(values, array.toFloatArray(), "looking must change nothing");
      assertFalse(EngineMemory.holds(array.transpose()), "a transposed view");
      assertFalse(EngineMemory.holds(array.toType(DataType.INT32, true)), "integers");
      assertFalse(EngineMemory.holds(manager.create(new Shape(0))), "no elements");
    }
  }

  @Test
  void whatIsWrittenIsInTheArray() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = manager.zeros(new Shape(3));
      EngineMemory.floats(array).put(1, 7);
      assertArrayEquals(new float[] {0, 7, 0}, array.toFloatArray());
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        1,
        EngineMemory.PIECE - 1,
        EngineMemory.PIECE,
        EngineMemory.PIECE + 1,
        5 * EngineMemory.PIECE + 3
      })
  void aLoopTakesEveryElementOnce(int size) {
    AtomicIntegerArray taken = new AtomicIntegerArray(size);
    EngineMemory.run(
        size,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            taken.incrementAndGet(i);
          }
        });
    for (int i = 0; i < size; i++) {
      assertEquals(1, taken.get(i));
    }
  }
}
