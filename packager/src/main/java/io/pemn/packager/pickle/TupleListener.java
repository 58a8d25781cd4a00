package io.pemn.packager.pickle;

import java.util.List;

/** Is told of every tuple that a pickle makes. */
@FunctionalInterface
public interface TupleListener {
  /** Does nothing. */
  TupleListener NONE = (items, origins) -> {};

  /**
   * A tuple was made.
   *
   * @param items what it holds
   * @param origins where the instructions stand that named its {@linkplain PickleValue.Global
   *     globals}, one an item; of all other items {@link Span#UNKNOWN}
   */
  void tuple(List<PickleValue> items, List<Span> origins);

  /**
   * The bytes of an instruction.
   *
   * @param begin of the first byte
   * @param end one past the last
   */
  record Span(int begin, int end) {
    /** Of what nobody asks for. */
    public static final Span UNKNOWN = new Span(0, 0);
  }
}
