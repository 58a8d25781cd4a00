package io.pemn.loader;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalInt;

/**
 * Parses messages that must stand in the one form that a protobuf library writes, so that equal
 * contents are equal bytes and nothing hides in unknown or repeated fields.
 */
final class CanonicalMessage {
  private CanonicalMessage() {}

  /** A message without messages in it; see below. */
  static <M extends Message> M parse(
      Parser<M> parser, ByteBuffer stored, ArchiveSection section, String what)
      throws PemnFormatException {
    return parse(parser, stored, section, what, 1);
  }

  /**
   * The message.
   *
   * @param stored its bytes and no others, from position to limit
   * @param section where it stands
   * @param what it is, for messages
   * @param nesting how deep messages may stand in messages
   * @throws PemnFormatException if it is none, or none in that form; with an offset within the
   *     message
   */
  static <M extends Message> M parse(
      Parser<M> parser, ByteBuffer stored, ArchiveSection section, String what, int nesting)
      throws PemnFormatException {
    MessageBytes bytes = MessageBytes.of(stored);
    CodedInputStream in = bytes.in(nesting);
    M message;
    OptionalInt difference;
    try {
      message = DiscardUnknownFieldsParser.wrap(parser).parseFrom(in);
      difference = bytes.difference(message);
    } catch (InvalidProtocolBufferException e) {
      throw new PemnFormatException.Corrupt(
          Finding.of(section, e.getMessage(), "a protobuf message").at(in.getTotalBytesRead()),
          "In the archive, " + what + " is not {expected}: {found}",
          e);
    } catch (IOException e) {
      throw new AssertionError("Arrays are always read and compared.", e);
    }
    if (difference.isPresent()) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
                  section,
                  "fields that are unknown, repeated, out of order or longer than need be",
                  "each known field once, in the shortest form")
              .at(difference.getAsInt()),
          "In the archive, "
              + what
              + " has {found}, where the format has {expected}; it was written by a faulty tool.");
    }
    return message;
  }
}
