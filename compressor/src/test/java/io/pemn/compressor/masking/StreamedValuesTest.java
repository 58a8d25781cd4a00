package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.format.Distribution;
import io.pemn.format.Padding;
import io.pemn.format.Prototype;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamedValuesTest {
  @ParameterizedTest
  @ValueSource(
      ints = {
        1,
        StreamedValues.CHUNK - 1,
        StreamedValues.CHUNK,
        StreamedValues.CHUNK + 1,
        3 * StreamedValues.CHUNK
      })
  void numbersAreTheSameBitsInTheEngineAndBack(int size) {
    float[] values = new float[size];
    Random random = new Random(size);
    for (int i = 0; i < size; i++) {
      values[i] = Float.intBitsToFloat(random.nextInt() & 0xFF7F_FFFF);
    }
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray array = StreamedValues.of(values).create(manager, new Shape(size));

      assertEquals(new Shape(size), array.getShape());
      assertEquals(DataType.FLOAT32, array.getDataType());
      assertArrayEquals(values, array.toFloatArray());
      assertArrayEquals(values, StreamedValues.of(array).toArray());
      assertArrayEquals(values, StreamedValues.of(StreamedValues.of(array).toArray()).toArray());
    }
  }

  @Test
  void theEnginesNumbersAreThoseOfTheMomentThatTheyAreRead() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray array = manager.create(new float[] {1, 2, 3});
      StreamedValues values = StreamedValues.of(array);
      array.muli(2);

      assertArrayEquals(new float[] {2, 4, 6}, values.toArray());
    }
  }

  @Test
  void anArrayThatLiesInAnotherOrderIsReadInItsOwn() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray array = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3)).transpose();

      assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, StreamedValues.of(array).toArray());
    }
  }

  @Test
  void chunksHaveAllNumbersInTheirOrder() {
    int size = 2 * StreamedValues.CHUNK + 7;
    List<Integer> counts = new ArrayList<>();
    StreamedValues.computed(size, () -> (target, count) -> {})
        .forEachChunk((chunk, count) -> counts.add(count));

    assertEquals(List.of(StreamedValues.CHUNK, StreamedValues.CHUNK, 7), counts);
  }

  @ParameterizedTest
  @CsvSource({"none, 0", "max-layer, 0", "random-vector, 0", "random-vector, 1"})
  void aFilledLayerIsWhatThePaddingSaysHoweverManyChunksItHas(String strategy, int shuffled) {
    ParameterShape small = new ParameterShape("small", List.of(10), Role.WEIGHT);
    ParameterShape large =
        new ParameterShape("large", List.of(2 * StreamedValues.CHUNK + 11), Role.WEIGHT);
    FillingStrategy filling =
        switch (strategy) {
          case "none" -> new FillingStrategy.OwnWeights();
          case "max-layer" -> new FillingStrategy.MaxLayer();
          default -> new FillingStrategy.RandomVector(0.4, shuffled == 1);
        };
    FilledLayers filled =
        FilledLayers.of(
            List.of(small, large), filling, Distribution.NORMAL, 5, LayerBudget.EVERYTHING);
    FilledLayers.Filled layer = filled.scaled(large, 0.25f);

    Prototype prototype = filled.prototype();
    float[] expected = new float[large.size()];
    Padding.of(prototype, filled.shuffledLength()).fill(layer.offset(), expected);
    assertArrayEquals(expected, filled.prototypeValues(large).toArray());
    for (int i = 0; i < expected.length; i++) {
      expected[i] *= 0.25f;
    }
    assertArrayEquals(expected, layer.values().toArray());
  }
}
