package io.pemn.compressor.data;

import io.pemn.compressor.data.SeededRandom.Purpose;
import java.util.Arrays;

/** Which samples a subset has. */
final class Choice {
  private Choice() {}

  /**
   * Chooses from all samples alike.
   *
   * @param size how many there are
   * @param count how many are wanted
   * @param what they are, in the plural
   * @return the chosen ones, ascending
   * @throws IllegalArgumentException if the count is not 1..size
   */
  static int[] random(int size, int count, long seed, String what) {
    requirePositive(size, count, what);
    if (count > size) {
      throw new IllegalArgumentException(
          "A subset of "
              + count
              + " "
              + what
              + " was asked for, but there are "
              + size
              + "; ask for at most "
              + size
              + ".");
    }
    int[] chosen = Arrays.copyOf(SeededRandom.of(Purpose.SUBSET, seed).permutation(size), count);
    Arrays.sort(chosen);
    return chosen;
  }

  /**
   * Chooses such that the counts of two classes differ by at most one.
   *
   * @param labels the class of each sample
   * @param what the samples are, in the plural
   * @return the chosen ones, ascending
   * @throws IllegalArgumentException if a class has too few samples
   */
  static int[] balanced(int[] labels, int classes, int count, long seed, String what) {
    requirePositive(labels.length, count, what);
    int[] available = perClass(labels, classes);
    int[] wanted = new int[classes];
    Arrays.fill(wanted, count / classes);
    SeededRandom random = SeededRandom.of(Purpose.SUBSET, seed);
    int extra = count % classes;
    for (int label : random.permutation(classes)) {
      if (extra > 0 && available[label] > wanted[label]) {
        wanted[label]++;
        extra--;
      }
    }
    for (int label = 0; label < classes; label++) {
      if (extra > 0 || available[label] < wanted[label]) {
        throw new IllegalArgumentException(
            "A balanced subset of "
                + count
                + " "
                + what
                + " was asked for, but the "
                + classes
                + " classes have "
                + brief(available)
                + " "
                + what
                + "; ask for at most "
                + largestBalancedCount(available)
                + ".");
      }
    }
    int[] chosen = new int[count];
    int taken = 0;
    for (int sample : random.permutation(labels.length)) {
      if (wanted[labels[sample]] > 0) {
        wanted[labels[sample]]--;
        chosen[taken++] = sample;
      }
    }
    Arrays.sort(chosen);
    return chosen;
  }

  /** Returns how many samples each class has, indexed by the label. */
  static int[] perClass(int[] labels, int classes) {
    int[] counts = new int[classes];
    for (int label : labels) {
      counts[label]++;
    }
    return counts;
  }

  private static void requirePositive(int size, int count, String what) {
    if (count < 1) {
      throw new IllegalArgumentException(
          "A subset of "
              + count
              + " "
              + what
              + " was asked for, but it must have at least 1; ask for 1.."
              + size
              + ".");
    }
  }

  /** All counts where they are few, else the least and the greatest: a message is one sentence. */
  private static String brief(int[] counts) {
    return counts.length <= 20
        ? Arrays.toString(counts)
        : Arrays.stream(counts).min().orElse(0) + " to " + Arrays.stream(counts).max().orElse(0);
  }

  private static int largestBalancedCount(int[] available) {
    int least = Arrays.stream(available).min().orElse(0);
    int spare = (int) Arrays.stream(available).filter(count -> count > least).count();
    return least * available.length + spare;
  }
}
