package io.pemn.packager.imports;

import io.pemn.format.Prototype;
import io.pemn.packager.PrototypeSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
  /** Of so many random values one is rarely equal to another. */
  private static final int FEW = 16;

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
    Repetition repetition = Repetition.of(values);
    Filling filling = layers == 1 ? Filling.OWN_WEIGHTS : Filling.MAX_LAYER;
    // A shuffled vector can have a period, too: where it ends as it begins, one a bit shorter.
    if (Repetition.of(vector).isEven() && repetition.hasEqualValues()) {
      filling = Filling.RANDOM_VECTOR_SHUFFLED;
    } else if (values.length < vector.length) {
      filling = Filling.RANDOM_VECTOR_COPY;
    }
    return new FoundPrototype(
        new PrototypeSource.Explicit(values),
        Collections.nCopies(layers, 0L),
        filling,
        repetition.distinct());
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
        Repetition.of(values).distinct());
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

  /**
   * How often the values of a vector stand in it.
   *
   * @param length of the vector
   * @param distinct different values
   * @param least how often the rarest stands in it
   * @param most how often the most frequent does
   */
  private record Repetition(int length, int distinct, int least, int most) {
    static Repetition of(float[] values) {
      int[] bits = new int[values.length];
      for (int i = 0; i < bits.length; i++) {
        bits[i] = Float.floatToRawIntBits(values[i]);
      }
      Arrays.sort(bits);
      int distinct = 0;
      int least = bits.length;
      int most = 0;
      int begin = 0;
      for (int i = 1; i <= bits.length; i++) {
        if (i == bits.length || bits[i] != bits[begin]) {
          distinct++;
          least = Math.min(least, i - begin);
          most = Math.max(most, i - begin);
          begin = i;
        }
      }
      return new Repetition(bits.length, distinct, least, most);
    }

    /**
     * Whether a shorter vector could have been repeated, cut off and perhaps shuffled: each value
     * stands there as often as the others, or once more.
     */
    boolean isEven() {
      return most - least <= 1;
    }

    /** Whether more values are equal than would be by chance. */
    boolean hasEqualValues() {
      return distinct < length - length / FEW;
    }
  }
}
