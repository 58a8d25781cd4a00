package io.pemn.compressor.data;

import io.pemn.format.network.InputTensor;
import java.util.List;
import java.util.Optional;

/**
 * An immutable set of samples, in an order: each has a value for every input of a network, and
 * either a label, or a float target, or nothing to compare an output with.
 */
public sealed interface SampleSet permits ImageSet, TensorSet {
  /** Returns how many samples there are, at least 1. */
  int size();

  /** Returns what one sample gives to each input of a network, at least one. */
  List<InputTensor> inputs();

  /** Returns how many classes there are; 0 if the samples have no labels. */
  int classes();

  /** Tells whether every sample has a label, 0..{@link #classes}-1. */
  boolean labelled();

  /**
   * Returns the class of a sample, 0..classes-1.
   *
   * @throws IndexOutOfBoundsException if there is no such sample
   * @throws IllegalStateException if the samples have no labels
   */
  int label(int sample);

  /**
   * Returns the float32 tensor that each sample has as its target, such as the numbers of a
   * regression; nothing if the samples have labels, or nothing to compare an output with.
   */
  Optional<InputTensor> target();

  /** CRC-32C of all samples: tells whether two sets are the same, by accident at least. */
  long checksum();

  /**
   * Returns {@code count} of these samples, in their order here. Which samples these are depends on
   * this set, the count and the seed only. If the samples have labels, the counts of two classes
   * differ by at most one; otherwise every choice is equally likely.
   *
   * @param count how many samples, at least 1
   * @param seed decides which samples are taken
   * @throws IllegalArgumentException if there are too few samples, or a class has too few
   */
  SampleSet subset(int count, long seed);
}
