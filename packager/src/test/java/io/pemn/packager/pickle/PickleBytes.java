package io.pemn.packager.pickle;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A pickle, instruction by instruction. */
final class PickleBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A pickle of that protocol, as it announces itself. */
  static PickleBytes protocol(int protocol) {
    return new PickleBytes().op(0x80).op(protocol);
  }

  /**
   * Instructions without an announcement, as protocols 0 and 1 have them; each byte a character.
   */
  static PickleBytes of(String opcodes) {
    return new PickleBytes().ops(opcodes);
  }

  PickleBytes op(int opcode) {
    out.write(opcode);
    return this;
  }

  PickleBytes ops(String opcodes) {
    out.writeBytes(opcodes.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  PickleBytes global(String module, String name) {
    return ops("c" + module + "\n" + name + "\n");
  }

  PickleBytes text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ops("X").little(bytes.length, 4);
    out.writeBytes(bytes);
    return this;
  }

  PickleBytes little(long number, int bytes) {
    for (int i = 0; i < bytes; i++) {
      op((int) (number >>> Byte.SIZE * i) & 0xFF);
    }
    return this;
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  ByteBuffer buffer() {
    return ByteBuffer.wrap(bytes());
  }
}
