package io.pemn.format.storage;

import io.pemn.format.Mask;
import java.util.List;

/** Which values of a prototype reach a weight: only these have to be stored. */
public final class UsedValues {
  private UsedValues() {}

  /**
   * What a layer needs of the prototype.
   *
   * @param offset where the layer starts in the repeated prototype, 0 or more
   * @param kept the weights that are not 0
   */
  public record Use(long offset, Mask kept) {}

  /**
   * The values that some layer reads where its mask keeps the weight.
   *
   * @param length number of values of the prototype, which layers read in order, again and again
   * @param layers all layers
   */
  public static Mask of(int length, List<Use> layers) {
    byte[] used = new byte[length];
    for (Use layer : layers) {
      int value = (int) (layer.offset() % length);
      for (int i = 0; i < layer.kept().size(); i++) {
        if (layer.kept().keeps(i)) {
          used[value] = 1;
        }
        value = value + 1 == length ? 0 : value + 1;
      }
    }
    return Mask.ofBytes(used);
  }
}
