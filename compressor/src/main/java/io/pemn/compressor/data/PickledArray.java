package io.pemn.compressor.data;

import io.pemn.packager.pickle.PickleValue;
import io.pemn.packager.pickle.PickleValue.Bytes;
import io.pemn.packager.pickle.PickleValue.Constant;
import io.pemn.packager.pickle.PickleValue.Items;
import io.pemn.packager.pickle.PickleValue.Made;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An array of unsigned bytes as NumPy pickles it: an empty array that is given its state (version,
 * shape, type, whether it stands column by column, bytes), or, in protocol 5, a call with bytes,
 * type, shape and order.
 *
 * @param shape of the array
 * @param columnByColumn whether the first index runs fastest
 * @param bytes of the array; as many as the shape says, if the pickle is sound
 */
record PickledArray(List<Long> shape, boolean columnByColumn, ByteBuffer bytes) {
  /** What a pickle with arrays names, of NumPy 1 and 2. */
  static final List<String> CALLS =
      List.of(
          "numpy.core.multiarray._reconstruct",
          "numpy._core.multiarray._reconstruct",
          "numpy.core.numeric._frombuffer",
          "numpy._core.numeric._frombuffer",
          "numpy.ndarray",
          "numpy.dtype");

  private static final Set<String> UNSIGNED_BYTE = Set.of("u1", "|u1", "uint8", "B");
  private static final int STATE = 5;

  /** The array that a value is, or nothing if it is none, or one of other numbers. */
  static Optional<PickledArray> of(PickleValue value) {
    if (!(value instanceof Made made)) {
      return Optional.empty();
    }
    if (isCall(made, "multiarray", "_reconstruct")) {
      List<PickleValue> state = items(made.state());
      return state.size() == STATE
          ? of(state.get(1), state.get(2), state.get(3) == Constant.TRUE, state.get(4))
          : Optional.empty();
    }
    if (isCall(made, "numeric", "_frombuffer")) {
      List<PickleValue> arguments = items(made.arguments());
      return arguments.size() == 4
          ? of(
              arguments.get(2),
              arguments.get(1),
              PickleValue.text(arguments.get(3)).equals(Optional.of("F")),
              arguments.get(0))
          : Optional.empty();
    }
    return Optional.empty();
  }

  private static boolean isCall(Made made, String module, String name) {
    return made.isMadeBy("numpy.core." + module, name)
        || made.isMadeBy("numpy._core." + module, name);
  }

  private static Optional<PickledArray> of(
      PickleValue shape, PickleValue type, boolean columnByColumn, PickleValue content) {
    if (!isUnsignedByte(type) || !(content instanceof Bytes bytes)) {
      return Optional.empty();
    }
    List<Long> dimensions = new ArrayList<>();
    for (PickleValue dimension : items(shape)) {
      if (!(dimension instanceof PickleValue.Number number) || number.value() < 0) {
        return Optional.empty();
      }
      dimensions.add(number.value());
    }
    return Optional.of(new PickledArray(List.copyOf(dimensions), columnByColumn, bytes.buffer()));
  }

  private static boolean isUnsignedByte(PickleValue type) {
    return type instanceof Made made
        && made.isMadeBy("numpy", "dtype")
        && !items(made.arguments()).isEmpty()
        && PickleValue.text(items(made.arguments()).get(0))
            .filter(UNSIGNED_BYTE::contains)
            .isPresent();
  }

  private static List<PickleValue> items(PickleValue value) {
    return value instanceof Items items ? items.values() : List.of();
  }

  /** The bytes of an array of two dimensions with the second index running fastest. */
  byte[] rowByRow() {
    byte[] found = new byte[bytes.remaining()];
    bytes.duplicate().get(found);
    if (!columnByColumn) {
      return found;
    }
    int rows = Math.toIntExact(shape.get(0));
    int columns = Math.toIntExact(shape.get(1));
    byte[] rowByRow = new byte[found.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        rowByRow[row * columns + column] = found[column * rows + row];
      }
    }
    return rowByRow;
  }
}
