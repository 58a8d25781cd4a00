package io.pemn.packager;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names a file by what is in it. */
public final class FileDigest {
  private FileDigest() {}

  /**
   * SHA-256 of a file in hexadecimal.
   *
   * @throws IOException if it cannot be read
   */
  public static String sha256(Path path) throws IOException {
    try (DigestInputStream in = new DigestInputStream(Files.newInputStream(path), sha256())) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    }
  }

  /** A SHA-256 of nothing so far. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every JVM has SHA-256.", e);
    }
  }
}
