package io.pemn.format.storage;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import java.nio.ByteBuffer;
import java.util.List;

/** One zstd frame (RFC 8878) whose content size is known beforehand. */
public final class ZstdFrame {
  private static final int LEVEL = 19;
  private static final int BLOCK_OVERHEAD = 512;

  /** The first bytes of a frame, as a big-endian number. */
  private static final int MAGIC = 0x28B52FFD;

  /** The bits of the byte behind it that say that the number of a dictionary follows. */
  private static final int DICTIONARY_FLAG = 3;

  /** Larger arrays are not possible on every virtual machine. */
  private static final int MOST_BYTES = Integer.MAX_VALUE - 8;

  private ZstdFrame() {}

  /**
   * Loads zstd's native library now and links what decompresses, some 20 ms, rather than with the
   * first frame. The system does so for one library at a time: while another thread loads a large
   * one, such as PyTorch's, a first frame would wait for half a second.
   */
  public static void loadLibrary() {
    byte[] frame = Zstd.compress(new byte[Long.BYTES]);
    try {
      decompress(ByteBuffer.wrap(frame), Long.BYTES, ArchiveSection.MASKS);
    } catch (PemnFormatException e) {
      throw new AssertionError("zstd reads what it wrote.", e);
    }
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
   * @param section what it is
   * @throws PemnFormatException if it is no frame or holds more
   */
  public static byte[] decompressUpTo(ByteBuffer frame, long most, ArchiveSection section)
      throws PemnFormatException {
    Source source = Source.of(frame);
    long stated = source.contentSize(section);
    if (stated > most) {
      throw new PemnFormatException.LimitExceeded(
          Finding.of(section, stated + " bytes", "at most " + most + " bytes"),
          name(section)
              + " take {found} when decompressed, but {expected} are possible here; raise the"
              + " limit if you trust the archive.");
    }
    return source.decompress(stated, section);
  }

  /**
   * Decompresses a frame that may come from anywhere. Nothing is allocated before the frame's own
   * content size is found equal to the one expected.
   *
   * @param frame the frame, from position to limit
   * @param expected number of bytes that the frame must hold
   * @param section what it is
   * @throws PemnFormatException if it is no frame or holds another number of bytes
   */
  public static byte[] decompress(ByteBuffer frame, long expected, ArchiveSection section)
      throws PemnFormatException {
    Source source = Source.of(frame);
    long stated = source.contentSize(section);
    if (stated != expected) {
      throw new PemnFormatException.Corrupt(
          Finding.of(section, stated + " bytes", Long.toUnsignedString(expected) + " bytes"),
          name(section)
              + " should be a zstd frame of {expected}, but the frame states {found}; get the file"
              + " again.");
    }
    return source.decompress(stated, section);
  }

  private static String name(ArchiveSection section) {
    return switch (section) {
      case MASKS -> "The masks";
      case REMAINDER -> "The remainder's tensors";
      case MODULE -> "The module's entries";
      case FILE -> "The contents of the file";
      default -> "The prototype's values";
    };
  }

  /** A frame where it stands in memory. */
  private record Source(byte[] bytes, int from, int length) {
    static Source of(ByteBuffer frame) {
      if (frame.hasArray()) {
        return new Source(frame.array(), frame.arrayOffset() + frame.position(), frame.remaining());
      }
      byte[] copy = new byte[frame.remaining()];
      frame.duplicate().get(copy);
      return new Source(copy, 0, copy.length);
    }

    /**
     * The content size that the frame states. Skippable frames and those of zstd's early versions
     * are none here, though zstd reads them; nor is one that needs a dictionary.
     */
    long contentSize(ArchiveSection section) throws PemnFormatException {
      ByteBuffer head = ByteBuffer.wrap(bytes, from, length);
      if (length <= Integer.BYTES || head.getInt() != MAGIC) {
        throw new PemnFormatException.Corrupt(
            Finding.of(
                    section,
                    length == 0 ? "nothing" : length + " bytes that begin otherwise",
                    "a zstd frame (RFC 8878), which begins with 28 B5 2F FD")
                .at(0),
            name(section) + " should be {expected}, but are {found}; get the file again.");
      }
      int dictionary = head.get() & DICTIONARY_FLAG;
      if (dictionary != 0) {
        throw new PemnFormatException.Corrupt(
            Finding.of(section, "the number of a dictionary", "none").at(Integer.BYTES),
            name(section)
                + " stand in a zstd frame with {found}, but {expected} is possible; the archive"
                + " was written by a faulty tool.");
      }
      long stated = Zstd.getFrameContentSize(bytes, from, length);
      if (stated < 0) {
        throw new PemnFormatException.Corrupt(
            Finding.of(section, "none", "its content size").at(Integer.BYTES),
            name(section)
                + " should be in a zstd frame that states {expected}, but it states {found}; get"
                + " the file again.");
      }
      return stated;
    }

    /**
     * The content. It goes where it stays, in one step: whatever window the frame asks for, none is
     * allocated.
     *
     * @param size the frame's content size, found to be allowed
     */
    byte[] decompress(long size, ArchiveSection section) throws PemnFormatException {
      if (size > MOST_BYTES) {
        throw new PemnFormatException.LimitExceeded(
            Finding.of(section, size + " bytes", "at most " + MOST_BYTES + " bytes"),
            name(section)
                + " take {found} when decompressed, but {expected} are possible in one array; use"
                + " a smaller network.");
      }
      try {
        // One frame and nothing behind it: zstd would go on to a second frame by itself.
        long end = checked(Zstd.findFrameCompressedSize(bytes, from, length));
        if (end != length) {
          throw new PemnFormatException.Corrupt(
              Finding.of(section, length - end + " bytes more", "nothing").at(end),
              name(section)
                  + " have {found} behind their zstd frame, but {expected} should follow it; get"
                  + " the file again.");
        }
        byte[] content = new byte[(int) size];
        long written =
            checked(Zstd.decompressByteArray(content, 0, content.length, bytes, from, length));
        if (written != size) {
          throw damaged(written + " bytes", size, section);
        }
        return content;
      } catch (ZstdException e) {
        throw damaged(e.getMessage(), size, section);
      }
    }

    private static long checked(long result) {
      if (Zstd.isError(result)) {
        throw new ZstdException(result);
      }
      return result;
    }

    private static PemnFormatException damaged(String found, long size, ArchiveSection section) {
      return new PemnFormatException.Corrupt(
          Finding.of(section, found, "a frame of " + size + " bytes"),
          name(section)
              + " should decompress to {expected}, but zstd finds: {found}; get the file again.");
    }
  }
}
