package io.pemn.compressor.data;

import io.pemn.compressor.data.SeededRandom.Purpose;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

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
    int[] perClass = perClass(samples);
    for (int label = 0; label < perClass.length; label++) {
      perClass[label] = (int) Math.round((double) perClass[label] * wanted / size);
    }
    if (Arrays.stream(perClass).sum() == 0) {
      throw new IllegalArgumentException(
          "There are "
              + size
              + " training samples, too few to keep some of every class to choose by; give more, or"
              + " leave the target out.");
    }
    return split(samples, perClass, seed);
  }

  /**
   * Keeps so many samples, of every class its share: where that is no whole number, one sample more
   * of the classes that would be cut short most.
   *
   * @param samples what there is to train on
   * @param count how many to keep, at least 1, fewer than there are
   * @param seed decides which samples are kept
   * @throws IllegalArgumentException in one sentence, if there are too few samples
   */
  public static Validation of(SampleSet samples, int count, long seed) {
    int size = samples.size();
    if (count < 1 || count >= size) {
      throw new IllegalArgumentException(
          count
              + " of the "
              + size
              + " training samples were to be held out for validation, but at least one of them must"
              + " be, and one left to learn from; hold out 1.."
              + (size - 1)
              + ".");
    }
    int[] perClass = perClass(samples);
    double[] cutShort = new double[perClass.length];
    int left = count;
    for (int label = 0; label < perClass.length; label++) {
      double share = (double) perClass[label] * count / size;
      perClass[label] = (int) share;
      cutShort[label] = share - perClass[label];
      left -= perClass[label];
    }
    List<Integer> order =
        IntStream.range(0, perClass.length)
            .boxed()
            .sorted(Comparator.comparingDouble(label -> -cutShort[label]))
            .toList();
    for (int i = 0; i < left; i++) {
      perClass[order.get(i)]++;
    }
    return split(samples, perClass, seed);
  }

  private static int[] perClass(SampleSet samples) {
    return Choice.perClass(labels(samples), samples.labelled() ? samples.classes() : 1);
  }

  /** The class of each sample; they are all of one where there are no labels. */
  private static int[] labels(SampleSet samples) {
    int[] labels = new int[samples.size()];
    for (int i = 0; samples.labelled() && i < labels.length; i++) {
      labels[i] = samples.label(i);
    }
    return labels;
  }

  /** Keeps so many of each class. */
  private static Validation split(SampleSet samples, int[] perClass, long seed) {
    int size = samples.size();
    int count = Arrays.stream(perClass).sum();
    int[] labels = labels(samples);
    int[] left = perClass.clone();
    boolean[] held = new boolean[size];
    for (int sample : SeededRandom.of(Purpose.HELD_OUT, seed, 1).permutation(size)) {
      if (left[labels[sample]] > 0) {
        left[labels[sample]]--;
        held[sample] = true;
      }
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

  private static SampleSet select(SampleSet samples, int[] chosen) {
    return samples instanceof ImageSet images
        ? images.select(chosen)
        : ((TensorSet) samples).select(chosen);
  }
}
