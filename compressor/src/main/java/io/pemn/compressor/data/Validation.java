package io.pemn.compressor.data;

import io.pemn.compressor.data.SeededRandom.Purpose;

/**
 * Training samples of which a part is kept to choose by, so that the test samples choose nothing.
 *
 * @param learn the samples that are left to learn from
 * @param held the samples that are kept, of every class its share
 */
public record Validation(SampleSet learn, SampleSet held) {
  private static final int USUAL_ONE_IN = 10;
  private static final int MOST_ONE_IN = 5;
  private static final int MEANINGFUL = 1000;

  /**
   * Keeps about one sample in ten, of fewer than ten thousand more: up to a thousand, but at most
   * one in five.
   *
   * @param samples what there is to train on
   * @param seed decides which samples are kept
   * @throws IllegalArgumentException in one sentence, if there are too few samples
   */
  public static Validation of(SampleSet samples, long seed) {
    int size = samples.size();
    int wanted = Math.max(size / USUAL_ONE_IN, Math.min(MEANINGFUL, size / MOST_ONE_IN));
    boolean[] held = choose(samples, wanted, seed);
    int count = 0;
    for (boolean kept : held) {
      count += kept ? 1 : 0;
    }
    if (count == 0) {
      throw new IllegalArgumentException(
          "There are "
              + size
              + " training samples, too few to keep some of every class to choose by; give more, or"
              + " leave the target out.");
    }
    int[] learnt = new int[size - count];
    int[] kept = new int[count];
    for (int i = 0, toLearn = 0, toKeep = 0; i < size; i++) {
      if (held[i]) {
        kept[toKeep++] = i;
      } else {
        learnt[toLearn++] = i;
      }
    }
    return new Validation(select(samples, learnt), select(samples, kept));
  }

  private static boolean[] choose(SampleSet samples, int wanted, long seed) {
    int size = samples.size();
    int classes = samples.labelled() ? samples.classes() : 1;
    int[] labels = new int[size];
    for (int i = 0; samples.labelled() && i < size; i++) {
      labels[i] = samples.label(i);
    }
    int[] left = Choice.perClass(labels, classes);
    for (int label = 0; label < classes; label++) {
      left[label] = (int) Math.round((double) left[label] * wanted / size);
    }
    boolean[] held = new boolean[size];
    for (int sample : SeededRandom.of(Purpose.HELD_OUT, seed, 1).permutation(size)) {
      if (left[labels[sample]] > 0) {
        left[labels[sample]]--;
        held[sample] = true;
      }
    }
    return held;
  }

  private static SampleSet select(SampleSet samples, int[] chosen) {
    return samples instanceof ImageSet images
        ? images.select(chosen)
        : ((TensorSet) samples).select(chosen);
  }
}
