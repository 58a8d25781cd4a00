package io.pemn.loader;

import com.google.protobuf.ByteString;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pemn.format.PemnFormatException;
import java.nio.ByteBuffer;

/**
 * Parses messages that must stand in the one form that a protobuf library writes, so that equal
 * contents are equal bytes and nothing hides in unknown or repeated fields.
 */
final class CanonicalMessage {
  private CanonicalMessage() {}

  static <M extends Message> M parse(Parser<M> parser, ByteBuffer bytes, String what)
      throws PemnFormatException {
    ByteString stored = ByteString.copyFrom(bytes.duplicate());
    try {
      M message = DiscardUnknownFieldsParser.wrap(parser).parseFrom(stored);
      if (!message.toByteString().equals(stored)) {
        throw new PemnFormatException.Corrupt(
            "In the archive, "
                + what
                + " has fields that this format version does not, or has them in another form"
                + " than the format's one; it was written by a faulty tool.");
      }
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw new PemnFormatException.Corrupt(
          "In the archive, " + what + " is no protobuf message: " + e.getMessage(), e);
    }
  }
}
