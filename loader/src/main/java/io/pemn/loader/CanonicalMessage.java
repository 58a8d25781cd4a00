package io.pemn.loader;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.message.ComparedBytes;
import java.io.IOException;

/**
 * Parses messages that must stand in the one form that a protobuf library writes, so that equal
 * contents are equal bytes and nothing hides in unknown or repeated fields.
 */
final class CanonicalMessage {
  private CanonicalMessage() {}

  /** A message without messages in it; see below. */
  static <M extends Message> M parse(
      Parser<M> parser, byte[] stored, ArchiveSection section, String what)
      throws PemnFormatException {
    return parse(parser, stored, section, what, 1);
  }

  /**
   * The message.
   *
   * @param stored its bytes and no others
   * @param section where it stands
   * @param what it is, for messages
   * @param nesting how deep messages may stand in messages
   * @throws PemnFormatException if it is none, or none in that form; with an offset within the
   *     message
   */
  static <M extends Message> M parse(
      Parser<M> parser, byte[] stored, ArchiveSection section, String what, int nesting)
      throws PemnFormatException {
    CodedInputStream in = CodedInputStream.newInstance(stored);
    in.setRecursionLimit(nesting);
    M message;
    ComparedBytes comparison = new ComparedBytes(stored);
    try {
      message = DiscardUnknownFieldsParser.wrap(parser).parseFrom(in);
      message.writeTo(comparison);
    } catch (InvalidProtocolBufferException e) {
      throw new PemnFormatException.Corrupt(
          Finding.of(section, e.getMessage(), "a protobuf message").at(in.getTotalBytesRead()),
          "In the archive, " + what + " is not {expected}: {found}",
          e);
    } catch (IOException e) {
      throw new AssertionError("Arrays are always read and compared.", e);
    }
    if (!comparison.areEqual()) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
                  section,
                  "fields that are unknown, repeated, out of order or longer than need be",
                  "each known field once, in the shortest form")
              .at(comparison.position()),
          "In the archive, "
              + what
              + " has {found}, where the format has {expected}; it was written by a faulty tool.");
    }
    return message;
  }
}
