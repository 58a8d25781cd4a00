package io.pemn.loader;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.pemn.loader.message.ComparedBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalInt;

/**
 * A message's bytes where they stand, without a copy of them if they are on the heap.
 *
 * @param array has them
 * @param from index of the first
 * @param length how many
 */
record MessageBytes(byte[] array, int from, int length) {
  /** The bytes from position to limit. */
  static MessageBytes of(ByteBuffer bytes) {
    if (bytes.hasArray()) {
      return new MessageBytes(
          bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return new MessageBytes(copy, 0, copy.length);
  }

  /**
   * Reads them.
   *
   * @param nesting how deep messages and groups may stand in others
   */
  CodedInputStream in(int nesting) {
    CodedInputStream in = CodedInputStream.newInstance(array, from, length);
    in.setRecursionLimit(nesting);
    return in;
  }

  /**
   * Reads them; fields of bytes share the array instead of being copied, and keep it in memory.
   *
   * @param nesting as above
   */
  CodedInputStream sharing(int nesting) {
    CodedInputStream in = UnsafeByteOperations.unsafeWrap(array, from, length).newCodedInput();
    in.enableAliasing(true);
    in.setRecursionLimit(nesting);
    return in;
  }

  /** Where they stop being those that a library writes of this message, if anywhere. */
  OptionalInt difference(Message message) {
    ComparedBytes comparison = new ComparedBytes(array, from, length);
    try {
      message.writeTo(comparison);
    } catch (IOException e) {
      throw new AssertionError("Bytes in memory are always compared.", e);
    }
    return comparison.areEqual() ? OptionalInt.empty() : OptionalInt.of(comparison.position());
  }
}
