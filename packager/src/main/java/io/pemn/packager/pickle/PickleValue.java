package io.pemn.packager.pickle;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What stands in a pickle. Lists, dictionaries and objects are compared by identity.
 *
 * <p>Strings that Python 2 wrote are {@link Bytes}, since nothing says whether they are texts;
 * {@link #text} reads both.
 */
public sealed interface PickleValue {
  /** Nothing in the pickle differs between two of these. */
  enum Constant implements PickleValue {
    NONE,
    TRUE,
    FALSE
  }

  /** A whole number. */
  record Number(long value) implements PickleValue {}

  /** A whole number beyond 64 bits. */
  record BigNumber(BigInteger value) implements PickleValue {}

  /** A floating-point number. */
  record Real(double value) implements PickleValue {}

  /** A text; bytes that are no UTF-8 are replaced. */
  record Text(String value) implements PickleValue {}

  /** Bytes, or a string of Python 2. */
  record Bytes(ByteBuffer buffer) implements PickleValue {
    /** Keeps a view of the buffer, from its position to its limit. */
    public Bytes {
      buffer = buffer.slice().asReadOnlyBuffer();
    }

    /** A view of the bytes, from 0 to their number, that cannot change them. */
    @Override
    public ByteBuffer buffer() {
      return buffer.duplicate();
    }

    /** How many there are. */
    public int length() {
      return buffer.remaining();
    }
  }

  /** A class or function by its name; it is never looked up. */
  record Global(String module, String name) implements PickleValue {
    /** Whether it is that one. */
    public boolean is(String otherModule, String otherName) {
      return module.equals(otherModule) && name.equals(otherName);
    }

    /** As code names it. */
    public String qualified() {
      return module + "." + name;
    }
  }

  /** A list or a tuple. */
  final class Items implements PickleValue {
    private static final int FEW = 4;

    private final boolean tuple;
    private List<PickleValue> values;

    private Items(boolean tuple, List<PickleValue> values) {
      this.tuple = tuple;
      this.values = values;
    }

    static Items list() {
      return new Items(false, List.of());
    }

    static Items tuple(List<PickleValue> values) {
      return new Items(true, values);
    }

    /** Whether it is a tuple; else it is a list. */
    public boolean isTuple() {
      return tuple;
    }

    /** What it holds, in order. */
    public List<PickleValue> values() {
      return values;
    }

    void add(List<PickleValue> more) {
      if (!(values instanceof ArrayList)) {
        List<PickleValue> grown = new ArrayList<>(Math.max(FEW, more.size()));
        grown.addAll(values);
        values = grown;
      }
      values.addAll(more);
    }
  }

  /** A dictionary: keys and values in turn, in the pickle's order. */
  final class Dictionary implements PickleValue {
    /** A longer key is no name; without a bound the same long bytes could be many keys. */
    private static final int LONGEST_NAME = 1 << 16;

    private final Items pairs = Items.list();

    /** Keys and values in turn, an even number; of equal keys the last one counts. */
    public List<PickleValue> pairs() {
      return pairs.values();
    }

    /**
     * The values whose keys are {@linkplain PickleValue#text texts} (of bytes less than 65,536), by
     * these, in order.
     */
    public Map<String, PickleValue> byName() {
      Map<String, PickleValue> byName = new LinkedHashMap<>();
      List<PickleValue> all = pairs();
      for (int i = 0; i < all.size(); i += 2) {
        PickleValue key = all.get(i);
        PickleValue value = all.get(i + 1);
        if (!(key instanceof Bytes bytes) || bytes.length() < LONGEST_NAME) {
          text(key).ifPresent(name -> byName.put(name, value));
        }
      }
      return byName;
    }

    void put(List<PickleValue> more) {
      pairs.add(more);
    }
  }

  /** An object of a class, or what a function would return. */
  final class Made implements PickleValue {
    private final PickleValue maker;
    private final PickleValue arguments;
    private final boolean called;
    private Dictionary items;
    private PickleValue state = Constant.NONE;

    Made(PickleValue maker, PickleValue arguments, boolean called) {
      this.maker = maker;
      this.arguments = arguments;
      this.called = called;
    }

    /** The class or function, as a rule a {@link Global}. */
    public PickleValue maker() {
      return maker;
    }

    /** Whether that class or function made it. */
    public boolean isMadeBy(String module, String name) {
      return maker instanceof Global global && global.is(module, name);
    }

    /** What the class or function is given, as a rule a tuple. */
    public PickleValue arguments() {
      return arguments;
    }

    /** Whether it is a function's result. */
    public boolean called() {
      return called;
    }

    /** What was put into it as into a dictionary, such as an {@code OrderedDict}. */
    public Dictionary items() {
      return items == null ? new Dictionary() : items;
    }

    /** What the object is filled from. */
    public PickleValue state() {
      return state;
    }

    void build(PickleValue newState) {
      state = newState;
    }

    void put(List<PickleValue> pairs) {
      if (items == null) {
        items = new Dictionary();
      }
      items.put(pairs);
    }
  }

  /** Something outside of the pickle: a storage. */
  record Persistent(PickleValue id) implements PickleValue {}

  /**
   * The text that a value is, or nothing: a {@link Text}, or {@link Bytes}, each of them a
   * character (ISO 8859-1).
   */
  static Optional<String> text(PickleValue value) {
    if (value instanceof Text text) {
      return Optional.of(text.value());
    } else if (value instanceof Bytes bytes) {
      return Optional.of(StandardCharsets.ISO_8859_1.decode(bytes.buffer()).toString());
    }
    return Optional.empty();
  }

  /**
   * The dictionary that a value is, or nothing: a {@link Dictionary}, or a {@code
   * collections.OrderedDict} that is empty or was made of a list of pairs and filled.
   */
  static Optional<Dictionary> dictionary(PickleValue value) {
    if (value instanceof Dictionary dictionary) {
      return Optional.of(dictionary);
    }
    if (!(value instanceof Made made)
        || !made.called()
        || !made.isMadeBy("collections", "OrderedDict")
        || !(made.arguments() instanceof Items arguments)
        || arguments.values().size() > 1) {
      return Optional.empty();
    }
    if (arguments.values().isEmpty()) {
      return Optional.of(made.items());
    }
    if (!(arguments.values().get(0) instanceof Items pairs)) {
      return Optional.empty();
    }
    Dictionary all = new Dictionary();
    for (PickleValue item : pairs.values()) {
      if (!(item instanceof Items pair) || pair.values().size() != 2) {
        return Optional.empty();
      }
      all.put(pair.values());
    }
    all.put(made.items().pairs());
    return Optional.of(all);
  }
}
