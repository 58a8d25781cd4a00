package io.pemn.format.mask;

import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.MaskEncoding;
import java.nio.ByteBuffer;

/** One way to store the kept positions of all layers, laid end to end. */
public interface MaskCodec {
  /** How the archive names this encoding. */
  MaskEncoding encoding();

  /** Encodes a mask; equal masks give equal bytes. */
  EncodedMask encode(Mask mask);

  /**
   * Decodes a mask that may come from anywhere.
   *
   * @param stored the stored bytes, from position to limit
   * @param decodedBytes {@link EncodedMask#decodedBytes()} as the archive says
   * @param positions number of positions of the mask
   * @throws PemnFormatException if the bytes are not what {@link #encode} could have written for
   *     this many positions; never anything else
   */
  Mask decode(ByteBuffer stored, long decodedBytes, int positions) throws PemnFormatException;
}
