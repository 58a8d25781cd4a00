package io.pemn.compressor.network;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The output of a module that is learned from and measured: its only one, the first of a tuple or
 * list, or the one of a dictionary that is named {@code logits} or {@code out}.
 */
public final class FirstOutput {
  private static final List<String> NAMES = List.of("logits", "out");

  private FirstOutput() {}

  /**
   * Chooses among the outputs for a batch.
   *
   * @param outputs all of them
   * @param samples how many samples the batch has
   * @throws EngineException in one sentence, if there is no choice or it is not one row a sample
   */
  public static NDArray of(NDList outputs, int samples) {
    if (outputs.isEmpty()) {
      throw new EngineException("the module gives no output tensor; return one from its forward");
    }
    NDArray chosen = outputs.head();
    // Only dictionaries name their tensors, and their order is lost on the way.
    if (outputs.size() > 1 && outputs.stream().allMatch(array -> array.getName() != null)) {
      chosen =
          NAMES.stream()
              .map(outputs::get)
              .filter(Objects::nonNull)
              .findFirst()
              .orElseThrow(
                  () ->
                      new EngineException(
                          "the module gives a dictionary of "
                              + outputs.stream()
                                  .map(NDArray::getName)
                                  .sorted()
                                  .collect(Collectors.joining(", "))
                              + ", in which pemn learns from \"logits\" or \"out\"; rename one,"
                              + " or return a tensor or a tuple"));
    }
    if (chosen.getShape().dimension() == 0 || chosen.getShape().get(0) != samples) {
      throw new EngineException(
          "the module gives an output of shape "
              + chosen.getShape()
              + " for "
              + samples
              + " samples, but its first dimension must count the samples; return the outputs"
              + " sample by sample");
    }
    return chosen;
  }
}
