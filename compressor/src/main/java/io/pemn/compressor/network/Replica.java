package io.pemn.compressor.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * A network on a device where it learns, or the copy of one on another device: its parameters by
 * name, live there, and its forward pass. Parameters and gradients of replicas belong to each of
 * them alone.
 */
public interface Replica extends AutoCloseable {
  /**
   * A parameter's own array, float32, on the device of {@link #manager}.
   *
   * @param name one that an optimizer may step
   */
  NDArray array(String name);

  /**
   * Arrays of other parameters of a module that share the numbers of one, though they are tensors
   * of their own with gradients of their own.
   *
   * @param name one that an optimizer may step
   */
  default List<NDArray> twins(String name) {
    return List.of();
  }

  /**
   * Runs the network.
   *
   * @param inputs on the device of {@link #manager}
   * @param training whether it shall behave as in training: batch statistics, dropout
   * @return its outputs, at least one
   */
  NDList forward(NDList inputs, boolean training);

  /** Owns the parameters. */
  NDManager manager();

  /** Frees the network. */
  @Override
  void close();
}
