package io.pemn.packager.imports;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Named tensors of a trained network, as PyTorch calls them together: a checkpoint without any
 * code. Numbers are read when they are asked for. Not for use by several threads at once.
 */
interface StateDict extends Closeable {
  /** The file that they are in. */
  Path path();

  /** Whether {@link #tensors} has the order in which the network has them. */
  boolean isOrdered();

  /** All tensors, each name once. */
  List<StateTensor> tensors();

  /**
   * The numbers of a floating-point tensor, row-major.
   *
   * @param tensor one of {@link #tensors} with fewer than 2^31 numbers
   * @throws IOException in one sentence, if the numbers are no floats, cannot all be float32, or
   *     the file is damaged
   */
  float[] floats(StateTensor tensor) throws IOException;
}
