package io.pemn.compressor.network;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.pemn.loader.network.BuiltInNetwork;
import java.util.HashMap;
import java.util.Map;

/** The copy of a built-in network on a device: the same DJL block, with parameters of its own. */
final class BlockReplica implements Replica {
  private final BuiltInNetwork network;
  private final NDManager manager;
  private final OwnParameters store;

  /**
   * Copies the parameters, running statistics included.
   *
   * @param device where the copies shall be
   */
  BlockReplica(BuiltInNetwork network, Device device) {
    this.network = network;
    this.manager = NDManager.newBaseManager(device, "PyTorch");
    this.store = new OwnParameters(manager);
    // Not those that have names alone: blocks ask for scales and shifts that are never learned,
    // too.
    network.block().getParameters().values().forEach(store::copy);
  }

  /**
   * DJL's store, from which blocks take the parameters of a device. What it would copy by itself
   * are no copies on the device of the original, where the engine's {@code toDevice} gives the same
   * tensor again, so that replicas could not be tested on a CPU; and of several devices it hands
   * out copies in the order of a hash map, whatever their numbers are.
   */
  private static final class OwnParameters extends ParameterStore {
    private final Map<String, NDArray> copies = new HashMap<>();

    OwnParameters(NDManager manager) {
      super(manager, true);
    }

    void copy(Parameter parameter) {
      NDArray twin = parameter.getArray().duplicate();
      NDArray copy = twin.toDevice(getManager().getDevice(), false);
      if (copy != twin) {
        twin.close();
      }
      copy.attach(getManager());
      copy.setRequiresGradient(parameter.requiresGradient());
      copies.put(parameter.getId(), copy);
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
      // Blocks ask for parameters that they may do without, too.
      return parameter == null ? null : copies.get(parameter.getId());
    }
  }

  @Override
  public NDArray array(String name) {
    return store.getValue(network.parameters().get(name), manager.getDevice(), true);
  }

  @Override
  public NDList forward(NDList inputs, boolean training) {
    return network.block().forward(store, inputs, training);
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public void close() {
    manager.close();
  }
}
