package io.pemn.packager.tensors;

import static io.pemn.packager.tensors.PrintableName.quoted;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Writes a tensor as a NumPy {@code .npy} file, version 1.0, little-endian, C order.
 *
 * <pre>
 * file   = magic version length header data
 * magic  = 0x93 "NUMPY"     version = 0x01 0x00     length = u16, little-endian
 * header = Python dictionary, spaces, newline; the data begins at a multiple of 64 bytes
 * </pre>
 *
 * <p>Source: <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>.
 */
public final class NpyWriter {

  private static final int ALIGNMENT = 64;
  private static final byte[] MAGIC_AND_VERSION = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

  private NpyWriter() {}

  /**
   * Writes a whole file.
   *
   * @param out where the file goes, neither flushed nor closed
   * @throws IOException before the first byte, if NumPy has no such element type (BF16); or if the
   *     tensor produces more or fewer bytes than its shape counts, or what its source or {@code
   *     out} threw
   */
  public static void write(OutputStream out, TensorEntry tensor) throws IOException {
    out.write(header(tensor));
    tensor.writeTo(out);
  }

  private static byte[] header(TensorEntry tensor) throws IOException {
    String description =
        tensor
            .type()
            .npyDescription()
            .orElseThrow(
                () ->
                    new IOException(
                        String.format(
                            "Tensor %s is %s, which NumPy does not have; convert it to F32.",
                            quoted(tensor.name()), tensor.type())));
    long[] shape = tensor.shape();
    String dimensions =
        Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "))
            + (shape.length == 1 ? "," : "");
    String dictionary =
        String.format(
            "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", description, dimensions);
    int prefix = MAGIC_AND_VERSION.length + Short.BYTES;
    // At most 64 dimensions of 19 digits: the length always fits 16 bits.
    int total = (prefix + dictionary.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] header = new byte[total];
    Arrays.fill(header, (byte) ' ');
    ByteBuffer.wrap(header)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC_AND_VERSION)
        .putShort((short) (total - prefix))
        .put(dictionary.getBytes(StandardCharsets.US_ASCII));
    header[total - 1] = '\n';
    return header;
  }
}
