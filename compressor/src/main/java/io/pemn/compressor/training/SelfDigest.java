package io.pemn.compressor.training;

import io.pemn.packager.FileDigest;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The SHA-256 that a safetensors file has of itself in its metadata: of all its bytes, the digits
 * of the digest taken as zeros. Without it, bits that a disk lost among the tensors would be
 * trained on, or shipped, and nobody would notice.
 */
final class SelfDigest {
  /** The name of the metadata. */
  static final String NAME = "pemn_sha256";

  private static final String ZEROS = "0".repeat(64);
  private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{64}");
  private static final int CHUNK_BYTES = 1 << 16;

  private SelfDigest() {}

  /** The metadata of a file, with the digest of the file that they and the tensors make. */
  static Map<String, String> added(Map<String, String> metadata, List<TensorEntry> tensors)
      throws IOException {
    Map<String, String> all = new LinkedHashMap<>(metadata);
    all.put(NAME, ZEROS);
    MessageDigest sha = FileDigest.sha256();
    try (OutputStream out =
        new BufferedOutputStream(
            new DigestOutputStream(OutputStream.nullOutputStream(), sha), CHUNK_BYTES)) {
      SafetensorsWriter.write(out, all, tensors);
    }
    all.put(NAME, HexFormat.of().formatHex(sha.digest()));
    return all;
  }

  /**
   * Checks a file whose header is sound.
   *
   * @throws IOException in one sentence, if it is not the file that was written
   */
  static void check(Path file, Map<String, String> metadata) throws IOException {
    String digest = metadata.getOrDefault(NAME, "");
    if (!DIGITS.matcher(digest).matches()) {
      throw new IOException(
          "The checkpoint " + file + " is damaged: its SHA-256 is missing; begin the run anew.");
    }
    MessageDigest sha = FileDigest.sha256();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] length = in.readNBytes(Long.BYTES);
      long headerBytes = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
      byte[] header = in.readNBytes(Math.toIntExact(headerBytes));
      zero(header, digest.getBytes(StandardCharsets.US_ASCII));
      sha.update(length);
      sha.update(header);
      byte[] chunk = new byte[CHUNK_BYTES];
      for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
        sha.update(chunk, 0, count);
      }
    }
    String found = HexFormat.of().formatHex(sha.digest());
    if (!found.equals(digest)) {
      throw new IOException(
          "The checkpoint "
              + file
              + " is damaged: its SHA-256 is "
              + found
              + ", expected "
              + digest
              + "; begin the run anew.");
    }
  }

  /** Writes zeros over the digits; where they are escaped, the digest will differ. */
  private static void zero(byte[] header, byte[] digits) {
    for (int i = 0; i + digits.length <= header.length; i++) {
      if (Arrays.equals(header, i, i + digits.length, digits, 0, digits.length)) {
        Arrays.fill(header, i, i + digits.length, (byte) '0');
        return;
      }
    }
  }
}
