package io.pemn.packager.torchscript;

import java.util.ArrayList;
import java.util.List;

/**
 * What stands in a pickle. Values can contain themselves, so that nothing but identity compares
 * them.
 */
sealed interface PickleValue {
  /** Nothing in the pickle differs between two of these. */
  enum Constant implements PickleValue {
    NONE,
    TRUE,
    FALSE
  }

  /** A whole number. */
  record Number(long value) implements PickleValue {}

  /** A floating-point number; nothing asks for its value. */
  record Real() implements PickleValue {}

  /** A text; bytes that are no UTF-8 are replaced. */
  record Text(String value) implements PickleValue {}

  /** A class or function by its name; it is never looked up. */
  record Global(String module, String name) implements PickleValue {
    boolean is(String otherModule, String otherName) {
      return module.equals(otherModule) && name.equals(otherName);
    }

    /** As code names it. */
    String qualified() {
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

    boolean isTuple() {
      return tuple;
    }

    List<PickleValue> values() {
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
    private final Items pairs = Items.list();

    /** Keys and values in turn, an even number. */
    List<PickleValue> pairs() {
      return pairs.values();
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
    private PickleValue state = Constant.NONE;

    Made(PickleValue maker, PickleValue arguments, boolean called) {
      this.maker = maker;
      this.arguments = arguments;
      this.called = called;
    }

    /** The class or function, as a rule a {@link Global}. */
    PickleValue maker() {
      return maker;
    }

    PickleValue arguments() {
      return arguments;
    }

    /** Whether it is a function's result. */
    boolean called() {
      return called;
    }

    /** What the object is filled from. */
    PickleValue state() {
      return state;
    }

    void build(PickleValue newState) {
      state = newState;
    }
  }

  /** Something outside of the pickle: a storage. */
  record Persistent(PickleValue id) implements PickleValue {}
}
