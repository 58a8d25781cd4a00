package io.pemn.packager.pytorch;

import io.pemn.loader.torchscript.TensorLayout;
import io.pemn.packager.pickle.PickleValue;
import io.pemn.packager.pickle.PickleValue.Constant;
import io.pemn.packager.pickle.PickleValue.Items;
import io.pemn.packager.pickle.PickleValue.Made;
import io.pemn.packager.pickle.PickleValue.Number;
import io.pemn.packager.pickle.PickleValue.Persistent;
import io.pemn.packager.tensors.PrintableName;
import java.util.ArrayList;
import java.util.List;

/**
 * A tensor as a pickle has it: a call of {@code torch._utils._rebuild_tensor_v2(storage, offset,
 * shape, strides, requires_grad, hooks, ...)}.
 *
 * @param storage where its numbers are
 * @param layout its shape, and where its elements stand in the storage, within which they end
 * @param requiresGradient whether it is to be trained
 * @param isPlain whether nothing else is said of it, such as hooks or that it is conjugated
 */
public record RebuiltTensor(
    StorageId storage, TensorLayout layout, boolean requiresGradient, boolean isPlain) {
  /** Module of the function. */
  public static final String MODULE = "torch._utils";

  /** Name of the function. */
  public static final String FUNCTION = "_rebuild_tensor_v2";

  private static final int ARGUMENTS = 5;

  /**
   * Reads the arguments of such a call.
   *
   * @throws IllegalArgumentException if they make no tensor; the message is a clause that goes on
   *     after "the tensor x"
   */
  public static RebuiltTensor of(Made call) {
    if (!(call.arguments() instanceof Items items)
        || items.values().size() < ARGUMENTS
        || !(items.values().get(0) instanceof Persistent persistent)
        || !(items.values().get(1) instanceof Number offset)
        || !(items.values().get(2) instanceof Items shape)
        || !(items.values().get(3) instanceof Items strides)
        || !(items.values().get(4) instanceof Constant requiresGradient)) {
      throw new IllegalArgumentException(
          "is not made of a storage, an offset, a shape and strides");
    }
    StorageId storage = storage(persistent);
    TensorLayout layout;
    List<Integer> dimensions = dimensions(shape);
    List<Long> steps = numbers(strides);
    try {
      layout = new TensorLayout(dimensions, offset.value(), steps);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("is impossible (" + e.getMessage() + ")", e);
    }
    if (layout.end() > storage.elements() || layout.offset() > storage.elements()) {
      throw new IllegalArgumentException(
          "of shape "
              + layout.shape()
              + " reaches beyond the "
              + storage.elements()
              + " elements of its storage "
              + PrintableName.quoted(storage.key()));
    }
    boolean plain =
        items.values().subList(ARGUMENTS, items.values().size()).stream()
            .allMatch(RebuiltTensor::isNothing);
    return new RebuiltTensor(storage, layout, requiresGradient == Constant.TRUE, plain);
  }

  /**
   * The storage that stands outside of a pickle.
   *
   * @throws IllegalArgumentException as {@link #of} does, if it is something else
   */
  public static StorageId storage(Persistent persistent) {
    return StorageId.of(persistent.id())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "has something else than a storage outside of the pickle"));
  }

  /** Whether an argument after the usual ones changes nothing: no hooks, no conjugate bit. */
  private static boolean isNothing(PickleValue value) {
    boolean filled = value instanceof Made made && made.state() != Constant.NONE;
    return value == Constant.NONE
        || !filled
            && PickleValue.dictionary(value).filter(found -> found.pairs().isEmpty()).isPresent();
  }

  private static List<Integer> dimensions(Items items) {
    List<Integer> dimensions = new ArrayList<>();
    for (long number : numbers(items)) {
      if (number < 0 || number > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "has a dimension of " + number + ", expected 0 to 2147483647");
      }
      dimensions.add((int) number);
    }
    return dimensions;
  }

  private static List<Long> numbers(Items items) {
    List<Long> numbers = new ArrayList<>();
    for (PickleValue item : items.values()) {
      if (!(item instanceof Number number)) {
        throw new IllegalArgumentException("has a shape or strides of something else than numbers");
      }
      numbers.add(number.value());
    }
    return numbers;
  }
}
