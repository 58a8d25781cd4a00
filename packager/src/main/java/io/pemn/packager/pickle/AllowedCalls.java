package io.pemn.packager.pickle;

import io.pemn.packager.pickle.PickleValue.Global;
import java.util.HashSet;
import java.util.Set;

/**
 * What a pickle may name. Nothing of it is looked up or run either: the reader of the values does
 * what is meant.
 *
 * @param purpose what such a file does, for messages, such as "a checkpoint only rebuilds tensors"
 * @param remedy what to do about a damaged file, for messages, such as "save it again"
 * @param globals the classes and functions that may appear
 */
public record AllowedCalls(String purpose, String remedy, Set<Global> globals) {
  /** Copies the set. */
  public AllowedCalls {
    globals = Set.copyOf(globals);
  }

  /**
   * Allows classes and functions by their full names.
   *
   * @param purpose what such a file does, for messages, such as "a checkpoint only rebuilds
   *     tensors"
   * @param remedy what to do about a damaged file, for messages, such as "save it again"
   * @param names module and name, such as {@code torch._utils._rebuild_tensor_v2}; the name is what
   *     follows the last dot
   */
  public static AllowedCalls of(String purpose, String remedy, String... names) {
    Set<Global> globals = new HashSet<>();
    for (String name : names) {
      int dot = name.lastIndexOf('.');
      if (dot <= 0 || dot == name.length() - 1) {
        throw new IllegalArgumentException("No module and name: " + name);
      }
      globals.add(new Global(name.substring(0, dot), name.substring(dot + 1)));
    }
    return new AllowedCalls(purpose, remedy, globals);
  }
}
