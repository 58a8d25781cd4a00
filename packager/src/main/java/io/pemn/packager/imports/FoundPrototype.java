package io.pemn.packager.imports;

import io.pemn.format.Prototype;
import io.pemn.packager.PrototypeSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The shortest vector that fills layers as they are, all of them in order: layers that begin as a
 * larger one does share its values, and if all of them do, only its shortest period is needed.
 * Values are compared by their bits.
 *
 * @param values the prototype
 * @param offsets where each layer begins in the repeated prototype, in the order of the layers
 * @param filling how the layers were filled
 * @param distinctValues different ones among the prototype's values
 */
record FoundPrototype(
    PrototypeSource.Explicit values, List<Long> offsets, Filling filling, int distinctValues) {
  /**
   * Finds it.
   *
   * @param layers the weights of every layer, row-major, all finite, each layer not empty
   * @param shapes their shapes
   * @throws IllegalArgumentException in one sentence, if the prototype would be too long
   */
  static FoundPrototype of(List<float[]> layers, List<List<Integer>> shapes) {
    List<Integer> longestFirst =
        IntStream.range(0, layers.size())
            .boxed()
            .sorted(Comparator.comparing(i -> -layers.get(i).length))
            .toList();
    // Of each layer the one whose beginning it is, or itself.
    int[] owner = new int[layers.size()];
    List<Integer> owners = new ArrayList<>();
    for (int layer : longestFirst) {
      owner[layer] = layer;
      for (int candidate : owners) {
        if (begins(layers.get(candidate), layers.get(layer))) {
          owner[layer] = candidate;
          break;
        }
      }
      if (owner[layer] == layer) {
        owners.add(layer);
      }
    }
    if (owners.size() == 1) {
      return ofOneVector(layers.get(owners.get(0)), layers.size());
    }
    return ofSeveral(layers, shapes, owner);
  }

  private static boolean begins(float[] whole, float[] beginning) {
    for (int i = 0; i < beginning.length; i++) {
      if (Float.floatToRawIntBits(whole[i]) != Float.floatToRawIntBits(beginning[i])) {
        return false;
      }
    }
    return true;
  }

  /** All layers are the beginning of one vector. */
  private static FoundPrototype ofOneVector(float[] vector, int layers) {
    float[] values = Arrays.copyOf(vector, shortestPeriod(vector));
    Map<Integer, Integer> counts = counts(values);
    Filling filling = Filling.MAX_LAYER;
    if (values.length < vector.length) {
      filling = Filling.RANDOM_VECTOR_COPY;
    } else if (isRepeated(counts, values.length)) {
      filling = Filling.RANDOM_VECTOR_SHUFFLED;
    }
    return new FoundPrototype(
        new PrototypeSource.Explicit(values),
        IntStream.range(0, layers).mapToObj(layer -> 0L).toList(),
        filling,
        counts.size());
  }

  private static FoundPrototype ofSeveral(
      List<float[]> layers, List<List<Integer>> shapes, int[] owner) {
    Long[] offsets = new Long[layers.size()];
    long length = 0;
    for (int layer = 0; layer < owner.length; layer++) {
      if (owner[layer] == layer) {
        offsets[layer] = length;
        length += layers.get(layer).length;
      }
    }
    if (length > Prototype.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "The layers have "
              + length
              + " different weights, more than the "
              + Prototype.MAX_LENGTH
              + " that an archive can store; a network this large cannot be imported.");
    }
    float[] values = new float[(int) length];
    for (int layer = 0; layer < owner.length; layer++) {
      if (owner[layer] == layer) {
        float[] weights = layers.get(layer);
        System.arraycopy(weights, 0, values, offsets[layer].intValue(), weights.length);
      }
      offsets[layer] = offsets[layer] == null ? offsets[owner[layer]] : offsets[layer];
    }
    return new FoundPrototype(
        new PrototypeSource.Explicit(values),
        List.of(offsets),
        filling(shapes, owner),
        counts(values).size());
  }

  private static Filling filling(List<List<Integer>> shapes, int[] owner) {
    boolean shared = false;
    for (int layer = 0; layer < owner.length; layer++) {
      shared = shared || owner[layer] != layer;
      if (!shapes.get(layer).equals(shapes.get(owner[layer]))) {
        return Filling.PARTLY_SHARED;
      }
    }
    if (!shared) {
      return Filling.OWN_WEIGHTS;
    }
    // The authors leave linear layers alone.
    Map<List<Integer>, Integer> ofShape = new HashMap<>();
    for (int layer = 0; layer < owner.length; layer++) {
      Integer before = ofShape.putIfAbsent(shapes.get(layer), owner[layer]);
      if (before != null && before != owner[layer] && shapes.get(layer).size() > 2) {
        return Filling.PARTLY_SHARED;
      }
    }
    return Filling.ONE_LAYER;
  }

  /**
   * The least p for which every value is the one that stands p before it (the failure function of
   * Knuth, Morris and Pratt, "Fast pattern matching in strings", 1977).
   */
  private static int shortestPeriod(float[] vector) {
    int[] border = new int[vector.length];
    for (int i = 1; i < vector.length; i++) {
      int length = border[i - 1];
      int bits = Float.floatToRawIntBits(vector[i]);
      while (length > 0 && Float.floatToRawIntBits(vector[length]) != bits) {
        length = border[length - 1];
      }
      border[i] = Float.floatToRawIntBits(vector[length]) == bits ? length + 1 : 0;
    }
    return vector.length - border[vector.length - 1];
  }

  private static Map<Integer, Integer> counts(float[] values) {
    Map<Integer, Integer> counts = new HashMap<>();
    for (float value : values) {
      counts.merge(Float.floatToRawIntBits(value), 1, Integer::sum);
    }
    return counts;
  }

  /**
   * Whether a vector has the values of a shorter one that was repeated and cut off: each of them as
   * often as the others, or once more. By chance some values of a long random vector are equal,
   * too, but only a few.
   */
  private static boolean isRepeated(Map<Integer, Integer> counts, int length) {
    int least = counts.values().stream().mapToInt(Integer::intValue).min().orElseThrow();
    int most = counts.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
    return most - least <= 1 && counts.size() <= length - length / 16;
  }
}
