package io.pemn.compressor.network;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.network.BuiltInNetwork;
import io.pemn.packager.remainder.RemainderCoder;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A built-in network in training. */
public final class BuiltInTarget implements TargetNetwork {
  private final NDManager manager;
  private final NDManager stored;
  private final BuiltInNetwork network;
  private final ParameterStore store;

  /**
   * Builds a network. Scales and running variances of normalisation layers are 1, all else is 0.
   *
   * @param description what to build
   * @param statistics values of running means and variances by name, where they are not the first
   * @param device where it shall run
   */
  public BuiltInTarget(
      BuiltInDescription description, Map<String, RemainderTensor> statistics, Device device) {
    this.manager = NDManager.newBaseManager(device, "PyTorch");
    try {
      this.network = BuiltInNetwork.of(description);
      network.initialize(manager);
      for (ParameterShape parameter : description.parameters()) {
        RemainderTensor given = statistics.get(parameter.name());
        if (given != null) {
          network.set(parameter.name(), given.values());
        } else if (beginsAtOne(parameter)) {
          float[] ones = new float[parameter.size()];
          Arrays.fill(ones, 1);
          network.set(parameter.name(), ones);
        }
      }
      this.stored = manager.newSubManager();
      this.store = new ParameterStore(stored, false);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static boolean beginsAtOne(ParameterShape parameter) {
    boolean scale = parameter.role() == Role.LEARNED && parameter.name().endsWith(".weight");
    return scale || parameter.name().endsWith(".running_var");
  }

  @Override
  public List<ParameterShape> parameters() {
    return network.description().parameters();
  }

  @Override
  public Set<String> trained() {
    return parameters().stream()
        .filter(parameter -> parameter.role() != Role.STATISTIC)
        .map(ParameterShape::name)
        .collect(Collectors.toSet());
  }

  @Override
  public NDArray array(String name) {
    return network.parameters().get(name).getArray();
  }

  @Override
  public Map<String, RemainderTensor> statistics() {
    Map<String, RemainderTensor> statistics = new LinkedHashMap<>();
    for (ParameterShape parameter : parameters()) {
      if (parameter.role() == Role.STATISTIC) {
        statistics.put(
            parameter.name(),
            new RemainderTensor(
                parameter.name(), parameter.shape(), array(parameter.name()).toFloatArray()));
      }
    }
    return statistics;
  }

  @Override
  public NDList forward(NDList inputs, boolean training) {
    return network.block().forward(store, inputs, training);
  }

  @Override
  public Replica replica(Device device) {
    return new BlockReplica(network, device);
  }

  /** The same block with the coded values, and the masked weights where they are. */
  @Override
  public Shipped shipped(Set<String> masked, FloatCoding coding) {
    NDManager owner = NDManager.newBaseManager(manager.getDevice(), "PyTorch");
    try {
      Map<String, NDArray> coded = new HashMap<>();
      for (RemainderTensor tensor :
          RemainderCoder.of(network.description()).code(remainder(masked), coding)) {
        Parameter parameter = network.parameters().get(tensor.name());
        coded.put(
            parameter.getId(), owner.create(tensor.values(), parameter.getArray().getShape()));
      }
      return new Coded(network, owner, new CodedParameters(owner, coded));
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  /** DJL's store, from which blocks take their parameters, with other values of some of them. */
  private static final class CodedParameters extends ParameterStore {
    private final Map<String, NDArray> coded;

    CodedParameters(NDManager owner, Map<String, NDArray> coded) {
      super(owner, false);
      this.coded = coded;
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
      // Blocks ask for parameters that they may do without, too.
      return parameter == null ? null : coded.getOrDefault(parameter.getId(), parameter.getArray());
    }
  }

  /** Without an engine's file between it and its values. */
  @Override
  public List<RemainderTensor> remainder(Set<String> masked) {
    try {
      return TargetNetwork.super.remainder(masked);
    } catch (IOException e) {
      throw new AssertionError("The statistics of a built-in network are there.", e);
    }
  }

  private record Coded(BuiltInNetwork network, NDManager owner, ParameterStore store)
      implements Shipped {
    @Override
    public NDList forward(NDList inputs) {
      return network.block().forward(store, inputs, false);
    }

    @Override
    public NumberType inputType() {
      return NumberType.FLOAT32;
    }

    @Override
    public void close() {
      owner.close();
    }
  }

  /** The network itself, for measuring its present values; closing it does nothing. */
  public Shipped asItIs() {
    return new Shipped() {
      @Override
      public NDList forward(NDList inputs) {
        return BuiltInTarget.this.forward(inputs, false);
      }

      @Override
      public NumberType inputType() {
        return NumberType.FLOAT32;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public NumberType inputType() {
    return NumberType.FLOAT32;
  }

  @Override
  public void close() {
    stored.close();
    manager.close();
  }
}
