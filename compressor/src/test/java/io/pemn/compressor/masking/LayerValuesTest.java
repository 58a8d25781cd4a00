package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerValuesTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 31, 32, 33, 1000, EngineMemory.PIECE + 77})
  void valuesOfOneMagnitudeAreKeptAsSignsAndReadAsTheyWere(int size) {
    float[] values = new float[size];
    SplittableRandom random = new SplittableRandom(size);
    for (int i = 0; i < size; i++) {
      values[i] = random.nextBoolean() ? 0.037f : -0.037f;
    }
    assertReadAsTheyWere(LayerValues.Signs.class, values);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 1000, EngineMemory.PIECE + 77})
  void anyOtherValuesAreReadAsTheyWere(int size) {
    float[] values = new float[size];
    SplittableRandom random = new SplittableRandom(size);
    for (int i = 0; i < size; i++) {
      values[i] = (float) (2 * random.nextDouble() - 1);
    }
    assertReadAsTheyWere(LayerValues.Whole.class, values);
  }

  private static void assertReadAsTheyWere(Class<?> kind, float[] values) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Shape shape = new Shape(1, values.length);
      LayerValues kept = LayerValues.of(StreamedValues.of(values.clone()), shape, manager);
      assertInstanceOf(kind, kept);
      int from = values.length / 3;
      int[] read = new int[values.length - from];
      kept.read(from, read, read.length);
      for (int i = 0; i < read.length; i++) {
        assertEquals(Float.floatToRawIntBits(values[from + i]), read[i]);
      }
      assertEquals(shape, kept.array(manager).getShape());
      assertArrayEquals(values, kept.array(manager).toFloatArray());
    }
  }
}
