package io.pemn.packager.signing;

import io.pemn.loader.message.UnreadableFile;
import io.pemn.loader.signature.P256;
import io.pemn.loader.signature.SignerKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** The private key of somebody who signs, on the curve P-256, with its public key. */
public final class SigningKey {
  private static final int MOST_FILE_BYTES = 1 << 16;
  private static final String ALGORITHM = "SHA256withECDSA";
  private static final String MAKE_ONE = "; make one with pemn keygen.";

  /** The headers of a key that is encrypted in the old way have colons and dashes. */
  private static final Pattern BLOCK =
      Pattern.compile("(?s)-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----");

  private static final Base64.Encoder LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  /** Version and algorithm of a PrivateKeyInfo of the curve (RFC 5208, RFC 5480). */
  private static final byte[] PKCS8_HEAD =
      HexFormat.of().parseHex("020100301306072a8648ce3d020106082a8648ce3d030107");

  /** How an ECPrivateKey names the curve (RFC 5915). */
  private static final String SEC1_CURVE = "a00a06082a8648ce3d030107";

  private final ECPrivateKey key;
  private final SignerKey publicKey;

  private SigningKey(ECPrivateKey key, SignerKey publicKey) {
    this.key = key;
    this.publicKey = publicKey;
  }

  /**
   * Makes a new key.
   *
   * @throws IOException if this Java runtime has no elliptic curves
   */
  public static SigningKey generate() throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return of((ECPrivateKey) generator.generateKeyPair().getPrivate());
    } catch (GeneralSecurityException e) {
      throw SignerKey.withoutCurves(e);
    }
  }

  /**
   * Reads a PEM file with a private key: PKCS#8, also encrypted, or SEC 1, as {@code pemn keygen}
   * and openssl write them.
   *
   * @param password of an encrypted one
   * @throws IOException in one sentence, if it cannot be read or holds no such key
   */
  public static SigningKey read(Path file, Optional<char[]> password) throws IOException {
    byte[] bytes;
    try {
      if (Files.isDirectory(file)) {
        throw new IOException(file + " is a folder, not a private key" + MAKE_ONE);
      }
      if (Files.size(file) > MOST_FILE_BYTES) {
        throw new IOException(file + " is too large for a private key" + MAKE_ONE);
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new NoSuchFileException(
          "There is no file " + file + "; check the path of the private key.");
    } catch (FileSystemException e) {
      throw UnreadableFile.of("The private key " + file, e);
    }
    try {
      return of(parse(new String(bytes, StandardCharsets.US_ASCII), file, password));
    } catch (InvalidKeySpecException e) {
      throw new IOException(
          file
              + " holds a key of another kind than the elliptic curve P-256, or a damaged one"
              + MAKE_ONE,
          e);
    } catch (GeneralSecurityException e) {
      throw SignerKey.withoutCurves(e);
    }
  }

  private static ECPrivateKey parse(String pem, Path file, Optional<char[]> password)
      throws IOException, GeneralSecurityException {
    Matcher blocks = BLOCK.matcher(pem);
    while (blocks.find()) {
      String body = blocks.group(2);
      switch (blocks.group(1)) {
        case "EC PARAMETERS" -> {
          // openssl ecparam -genkey writes the curve first, which the key names as well.
        }
        case "PRIVATE KEY" -> {
          return pkcs8(file, decoded(file, body));
        }
        case "ENCRYPTED PRIVATE KEY" -> {
          return pkcs8(file, decrypted(file, decoded(file, body), password));
        }
        case "EC PRIVATE KEY" -> {
          return sec1(file, body);
        }
        case "PUBLIC KEY" ->
            throw new IOException(
                file + " is a public key, which cannot sign; give the private key that it is of.");
        default ->
            throw new IOException(
                file
                    + " holds a PEM block "
                    + blocks.group(1)
                    + ", but a private key of the elliptic curve P-256 is expected"
                    + MAKE_ONE);
      }
    }
    throw new IOException(
        file + " holds no PEM block -----BEGIN PRIVATE KEY-----; give a private key in PEM.");
  }

  private static byte[] decoded(Path file, String body) throws IOException {
    try {
      return Base64.getMimeDecoder().decode(body);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " holds something else than Base64; it is damaged.", e);
    }
  }

  private static ECPrivateKey pkcs8(Path file, byte[] der)
      throws IOException, GeneralSecurityException {
    ECPrivateKey key =
        (ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
    if (!P256.is(key.getParams())) {
      throw new IOException(
          file
              + " holds a key of an elliptic curve of "
              + key.getParams().getCurve().getField().getFieldSize()
              + " bits, but archives are signed with keys of the curve P-256"
              + MAKE_ONE);
    }
    if (key.getS().signum() <= 0 || key.getS().compareTo(P256.ORDER) >= 0) {
      throw new IOException(
          file + " holds a number that is no key of the curve P-256; it is damaged" + MAKE_ONE);
    }
    return key;
  }

  /** The JDK reads PKCS#8, which wraps the same structure. */
  private static ECPrivateKey sec1(Path file, String body)
      throws IOException, GeneralSecurityException {
    String command = "openssl pkcs8 -topk8 -nocrypt -in " + file.getFileName() + " -out K.pem";
    if (body.contains("ENCRYPTED")) {
      throw new IOException(
          file + " is encrypted in a way that is out of use; convert it with: " + command + ".");
    }
    byte[] der = decoded(file, body);
    if (!HexFormat.of().formatHex(der).contains(SEC1_CURVE)) {
      throw new IOException(
          file + " does not say that its key is of the elliptic curve P-256" + MAKE_ONE);
    }
    byte[] wrapped = element(0x04, der);
    byte[] content = Arrays.copyOf(PKCS8_HEAD, PKCS8_HEAD.length + wrapped.length);
    System.arraycopy(wrapped, 0, content, PKCS8_HEAD.length, wrapped.length);
    return pkcs8(file, element(0x30, content));
  }

  /** An element in DER, of fewer than 2^16 bytes. */
  private static byte[] element(int tag, byte[] content) {
    ByteArrayOutputStream der = new ByteArrayOutputStream();
    der.write(tag);
    if (content.length > 0xff) {
      der.write(0x82);
      der.write(content.length >> 8);
    } else if (content.length > 0x7f) {
      der.write(0x81);
    }
    der.write(content.length);
    der.writeBytes(content);
    return der.toByteArray();
  }

  private static byte[] decrypted(Path file, byte[] der, Optional<char[]> password)
      throws IOException {
    if (password.isEmpty()) {
      throw new IOException(
          file + " is encrypted; give the file that has its password with --password-file.");
    }
    EncryptedPrivateKeyInfo encrypted;
    String scheme;
    try {
      encrypted = new EncryptedPrivateKeyInfo(der);
      // Of PBES2 the parameters know which cipher it is, and the JDK calls the whole by that.
      scheme =
          encrypted.getAlgName().startsWith("PBEWith")
              ? encrypted.getAlgName()
              : String.valueOf(encrypted.getAlgParameters());
    } catch (IOException e) {
      throw unknownEncryption(file, e);
    }
    PBEKeySpec secret = new PBEKeySpec(password.get());
    try {
      Cipher cipher = Cipher.getInstance(scheme);
      cipher.init(
          Cipher.DECRYPT_MODE,
          SecretKeyFactory.getInstance(scheme).generateSecret(secret),
          encrypted.getAlgParameters());
      return encrypted.getKeySpec(cipher).getEncoded();
    } catch (NoSuchAlgorithmException e) {
      throw unknownEncryption(file, e);
    } catch (GeneralSecurityException e) {
      throw new IOException("The password does not open " + file + "; check it.", e);
    } finally {
      secret.clearPassword();
    }
  }

  private static IOException unknownEncryption(Path file, Exception e) {
    return new IOException(
        file
            + " is encrypted in a way that Java does not know, or damaged; encrypt it with: openssl"
            + " pkcs8 -topk8 -v2 aes-256-cbc.",
        e);
  }

  private static SigningKey of(ECPrivateKey key) throws IOException, GeneralSecurityException {
    return new SigningKey(key, publicKey(key));
  }

  /**
   * The public key, which the JDK does not give: the private one times the generator. Agreeing with
   * the generator upon a secret makes the JDK multiply, in constant time, and gives the first
   * coordinate of the point; a signature tells which of its two second coordinates is right.
   */
  private static SignerKey publicKey(ECPrivateKey key)
      throws IOException, GeneralSecurityException {
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
    agreement.init(key);
    agreement.doPhase(point(P256.PARAMETERS.getGenerator()), true);
    BigInteger x = new BigInteger(1, agreement.generateSecret());
    // The root modulo a prime that is 3 modulo 4.
    BigInteger y = P256.ySquared(x).modPow(P256.P.add(BigInteger.ONE).shiftRight(2), P256.P);
    byte[] message = "which of the two".getBytes(StandardCharsets.US_ASCII);
    byte[] signature = sign(key, message);
    for (BigInteger candidate : new BigInteger[] {y, P256.P.subtract(y)}) {
      SignerKey found = SignerKey.of(point(new ECPoint(x, candidate)));
      if (found.signed(message, signature)) {
        return found;
      }
    }
    throw new InvalidKeySpecException("The private key's point is none of the curve.");
  }

  private static PublicKey point(ECPoint point) throws GeneralSecurityException {
    return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, P256.PARAMETERS));
  }

  private static byte[] sign(ECPrivateKey key, byte[] message) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(ALGORITHM);
    signature.initSign(key);
    signature.update(message);
    return signature.sign();
  }

  /** {@return its public key, for those who check signatures} */
  public SignerKey publicKey() {
    return publicKey;
  }

  /**
   * Signs by ECDSA with SHA-256.
   *
   * @return the signature in DER
   * @throws IOException if this Java runtime cannot sign
   */
  byte[] sign(byte[] message) throws IOException {
    try {
      return sign(key, message);
    } catch (GeneralSecurityException e) {
      throw SignerKey.withoutCurves(e);
    }
  }

  /** {@return the file that keeps it: PKCS#8 in PEM, not encrypted} */
  public String pem() {
    return "-----BEGIN PRIVATE KEY-----\n"
        + LINES.encodeToString(key.getEncoded())
        + "\n-----END PRIVATE KEY-----\n";
  }
}
