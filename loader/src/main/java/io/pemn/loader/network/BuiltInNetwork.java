package io.pemn.loader.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.LayerNorm;
import io.pemn.format.network.Architecture;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ResNetArchitecture;
import io.pemn.format.network.VisionTransformerArchitecture;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
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
  private final List<Parameter> fixedScales;

  private BuiltInNetwork(BuiltInDescription description, Block block, NamedParameters named) {
    this.description = description;
    this.block = block;
    this.parameters = Collections.unmodifiableMap(named.parameters);
    this.fixedScales = List.copyOf(named.fixedScales);
  }

  /** Builds the block; its parameters have no arrays until {@link #initialize}. */
  public static BuiltInNetwork of(BuiltInDescription description) {
    NamedParameters named = new NamedParameters();
    Block block = build(description.architecture(), description.classes(), named);
    return new BuiltInNetwork(description, block, named);
  }

  private static Block build(Architecture architecture, int classes, NamedParameters named) {
    if (architecture instanceof ConvMixerArchitecture a) {
      return ConvMixer.build(a, classes, named);
    } else if (architecture instanceof ResNetArchitecture a) {
      return ResNet.build(a, classes, named);
    } else if (architecture instanceof VisionTransformerArchitecture a) {
      return VisionTransformer.build(a, classes, named);
    }
    return Mlp.build((MlpArchitecture) architecture, classes, named);
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
    for (Parameter scale : fixedScales) {
      scale.getArray().addi(1);
    }
    for (ParameterShape expected : description.parameters()) {
      Shape found = parameters.get(expected.name()).getArray().getShape();
      Shape described = shape(expected.shape());
      if (!found.equals(described) || parameters.size() != description.parameters().size()) {
        throw new IllegalStateException(
            expected.name() + " has shape " + found + " but is described as " + described);
      }
    }
  }

  /** DJL's shape of these dimensions. */
  public static Shape shape(List<Integer> dimensions) {
    return new Shape(dimensions.stream().mapToLong(Integer::longValue).toArray());
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
            "gamma", "weight",
            "beta", "bias",
            "runningMean", "running_mean",
            "runningVar", "running_var");

    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final List<Parameter> fixedScales = new ArrayList<>();

    /** A batch normalisation with its parameters registered. */
    Block batchNorm(String layer, Norm norm) {
      BatchNorm.BaseBuilder<?> builder = BatchNorm.builder();
      return norm(
          layer, norm, builder.optScale(norm.isLearned()).optCenter(norm.isLearned()).build());
    }

    /** A layer normalisation over one axis with its parameters registered. */
    Block layerNorm(String layer, int axis, Norm norm) {
      LayerNorm.Builder builder = LayerNorm.builder().axis(axis);
      return norm(
          layer, norm, builder.optScale(norm.isLearned()).optCenter(norm.isLearned()).build());
    }

    /** DJL's normalisations have scales and shifts even where these are not learned. */
    private Block norm(String layer, Norm norm, Block block) {
      name(layer, block);
      if (!norm.isLearned()) {
        fixedScales.add(parameters.remove(layer + ".weight"));
        parameters.remove(layer + ".bias");
      }
      return block;
    }

    /** Registers a block's own parameters under a layer's name and returns the block. */
    Block name(String layer, Block block) {
      block
          .getDirectParameters()
          .forEach(
              pair ->
                  parameters.put(
                      layer + "." + NAMES.getOrDefault(pair.getKey(), pair.getKey()),
                      pair.getValue()));
      return block;
    }

    /** Registers the one parameter of a block under its own name and returns the block. */
    Block name(Block block) {
      block.getDirectParameters().forEach(pair -> parameters.put(pair.getKey(), pair.getValue()));
      return block;
    }
  }
}
