package io.pemn.packager.tensors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/**
 * Writes safetensors files, which PyTorch, JAX and others read without running code.
 *
 * <p>The same metadata and tensors give the same bytes: tensors lie in the order of the list,
 * metadata is sorted by key, and the header is padded with spaces to a multiple of 8 bytes.
 */
public final class SafetensorsWriter {

  private SafetensorsWriter() {}

  /**
   * Writes a whole file, one tensor at a time.
   *
   * @param out where the file goes, neither flushed nor closed
   * @param metadata free text by free text, may be empty
   * @param tensors in the order in which they are to lie; put wide types first to keep all aligned
   * @throws SafetensorsException before the first byte, if two tensors share a name, one is named
   *     {@code __metadata__}, a text is not Unicode, or the header would exceed 100,000,000 bytes
   * @throws IOException if a tensor produces more or fewer bytes than its shape counts, or what a
   *     tensor's source or {@code out} threw
   */
  public static void write(
      OutputStream out, Map<String, String> metadata, List<TensorEntry> tensors)
      throws IOException {
    byte[] header = SafetensorsHeader.of(metadata, tensors).encode();
    out.write(
        ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array());
    out.write(header);
    for (TensorEntry tensor : tensors) {
      tensor.writeTo(out);
    }
  }
}
