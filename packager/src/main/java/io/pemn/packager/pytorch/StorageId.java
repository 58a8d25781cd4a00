package io.pemn.packager.pytorch;

import io.pemn.format.NumberType;
import io.pemn.packager.pickle.PickleValue;
import io.pemn.packager.pickle.PickleValue.Global;
import io.pemn.packager.pickle.PickleValue.Items;
import io.pemn.packager.pickle.PickleValue.Number;
import io.pemn.packager.pickle.PickleValue.Text;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A storage as a pickle names it: {@code ("storage", class, key, device, elements)}.
 *
 * @param type of its numbers; none if it is one that an archive cannot store as numbers
 * @param key its entry is {@code data/} and this
 * @param elements 0 or more
 */
public record StorageId(Optional<NumberType> type, String key, long elements) {
  /** What such a tuple begins with. */
  public static final String TAG = "storage";

  /** Items of such a tuple. */
  public static final int LENGTH = 5;

  private static final String MODULE = "torch";

  private static final Map<String, NumberType> TYPES =
      Map.of(
          "FloatStorage", NumberType.FLOAT32,
          "HalfStorage", NumberType.FLOAT16,
          "DoubleStorage", NumberType.FLOAT64,
          "BFloat16Storage", NumberType.BFLOAT16,
          "LongStorage", NumberType.INT64,
          "IntStorage", NumberType.INT32,
          "ShortStorage", NumberType.INT16,
          "CharStorage", NumberType.INT8,
          "ByteStorage", NumberType.UINT8,
          "BoolStorage", NumberType.BOOL);

  /** The class of {@code torch} for float32. */
  public static final String FLOAT32_CLASS = "FloatStorage";

  /** Names of the classes that storages have, such as {@code torch.FloatStorage}. */
  public static Set<String> classes() {
    return TYPES.keySet().stream().map(name -> MODULE + "." + name).collect(Collectors.toSet());
  }

  /** What the value names, or nothing if it is none. */
  public static Optional<StorageId> of(PickleValue id) {
    if (!(id instanceof Items items) || !items.isTuple() || items.values().size() != LENGTH) {
      return Optional.empty();
    }
    List<PickleValue> values = items.values();
    if (values.get(0) instanceof Text tag
        && tag.value().equals(TAG)
        && values.get(1) instanceof Global type
        && values.get(2) instanceof Text key
        && values.get(4) instanceof Number elements
        && elements.value() >= 0) {
      NumberType number = type.module().equals(MODULE) ? TYPES.get(type.name()) : null;
      return Optional.of(new StorageId(Optional.ofNullable(number), key.value(), elements.value()));
    }
    return Optional.empty();
  }
}
