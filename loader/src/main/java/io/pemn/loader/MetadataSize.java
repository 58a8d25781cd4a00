package io.pemn.loader;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Metadata;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Counts what metadata hold before they are parsed: two bytes can claim an object of a hundred. */
final class MetadataSize {
  /** A name of 4,096 bytes and 64 dimensions take less. */
  private static final int MOST_LAYER_BYTES = 1 << 13;

  private static final int MOST_LABELS = 1 << 20;
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
    CodedInputStream in = CodedInputStream.newInstance(metadata.duplicate());
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
          case Metadata.CLASS_LABELS_FIELD_NUMBER -> labels++;
          default -> other += bytes;
        }
        if (layers > limits.layers()) {
          throw new PemnFormatException.LimitExceeded(
              "The archive has more layers than the limit of "
                  + limits.layers()
                  + "; raise the limit if you trust it.");
        }
        if (labels > MOST_LABELS || other > MOST_OTHER_BYTES) {
          throw new PemnFormatException.LimitExceeded(
              "The archive's metadata have more than the "
                  + MOST_LABELS
                  + " class labels, or the "
                  + MOST_OTHER_BYTES
                  + " bytes beside labels and layers, that are possible; it was written by a faulty"
                  + " tool.");
        }
      }
    } catch (PemnFormatException e) {
      throw e;
    } catch (IOException e) {
      // Parsing says what is wrong, at the same place.
    }
  }
}
