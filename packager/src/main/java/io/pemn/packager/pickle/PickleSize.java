package io.pemn.packager.pickle;

import io.pemn.packager.pickle.PickleValue.Dictionary;
import io.pemn.packager.pickle.PickleValue.Items;
import io.pemn.packager.pickle.PickleValue.Made;
import io.pemn.packager.pickle.PickleValue.Persistent;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds out whether a value can be walked as a tree: a pickle of some hundred bytes can hold lists
 * of lists of the same lists, which are more values than memory has bytes, or a list that contains
 * itself.
 */
final class PickleSize {
  private final String name;
  private final String remedy;

  /** What was found of a value; nothing while its parts are looked at. */
  private final Map<PickleValue, Size> sizes = new IdentityHashMap<>();

  /**
   * Of a value as a tree.
   *
   * @param values in it, itself included
   * @param height levels, itself included
   */
  private record Size(long values, int height) {
    static final Size LEAF = new Size(1, 1);
    static final Size UNKNOWN = new Size(0, 0);
  }

  PickleSize(String name, String remedy) {
    this.name = name;
    this.remedy = remedy;
  }

  /**
   * Checks a value and all that it holds.
   *
   * @throws PickleException if it contains itself, is nested too deep or is too large
   */
  void check(PickleValue root) throws PickleException {
    size(root, 1);
  }

  private Size size(PickleValue value, int depth) throws PickleException {
    List<PickleValue> parts;
    if (value instanceof Items items) {
      parts = items.values();
    } else if (value instanceof Dictionary dictionary) {
      parts = dictionary.pairs();
    } else if (value instanceof Made made) {
      parts = List.of(made.maker(), made.arguments(), made.items(), made.state());
    } else if (value instanceof Persistent persistent) {
      parts = List.of(persistent.id());
    } else {
      return Size.LEAF;
    }
    Size known = sizes.get(value);
    if (known == Size.UNKNOWN) {
      throw new PickleException(
          name + " has a value that contains itself, which nothing needs; " + remedy + ".");
    }
    if (known == null) {
      checkDepth(depth);
      sizes.put(value, Size.UNKNOWN);
      long values = 1;
      int height = 1;
      for (PickleValue part : parts) {
        Size size = size(part, depth + 1);
        height = Math.max(height, 1 + size.height());
        values += size.values();
        if (values > PickleMachine.MAX_VALUES) {
          throw new PickleException(
              String.format(
                  "%s has more than %d values if what stands in several places is counted as often,"
                      + " which nothing needs; %s.",
                  name, PickleMachine.MAX_VALUES, remedy));
        }
      }
      known = new Size(values, height);
      sizes.put(value, known);
    }
    checkDepth(depth + known.height() - 1);
    return known;
  }

  private void checkDepth(int depth) throws PickleException {
    if (depth > Pickle.MAX_DEPTH) {
      throw new PickleException(
          name
              + " has values nested deeper than "
              + Pickle.MAX_DEPTH
              + " levels, which nothing needs; "
              + remedy
              + ".");
    }
  }
}
