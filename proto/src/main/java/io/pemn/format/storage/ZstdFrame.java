package io.pemn.format.storage;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import io.pemn.format.PemnFormatException;
import java.nio.ByteBuffer;
import java.util.List;

/** One zstd frame (RFC 8878) whose content size is known beforehand. */
public final class ZstdFrame {
  private static final int LEVEL = 19;
  private static final int BLOCK_OVERHEAD = 512;

  /** The first bytes of a frame, as a big-endian number. */
  private static final int MAGIC = 0x28B52FFD;

  private ZstdFrame() {}

  /**
   * Loads zstd's native library now and links what decompresses, some 20 ms, rather than with the
   * first frame. The system does so for one library at a time: while another thread loads a large
   * one, such as PyTorch's, a first frame would wait for half a second.
   */
  public static void loadLibrary() {
    byte[] frame = Zstd.compress(new byte[Long.BYTES]);
    contentSize(frame);
    Zstd.findFrameCompressedSize(frame);
    Zstd.decompress(new byte[Long.BYTES], frame);
  }

  /** Compresses bytes into one frame that states its content size. */
  public static byte[] compress(byte[] content) {
    return Zstd.compress(content, LEVEL);
  }

  /**
   * Compresses bytes into one frame that states its content size, with a new block, and so with
   * statistics of its own, where the bytes change their kind, if the frame gets smaller by it.
   *
   * @param content the bytes
   * @param cuts where blocks may begin, ascending
   */
  public static byte[] compress(byte[] content, List<Integer> cuts) {
    byte[] whole = compress(content);
    byte[] cut = compressInBlocks(content, cuts);
    return cut.length < whole.length ? cut : whole;
  }

  private static byte[] compressInBlocks(byte[] content, List<Integer> cuts) {
    // Every block ends with bytes of its own.
    int room =
        Math.toIntExact(Zstd.compressBound(content.length)) + (cuts.size() + 1) * BLOCK_OVERHEAD;
    ByteBuffer in = ByteBuffer.allocateDirect(content.length).put(content).flip();
    ByteBuffer out = ByteBuffer.allocateDirect(room);
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      context.setLevel(LEVEL).setContentSize(true);
      context.setPledgedSrcSize(content.length);
      for (int cut : cuts) {
        in.limit(cut);
        finish(context, out, in, EndDirective.FLUSH);
      }
      in.limit(content.length);
      finish(context, out, in, EndDirective.END);
    }
    byte[] frame = new byte[out.position()];
    out.flip().get(frame);
    return frame;
  }

  private static void finish(
      ZstdCompressCtx context, ByteBuffer out, ByteBuffer in, EndDirective end) {
    if (!context.compressDirectByteBufferStream(out, in, end)) {
      throw new AssertionError("A buffer of zstd's own bound is never too small.");
    }
  }

  /**
   * Decompresses a frame that may come from anywhere and states its own content size.
   *
   * @param frame the frame, from position to limit
   * @param most the most bytes that it may hold; nothing is allocated before its content size is
   *     found to be no more
   * @param section what it is, for messages: "The masks"
   * @throws PemnFormatException if it is no frame or holds more
   */
  public static byte[] decompressUpTo(ByteBuffer frame, long most, String section)
      throws PemnFormatException {
    long declared = contentSize(bytes(frame));
    if (declared < 0) {
      throw new PemnFormatException.Corrupt(
          section + " should be a zstd frame that states its size, but are none; get it again.");
    }
    if (declared > most) {
      throw new PemnFormatException.LimitExceeded(
          section
              + " take "
              + declared
              + " bytes in memory, more than the "
              + most
              + " that are possible here; raise the limit if you trust the archive.");
    }
    return decompress(frame, declared, section);
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
    byte[] bytes = bytes(frame);
    long declared = contentSize(bytes);
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

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  /**
   * The content size that a frame states, or a negative number where it states none or is none.
   * Skippable frames and those of zstd's early versions are none, though zstd reads them.
   */
  private static long contentSize(byte[] frame) {
    boolean begins = frame.length >= Integer.BYTES && ByteBuffer.wrap(frame).getInt() == MAGIC;
    return begins ? Zstd.getFrameContentSize(frame) : -1;
  }
}
