package io.pemn.packager.torchscript;

import io.pemn.format.NumberType;
import io.pemn.loader.torchscript.TensorLayout;
import java.util.List;

/**
 * A tensor of a module. Tensors that share all their numbers are one.
 *
 * @param name its path through the module, such as {@code layer1.0.conv1.weight}; items of lists go
 *     by their number
 * @param kind what the module has it for
 * @param type of its numbers as stored
 * @param requiresGradient whether the module says that it is to be trained
 * @param aliases other paths to the same numbers or some of them, in the module's order
 * @param storage its numbers are in the entry {@code data/} and this
 * @param layout its shape, and where its elements stand in the storage
 */
public record ModuleTensor(
    String name,
    Kind kind,
    NumberType type,
    boolean requiresGradient,
    List<String> aliases,
    String storage,
    TensorLayout layout) {
  /** What a module has a tensor for. */
  public enum Kind {
    /** To be trained. */
    PARAMETER,
    /** Part of its state, such as a running mean. */
    BUFFER,
    /** Any other: in lists, dictionaries and plain attributes. */
    ATTRIBUTE
  }

  /** Copies the aliases. */
  public ModuleTensor {
    aliases = List.copyOf(aliases);
  }

  /** Dimensions; empty for a scalar. */
  public List<Integer> shape() {
    return layout.shape();
  }

  /** Number of elements. */
  public long size() {
    return layout.size();
  }
}
