package io.pemn.loader.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.network.ParameterShape;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A built-in network as a DJL block, with its parameters under the names of its description.
 *
 * <p>The block takes float32 images of shape (batch, channels, height, width) and returns logits of
 * shape (batch, classes).
 */
public final class BuiltInNetwork {
  private final BuiltInDescription description;
  private final Block block;
  private final Map<String, Parameter> parameters;

  private BuiltInNetwork(
      BuiltInDescription description, Block block, Map<String, Parameter> parameters) {
    this.description = description;
    this.block = block;
    this.parameters = Collections.unmodifiableMap(parameters);
  }

  /** Builds the block; its parameters have no arrays until {@link #initialize}. */
  public static BuiltInNetwork of(BuiltInDescription description) {
    NamedParameters named = new NamedParameters();
    Block block =
        description.architecture() instanceof ConvMixerArchitecture architecture
            ? ConvMixer.build(architecture, description.classes(), named)
            : Mlp.build((MlpArchitecture) description.architecture(), description.classes(), named);
    return new BuiltInNetwork(description, block, named.toMap());
  }

  /**
   * Gives the parameters their arrays: zeros, for callers that fill all of them.
   *
   * @param manager owns the arrays and says on which device they are
   */
  public void initialize(NDManager manager) {
    block.setInitializer((owner, shape, type) -> owner.zeros(shape, type), parameter -> true);
    ImageShape input = description.input();
    block.initialize(
        manager, DataType.FLOAT32, new Shape(1, input.channels(), input.height(), input.width()));
    for (ParameterShape expected : description.parameters()) {
      Shape found = parameters.get(expected.name()).getArray().getShape();
      Shape described =
          new Shape(expected.shape().stream().mapToLong(Integer::longValue).toArray());
      if (!found.equals(described) || parameters.size() != description.parameters().size()) {
        throw new IllegalStateException(
            expected.name() + " has shape " + found + " but is described as " + described);
      }
    }
  }

  /**
   * Sets a parameter's values.
   *
   * @param name the parameter
   * @param values row-major, as many as the parameter has
   */
  public void set(String name, float[] values) {
    NDArray array = parameters.get(name).getArray();
    boolean trained = array.hasGradient();
    array.setRequiresGradient(false);
    try (NDArray source = array.getManager().create(FloatBuffer.wrap(values), array.getShape())) {
      array.set(new NDIndex("..."), source);
    }
    array.setRequiresGradient(trained);
  }

  /** What the network was built from. */
  public BuiltInDescription description() {
    return description;
  }

  /** The network itself. */
  public Block block() {
    return block;
  }

  /** The parameters by name, in the network's order. */
  public Map<String, Parameter> parameters() {
    return parameters;
  }

  /** Collects the parameters of DJL's blocks under the names of the description. */
  static final class NamedParameters {
    private static final Map<String, String> NAMES =
        Map.of(
            "weight", "weight",
            "bias", "bias",
            "gamma", "weight",
            "beta", "bias",
            "runningMean", "running_mean",
            "runningVar", "running_var");

    private final Map<String, Parameter> parameters = new LinkedHashMap<>();

    /** Registers a block's own parameters under a layer's name and returns the block. */
    Block name(String layer, Block block) {
      block
          .getDirectParameters()
          .forEach(pair -> parameters.put(layer + "." + NAMES.get(pair.getKey()), pair.getValue()));
      return block;
    }

    Map<String, Parameter> toMap() {
      return parameters;
    }
  }
}
