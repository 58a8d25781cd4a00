package io.pemn.packager.remainder;

import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.storage.CodedFloats;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes of the tensors of a network what an archive stores of them. Whoever measures a network that
 * shall be archived and whoever archives it gets the same numbers here.
 */
public final class RemainderCoder {
  private static final String MEAN = ".running_mean";
  private static final double EPSILON = 1e-5;

  private final List<BatchNorm> norms;
  private final Map<String, NumberType> types;
  private final Set<String> parameters;

  /**
   * For any network.
   *
   * @param norms that can be folded
   * @param types of all tensors by name
   * @param parameters what is trained or could be, and not gathered or given
   */
  public RemainderCoder(
      List<BatchNorm> norms, Map<String, NumberType> types, Set<String> parameters) {
    this.norms = List.copyOf(norms);
    this.types = Map.copyOf(types);
    this.parameters = Set.copyOf(parameters);
  }

  /** For a built-in network. */
  public static RemainderCoder of(BuiltInDescription network) {
    List<BatchNorm> norms = new ArrayList<>();
    Map<String, NumberType> types = new HashMap<>();
    Set<String> parameters = new HashSet<>();
    for (ParameterShape parameter : network.parameters()) {
      String name = parameter.name();
      types.put(name, NumberType.FLOAT32);
      if (parameter.role() != Role.STATISTIC) {
        parameters.add(name);
      } else if (name.endsWith(MEAN)) {
        String norm = name.substring(0, name.length() - MEAN.length());
        norms.add(
            new BatchNorm(
                norm + ".weight",
                norm + ".bias",
                name,
                norm + ".running_var",
                Optional.empty(),
                EPSILON));
      }
    }
    return new RemainderCoder(norms, types, parameters);
  }

  /**
   * Folds batch normalisations and codes numbers. Tensors that are not float32 in the network stay
   * as they are there. Float32 parameters are coded as asked, and so is whatever folding made;
   * other tensors, such as statistics that cannot be folded, keep every bit.
   *
   * @param remainder the network's present values, those of floating-point tensors in the network's
   *     type or as float32
   * @param coding of floats
   * @return the same tensors in the same order
   */
  public List<RemainderTensor> code(List<RemainderTensor> remainder, FloatCoding coding) {
    Map<String, RemainderTensor> tensors = new LinkedHashMap<>();
    Set<String> coded = new HashSet<>(parameters);
    for (RemainderTensor tensor : remainder) {
      tensors.put(tensor.name(), as(types.getOrDefault(tensor.name(), tensor.type()), tensor));
    }
    for (BatchNorm norm : norms) {
      Map<String, RemainderTensor> folded = norm.folded(tensors);
      tensors.putAll(folded);
      coded.addAll(folded.keySet());
    }
    List<RemainderTensor> stored = new ArrayList<>();
    for (RemainderTensor tensor : tensors.values()) {
      stored.add(
          coded.contains(tensor.name()) && tensor.type() == NumberType.FLOAT32
              ? coded(tensor.name(), tensor.shape(), tensor.values(), coding)
              : tensor);
    }
    return stored;
  }

  /**
   * Floats in the form that an archive stores.
   *
   * @param values as many as the shape says
   * @param coding that is wanted; {@link CodedFloats#of} says when another is taken
   */
  public static RemainderTensor coded(
      String name, List<Integer> shape, float[] values, FloatCoding coding) {
    CodedFloats floats = CodedFloats.of(values, coding);
    return new RemainderTensor(
        name, shape, floats.type(), floats.scale(), ByteBuffer.wrap(floats.data()));
  }

  private static RemainderTensor as(NumberType type, RemainderTensor tensor) {
    if (tensor.type() == type) {
      return tensor;
    }
    return new RemainderTensor(
        tensor.name(), tensor.shape(), type, ByteBuffer.wrap(type.encode(tensor.values())));
  }
}
