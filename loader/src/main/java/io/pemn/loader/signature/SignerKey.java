package io.pemn.loader.signature;

import io.pemn.format.storage.ArchiveFormat;
import io.pemn.loader.message.UnreadableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The public key of somebody who signs: a point of {@link P256}. Immutable. */
public final class SignerKey {
  private static final int MOST_FILE_BYTES = 1 << 16;
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");
  private static final Base64.Encoder LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  /** SubjectPublicKeyInfo in DER. */
  private final byte[] encoded;

  private SignerKey(byte[] encoded) {
    this.encoded = encoded;
  }

  /**
   * Takes a key of any provider.
   *
   * @throws IllegalArgumentException in one sentence, if it is not one of this curve
   */
  public static SignerKey of(PublicKey key) {
    if (!(key instanceof ECPublicKey ec)) {
      throw new IllegalArgumentException(
          "A key is of the kind "
              + key.getAlgorithm()
              + ", but archives are signed with keys of the elliptic curve P-256; give one of"
              + " those.");
    }
    if (!P256.is(ec.getParams())) {
      throw new IllegalArgumentException(
          "A key is of an elliptic curve of "
              + ec.getParams().getCurve().getField().getFieldSize()
              + " bits, but archives are signed with keys of the curve P-256; give one of those.");
    }
    if (!P256.has(ec.getW())) {
      throw new IllegalArgumentException(
          "A key is no point of the curve P-256: it is damaged, or was made to deceive.");
    }
    return new SignerKey(P256.encode(ec.getW()));
  }

  /**
   * Reads a PEM file with a public key, as {@code pemn keygen} and {@code openssl pkey -pubout}
   * write it.
   *
   * @throws IOException in one sentence, if it cannot be read or holds no such key
   */
  public static SignerKey read(Path file) throws IOException {
    byte[] bytes;
    try {
      if (Files.isDirectory(file)) {
        throw new IOException(
            file + " is a folder, not a public key; give the file that pemn keygen named .pub.");
      }
      if (Files.size(file) > MOST_FILE_BYTES) {
        throw new IOException(
            file + " is too large for a public key; give the file that pemn keygen named .pub.");
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new NoSuchFileException(
          "There is no file " + file + "; check the path of the public key.");
    } catch (FileSystemException e) {
      throw UnreadableFile.of("The public key " + file, e);
    }
    return parse(new String(bytes, StandardCharsets.US_ASCII), file.toString());
  }

  /**
   * Reads the text of a PEM file; see {@link #read}.
   *
   * @param pem one block {@code PUBLIC KEY}; lines around it are ignored, as RFC 7468 allows
   * @param where what holds it, for messages
   */
  static SignerKey parse(String pem, String where) throws IOException {
    Matcher block = BLOCK.matcher(pem);
    if (!block.find()) {
      throw new IOException(
          where + " holds no PEM block -----BEGIN PUBLIC KEY-----; give a public key in PEM.");
    }
    String label = block.group(1);
    if (label.endsWith("PRIVATE KEY")) {
      throw new IOException(
          where
              + " is a private key, which only the signer needs; give its public key (openssl pkey"
              + " -pubout).");
    }
    if (!label.equals("PUBLIC KEY")) {
      throw new IOException(
          where
              + " holds a PEM block "
              + label
              + ", but a PUBLIC KEY is expected; of a certificate, openssl x509 -pubkey -noout gives"
              + " it.");
    }
    String body = block.group(2);
    if (block.find()) {
      throw new IOException(where + " holds several PEM blocks; give one key a file.");
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(body);
      return of(factory().generatePublic(new X509EncodedKeySpec(der)));
    } catch (InvalidKeySpecException e) {
      throw new IOException(
          where
              + " holds a key of another kind than the elliptic curve P-256, or a damaged one; make"
              + " one with pemn keygen.",
          e);
    } catch (IllegalArgumentException e) {
      throw new IOException(where + ": " + e.getMessage(), e);
    }
  }

  private static KeyFactory factory() throws IOException {
    try {
      return KeyFactory.getInstance("EC");
    } catch (GeneralSecurityException e) {
      throw withoutCurves(e);
    }
  }

  /** What a runtime says that was made without the module in which its curves are. */
  public static IOException withoutCurves(GeneralSecurityException e) {
    return new IOException(
        "This Java runtime has no elliptic curves ("
            + e.getMessage()
            + "); use one with the module jdk.crypto.ec.",
        e);
  }

  /** {@return the key as the JDK knows it} */
  public ECPublicKey key() throws IOException {
    try {
      return (ECPublicKey) factory().generatePublic(new X509EncodedKeySpec(encoded));
    } catch (InvalidKeySpecException e) {
      throw new IllegalStateException("The key was checked when it was taken.", e);
    }
  }

  /** {@return the file that other tools read: SubjectPublicKeyInfo in PEM} */
  public String pem() {
    return "-----BEGIN PUBLIC KEY-----\n"
        + LINES.encodeToString(encoded)
        + "\n-----END PUBLIC KEY-----\n";
  }

  /**
   * {@return what names the key in signatures: SHA-256 of {@link #pem()}, 64 hexadecimal digits}
   */
  public String fingerprint() {
    return HexFormat.of()
        .formatHex(
            ArchiveFormat.digest(ByteBuffer.wrap(pem().getBytes(StandardCharsets.US_ASCII))));
  }

  /**
   * Whether the holder of this key signed a message, by ECDSA with SHA-256.
   *
   * @param signature in DER; anything else is no signature
   * @throws IOException if this Java runtime cannot tell
   */
  public boolean signed(byte[] message, byte[] signature) throws IOException {
    if (EcdsaSignature.parse(signature).isEmpty()) {
      return false;
    }
    try {
      Signature check = Signature.getInstance("SHA256withECDSA");
      check.initVerify(key());
      check.update(message);
      return check.verify(signature);
    } catch (SignatureException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw withoutCurves(e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SignerKey key && Arrays.equals(key.encoded, encoded);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoded);
  }

  @Override
  public String toString() {
    return fingerprint();
  }
}
