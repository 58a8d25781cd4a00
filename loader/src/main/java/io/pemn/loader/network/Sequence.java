package io.pemn.loader.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/**
 * Blocks one after the other, each of which frees what it was given by the one before: DJL's keep
 * all of that until the manager of the input is closed. Memory that gradients need stays with them,
 * and is freed as soon as they are computed.
 */
final class Sequence extends SequentialBlock {
  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> options) {
    NDList current = inputs;
    for (Block block : getChildren().values()) {
      NDList before = current;
      current = block.forward(parameters, before, training);
      free(before, inputs, current);
    }
    return current;
  }

  /** Frees arrays but for those that are in use elsewhere. */
  private static void free(NDList arrays, NDList inputs, NDList outputs) {
    for (NDArray array : arrays) {
      if (!has(inputs, array) && !has(outputs, array)) {
        array.close();
      }
    }
  }

  /** Whether it is this very array: equal ones are others. */
  private static boolean has(NDList arrays, NDArray wanted) {
    return arrays.stream().anyMatch(array -> array == wanted);
  }
}
