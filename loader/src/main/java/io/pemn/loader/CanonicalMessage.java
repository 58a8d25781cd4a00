package io.pemn.loader;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import java.nio.ByteBuffer;
import java.util.OptionalInt;

/**
 * Parses messages that must stand in the one form that a protobuf library writes, so that equal
 * contents are equal bytes and nothing hides in unknown or repeated fields.
 */
final class CanonicalMessage {
  private CanonicalMessage() {}

  /**
   * A message that stands in the file as it is.
   *
   * @param stored its bytes and no others, from position to limit
   * @param section where it stands
   * @param what it is, for messages
   * @param nesting how deep messages may stand in messages
   * @throws PemnFormatException if it is none, or none in that form; with an offset within it
   */
  static <M extends Message> M parse(
      Parser<M> parser, ByteBuffer stored, ArchiveSection section, String what, int nesting)
      throws PemnFormatException {
    MessageBytes bytes = MessageBytes.of(stored);
    CodedInputStream in = bytes.in(nesting);
    try {
      M message = parse(parser, in);
      OptionalInt difference = bytes.difference(message);
      if (difference.isPresent()) {
        throw another(otherForm(section).at(difference.getAsInt()), what);
      }
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw none(none(section, e).at(in.getTotalBytesRead()), what, e);
    }
  }

  /**
   * A message without messages in it that stood compressed; it shares the bytes, which must not
   * change afterwards.
   *
   * @param content its bytes and no others, from position to limit
   * @param section where it stood
   * @param what it is, for messages
   * @throws PemnFormatException if it is none, or none in that form
   */
  static <M extends Message> M parseContent(
      Parser<M> parser, ByteBuffer content, ArchiveSection section, String what)
      throws PemnFormatException {
    MessageBytes bytes = MessageBytes.of(content);
    try {
      M message = parse(parser, bytes.sharing(1));
      if (bytes.difference(message).isPresent()) {
        throw another(otherForm(section), what);
      }
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw none(none(section, e), what, e);
    }
  }

  private static <M extends Message> M parse(Parser<M> parser, CodedInputStream in)
      throws InvalidProtocolBufferException {
    return DiscardUnknownFieldsParser.wrap(parser).parseFrom(in);
  }

  private static Finding none(ArchiveSection section, InvalidProtocolBufferException e) {
    return Finding.of(section, e.getMessage(), "a protobuf message");
  }

  private static PemnFormatException none(
      Finding finding, String what, InvalidProtocolBufferException e) {
    return new PemnFormatException.Corrupt(
        finding, "In the archive, " + what + " is not {expected}: {found}", e);
  }

  private static Finding otherForm(ArchiveSection section) {
    return Finding.of(
        section,
        "fields that are unknown, repeated, out of order or longer than need be",
        "each known field once, in the shortest form");
  }

  private static PemnFormatException another(Finding finding, String what) {
    return new PemnFormatException.Corrupt(
        finding,
        "In the archive, "
            + what
            + " has {found}, where the format has {expected}; it was written by a faulty tool.");
  }
}
