package io.pemn.loader;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Metadata;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Counts what metadata hold before they are parsed: two bytes can claim an object of a hundred. */
final class MetadataSize {
  /** A name of 4,096 bytes and 64 dimensions take less. */
  private static final int MOST_LAYER_BYTES = 1 << 13;

  /** A page of text. */
  private static final int MOST_LABEL_BYTES = 1 << 12;

  /**
   * Of everything else: where no layers and labels are, a few hundred bytes stand. No limit that
   * can be raised, since nothing that the format describes comes near it.
   */
  private static final int MOST_OTHER_BYTES = 1 << 20;

  private MetadataSize() {}

  /**
   * Counts.
   *
   * @param metadata the message, from position to limit
   * @throws PemnFormatException if it holds more than is possible or than the limits allow; what is
   *     no message is left to the parser
   */
  static void check(ByteBuffer metadata, Limits limits) throws PemnFormatException {
    CodedInputStream in = MessageBytes.of(metadata).in(limits.nesting());
    long layers = 0;
    long labels = 0;
    long other = 0;
    try {
      for (int tag; (tag = in.readTag()) != 0; ) {
        int from = in.getTotalBytesRead();
        if (!in.skipField(tag)) {
          return;
        }
        int bytes = in.getTotalBytesRead() - from;
        switch (WireFormat.getTagFieldNumber(tag)) {
          case Metadata.LAYERS_FIELD_NUMBER -> {
            layers++;
            other += Math.max(0, bytes - MOST_LAYER_BYTES);
          }
          case Metadata.CLASS_LABELS_FIELD_NUMBER -> {
            labels++;
            other += Math.max(0, bytes - MOST_LABEL_BYTES);
          }
          default -> other += bytes;
        }
        if (layers > limits.layers()) {
          throw exceeded(layers + " layers", limits.layers() + " layers", from);
        }
        if (labels > limits.classLabels()) {
          throw exceeded(labels + " class labels", limits.classLabels() + " class labels", from);
        }
        if (other > MOST_OTHER_BYTES) {
          throw new PemnFormatException.LimitExceeded(
              Finding.of(
                      ArchiveSection.METADATA,
                      other + " bytes or more beside labels and layers of a usual size",
                      "at most " + MOST_OTHER_BYTES)
                  .at(from),
              "The archive's metadata have {found}, but {expected} are possible; it was written by"
                  + " a faulty tool.");
        }
      }
    } catch (PemnFormatException e) {
      throw e;
    } catch (IOException e) {
      // Parsing says what is wrong, at the same place.
    }
  }

  private static PemnFormatException exceeded(String found, String most, int at) {
    return new PemnFormatException.LimitExceeded(
        Finding.of(ArchiveSection.METADATA, found + " or more", "at most " + most).at(at),
        "The archive's metadata have {found}, but {expected} are allowed; raise the limit if you"
            + " trust it.");
  }
}
