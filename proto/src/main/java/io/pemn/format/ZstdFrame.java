package io.pemn.format;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;

/** One zstd frame (RFC 8878) whose content size is known beforehand. */
public final class ZstdFrame {
  private static final int LEVEL = 19;

  private ZstdFrame() {}

  /** Compresses bytes into one frame that states its content size. */
  public static byte[] compress(byte[] content) {
    return Zstd.compress(content, LEVEL);
  }

  /**
   * Decompresses a frame that may come from anywhere. Nothing is allocated before the frame's own
   * content size is found equal to the one expected.
   *
   * @param frame the frame, from position to limit
   * @param expected number of bytes that the frame must hold
   * @param section what it is, for messages: "The masks"
   * @throws PemnFormatException if it is no frame or holds another number of bytes
   */
  public static byte[] decompress(ByteBuffer frame, long expected, String section)
      throws PemnFormatException {
    byte[] bytes = new byte[frame.remaining()];
    frame.duplicate().get(bytes);
    // zstd-jni throws on no bytes at all, and says -1 or -2 where there is no size.
    long declared = bytes.length == 0 ? -1 : Zstd.getFrameContentSize(bytes);
    if (declared != expected || declared < 0 || expected > Integer.MAX_VALUE - 8) {
      throw new PemnFormatException.Corrupt(
          section
              + " should be a zstd frame of "
              + Long.toUnsignedString(expected)
              + " bytes, but "
              + (declared < 0 ? "are no such frame" : "the frame states " + declared)
              + "; get the file again.");
    }
    byte[] content = new byte[(int) expected];
    try {
      // One frame and nothing behind it: zstd would go on to a second frame by itself.
      if (Zstd.findFrameCompressedSize(bytes) != bytes.length) {
        throw new PemnFormatException.Corrupt(
            section + " have bytes behind their zstd frame; get the file again.");
      }
      long written = Zstd.decompress(content, bytes);
      if (Zstd.isError(written) || written != expected) {
        throw new PemnFormatException.Corrupt(
            section + " do not decompress to " + expected + " bytes; get the file again.");
      }
    } catch (ZstdException e) {
      throw new PemnFormatException.Corrupt(
          section + " are damaged: zstd says \"" + e.getMessage() + "\"; get the file again.", e);
    }
    return content;
  }
}
