package io.pemn.packager.imports;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever fills layers is found from their weights alone. */
class FoundPrototypeTest {
  private static final List<List<Integer>> SHAPES =
      List.of(
          List.of(6, 1, 2, 2),
          List.of(6, 1, 3, 3),
          List.of(6, 6, 1, 1),
          List.of(6, 1, 3, 3),
          List.of(6, 6, 1, 1),
          List.of(10, 6));

  private final Random random = new Random(5);

  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static int size(List<Integer> shape) {
    return shape.stream().reduce(1, (a, b) -> a * b);
  }

  private static List<float[]> beginningsOf(float[] vector) {
    return SHAPES.stream().map(shape -> Arrays.copyOf(vector, size(shape))).toList();
  }

  private static float[] repeated(float[] few, int length) {
    float[] vector = new float[length];
    for (int i = 0; i < length; i++) {
      vector[i] = few[i % few.length];
    }
    return vector;
  }

  /** Looks at layers, and checks that what is found makes them again, bit for bit. */
  private static FoundPrototype find(List<float[]> layers) {
    FoundPrototype found = FoundPrototype.of(layers, SHAPES);
    for (int i = 0; i < layers.size(); i++) {
      float[] rebuilt = new float[layers.get(i).length];
      found.values().padding().fill(found.offsets().get(i), rebuilt);
      assertArrayEquals(bits(layers.get(i)), bits(rebuilt), "layer " + i);
    }
    return found;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }

  private static void assertFound(Filling filling, int length, int distinct, List<float[]> layers) {
    FoundPrototype found = find(layers);
    assertEquals(filling, found.filling());
    assertEquals(length, found.values().length());
    assertEquals(distinct, found.distinctValues());
  }

  @Test
  void layersWithWeightsOfTheirOwn() {
    List<float[]> layers = SHAPES.stream().map(shape -> values(size(shape))).toList();
    assertFound(Filling.OWN_WEIGHTS, 264, 264, layers);
  }

  @Test
  void layersOfEqualShapeThatShare() {
    List<float[]> layers = new ArrayList<>();
    for (int i = 0; i < SHAPES.size(); i++) {
      int first = SHAPES.indexOf(SHAPES.get(i));
      layers.add(first < i ? layers.get(first).clone() : values(size(SHAPES.get(i))));
    }
    assertFound(Filling.ONE_LAYER, 174, 174, layers);
  }

  @Test
  void layersThatShareInNoKnownWay() {
    List<float[]> layers = new ArrayList<>();
    SHAPES.forEach(shape -> layers.add(values(size(shape))));
    layers.set(3, layers.get(1).clone());
    assertFound(Filling.PARTLY_SHARED, 210, 210, layers);
    layers.set(4, Arrays.copyOf(layers.get(5), 36));
    assertFound(Filling.PARTLY_SHARED, 174, 174, layers);
  }

  @Test
  void theBeginningOfTheLargestLayer() {
    assertFound(Filling.MAX_LAYER, 60, 60, beginningsOf(values(60)));
  }

  @Test
  void aShortVectorThatIsRepeated() {
    for (int length : new int[] {1, 2, 7, 13, 59}) {
      float[] vector = repeated(values(length), 60);
      assertFound(Filling.RANDOM_VECTOR_COPY, length, length, beginningsOf(vector));
    }
  }

  @Test
  void aShortVectorThatIsRepeatedAndShuffled() {
    for (int length : new int[] {2, 7, 13, 40}) {
      List<Float> vector = new ArrayList<>();
      for (float value : repeated(values(length), 60)) {
        vector.add(value);
      }
      Collections.shuffle(vector, random);
      float[] shuffled = new float[60];
      for (int i = 0; i < shuffled.length; i++) {
        shuffled[i] = vector.get(i);
      }
      FoundPrototype found = find(beginningsOf(shuffled));
      assertEquals(Filling.RANDOM_VECTOR_SHUFFLED, found.filling());
      assertEquals(length, found.distinctValues());
    }
  }

  @Test
  void aShuffledVectorThatEndsAsItBeginsIsStillAShuffledOne() {
    float[] few = values(3);
    float[] vector = repeated(few, 60);
    // 0 1 2 | ... | 0: its last value is its first.
    vector[59] = few[0];
    vector[30] = few[2];
    FoundPrototype found = find(beginningsOf(vector));
    assertEquals(Filling.RANDOM_VECTOR_SHUFFLED, found.filling());
    assertEquals(3, found.distinctValues());
  }

  @Test
  void zerosOfBothSignsAreDifferentValues() {
    float[] vector = values(60);
    vector[0] = 0f;
    vector[1] = -0f;
    assertFound(Filling.MAX_LAYER, 60, 60, beginningsOf(vector));
    List<float[]> layers = new ArrayList<>(beginningsOf(vector));
    layers.get(0)[0] = -0f;
    assertFound(Filling.PARTLY_SHARED, 84, 60, layers);
  }
}
