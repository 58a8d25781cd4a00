package io.pemn.compressor.network;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import io.pemn.format.NumberType;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A network in training, wherever it comes from, and what it is made of. */
public sealed interface TargetNetwork extends Replica permits BuiltInTarget, TorchScriptTarget {
  /** All parameters, in the network's order, with what each of them is for. */
  List<ParameterShape> parameters();

  /** The names of those that {@link #array} gives and an optimizer may step. */
  Set<String> trained();

  /**
   * The present values of the parameters that training changes without a gradient, such as running
   * means, by name.
   *
   * @throws IOException in one sentence, if the engine does not give them
   */
  Map<String, RemainderTensor> statistics() throws IOException;

  /**
   * A copy of the network, to learn from a part of every batch.
   *
   * @param device where it shall run, which may be this network's own
   * @throws IOException in one sentence, if it cannot be made
   */
  Replica replica(Device device) throws IOException;

  /**
   * What an archive of the present state will run, from a copy of its own, so that what is measured
   * is what ships: the remainder folded and coded, everything else as it is.
   *
   * @param masked names of the parameters that masks replace, which are not in the remainder
   * @param coding of the remainder's floats
   * @throws IOException in one sentence, if it cannot be made
   */
  Shipped shipped(Set<String> masked, FloatCoding coding) throws IOException;

  /** The type that floating-point inputs must have. */
  NumberType inputType();

  /** A network for measuring. */
  interface Shipped extends AutoCloseable {
    /** Runs the network as an application would. */
    NDList forward(NDList inputs);

    /** The type that floating-point inputs must have. */
    NumberType inputType();

    /** Frees what only this network needs. */
    @Override
    void close();
  }

  /**
   * The present values of everything that no mask replaces, uncoded, in the network's order.
   *
   * @param masked names of the parameters that masks replace
   * @throws IOException in one sentence, if the engine does not give them
   */
  default List<RemainderTensor> remainder(Set<String> masked) throws IOException {
    Map<String, RemainderTensor> statistics = statistics();
    List<RemainderTensor> remainder = new ArrayList<>();
    for (ParameterShape parameter : parameters()) {
      String name = parameter.name();
      if (statistics.containsKey(name)) {
        remainder.add(statistics.get(name));
      } else if (!masked.contains(name)) {
        remainder.add(new RemainderTensor(name, parameter.shape(), array(name).toFloatArray()));
      }
    }
    return remainder;
  }

  /** Sets an array's numbers in place. */
  static void set(NDArray array, float[] values) {
    boolean trained = array.hasGradient();
    array.setRequiresGradient(false);
    try (NDArray source = array.getManager().create(FloatBuffer.wrap(values), array.getShape())) {
      array.set(new NDIndex("..."), source);
    }
    array.setRequiresGradient(trained);
  }
}
