package io.pemn.packager.pickle;

import java.util.BitSet;
import java.util.Optional;

/**
 * Which pickles a machine reads.
 *
 * @param opcodes the instructions that it knows
 * @param leastProtocol that may be announced
 * @param greatestProtocol that may be announced
 * @param longestNumber bytes of a whole number
 * @param calls what may be named; nothing if everything may
 * @param foreign what it means that another instruction appears, for messages
 * @param remedy what to do about a damaged file, for messages
 */
record PickleDialect(
    BitSet opcodes,
    int leastProtocol,
    int greatestProtocol,
    int longestNumber,
    Optional<AllowedCalls> calls,
    String foreign,
    String remedy) {
  /** Source: {@code torch/csrc/jit/serialization/unpickler.cpp}. */
  static final PickleDialect TORCH_SCRIPT =
      new PickleDialect(
          opcodes(".(NKMJGXc)]}tldaesuRbQqrhj", 0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a),
          2,
          2,
          Long.BYTES,
          Optional.empty(),
          "TorchScript does not write; the file is damaged or was made by something else than"
              + " torch.jit.save",
          "save it again");

  /** What Python itself writes: no {@code DUP}, no sets, nothing that lies beyond the file. */
  private static final BitSet PYTHON =
      opcodes(
          ".(NIKLMJFGSTUVXBCc)]}tldaesuRbioPQpqrghj",
          0x80, // PROTO
          0x81, // NEWOBJ
          0x82, // EXT1
          0x83, // EXT2
          0x84, // EXT4
          0x85, // TUPLE1
          0x86, // TUPLE2
          0x87, // TUPLE3
          0x88, // NEWTRUE
          0x89, // NEWFALSE
          0x8a, // LONG1
          0x8b, // LONG4
          0x8c, // SHORT_BINUNICODE
          0x8d, // BINUNICODE8
          0x8e, // BINBYTES8
          0x92, // NEWOBJ_EX
          0x93, // STACK_GLOBAL
          0x94, // MEMOIZE
          0x95, // FRAME
          0x96); // BYTEARRAY8

  /** The longest numbers that are met are seeds of generators, of 64 bits and a sign. */
  private static final int LONGEST_NUMBER = 256;

  static PickleDialect python(AllowedCalls calls) {
    return new PickleDialect(
        PYTHON,
        0,
        5,
        LONGEST_NUMBER,
        Optional.of(calls),
        "has no place here, since " + calls.purpose() + "; " + calls.remedy(),
        calls.remedy());
  }

  private static BitSet opcodes(String characters, int... others) {
    BitSet opcodes = new BitSet();
    characters.chars().forEach(opcodes::set);
    for (int other : others) {
      opcodes.set(other);
    }
    return opcodes;
  }
}
