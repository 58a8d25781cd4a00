package io.pemn.packager.imports;

import io.pemn.format.NumberType;
import io.pemn.packager.tensors.PrintableName;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a state_dict says of one of its tensors.
 *
 * @param name such as {@code 3.0.fn.0.weight}; any text
 * @param type of its numbers
 * @param shape dimensions, 0 or more each; none for a single number
 */
record StateTensor(String name, NumberType type, List<Long> shape) {
  static final String WEIGHT = "weight";
  static final String BIAS = "bias";
  static final String SCORES = "scores";
  static final String RUNNING_MEAN = "running_mean";
  static final String RUNNING_VAR = "running_var";

  /** Counts batches in training; no network computes with it. */
  static final String COUNTER = "num_batches_tracked";

  /** Copies the shape. */
  StateTensor {
    shape = List.copyOf(shape);
  }

  /** What follows the last dot of the name: what the tensor is for its layer. */
  String member() {
    return member(name);
  }

  /** What stands before the last dot of the name: its layer; empty if there is no dot. */
  String layer() {
    return layer(name);
  }

  /** The tensor under another name. */
  StateTensor named(String other) {
    return new StateTensor(other, type, shape);
  }

  /** Whether the shape is this one. */
  boolean hasShape(List<Integer> other) {
    return shape.equals(other.stream().map(Integer::longValue).toList());
  }

  /** Name and shape for a message, such as {@code "0.weight" of 16x1x2x2}. */
  String text() {
    return text(PrintableName.quoted(name), shape);
  }

  /** A name and a shape for a message. */
  static String text(String name, List<? extends Number> shape) {
    return name
        + (shape.isEmpty()
            ? " of one number"
            : " of " + shape.stream().map(String::valueOf).collect(Collectors.joining("x")));
  }

  static String member(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  static String layer(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('.')));
  }
}
