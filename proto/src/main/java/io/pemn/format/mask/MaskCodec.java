package io.pemn.format.mask;

import io.pemn.format.Mask;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.MaskEncoding;
import java.nio.ByteBuffer;

/** One way to store the bits of all layers' masks, laid end to end. */
public interface MaskCodec {
  /** How the archive names this encoding. */
  MaskEncoding encoding();

  /**
   * Encodes a mask; equal masks of equal layouts give equal bytes.
   *
   * @param mask the bits of all segments
   * @param layout what they stand for
   * @throws IllegalArgumentException if the mask is not of this layout
   */
  EncodedMask encode(Mask mask, MaskLayout layout);

  /**
   * Decodes a mask that may come from anywhere.
   *
   * @param stored the stored bytes, from position to limit
   * @param decodedBytes {@link EncodedMask#decodedBytes()} as the archive says
   * @param layout what the mask's bits stand for
   * @throws PemnFormatException if the bytes are not what {@link #encode} could have written for
   *     this layout; never anything else
   */
  Mask decode(ByteBuffer stored, long decodedBytes, MaskLayout layout) throws PemnFormatException;
}
