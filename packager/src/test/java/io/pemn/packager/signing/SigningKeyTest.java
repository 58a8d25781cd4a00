package io.pemn.packager.signing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.loader.signature.SignerKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys are read as others write them, and written as others read them. */
class SigningKeyTest {
  private static final Path VECTORS =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/signatures");
  private static final Optional<char[]> PASSWORD = Optional.of("correct-horse".toCharArray());
  private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.US_ASCII);

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "signer.key",
        "signer-sec1.key",
        "signer-sec1-with-parameters.key",
        "signer-encrypted.key"
      })
  void privateKeysOfOpensslAreReadWithTheirPublicKeys(String name) throws IOException {
    SigningKey key = SigningKey.read(VECTORS.resolve(name), PASSWORD);
    assertEquals(Files.readString(VECTORS.resolve("signer.pub")), key.publicKey().pem());
    SignerKey signer = SignerKey.read(VECTORS.resolve("signer.pub"));
    assertTrue(signer.signed(MESSAGE, key.sign(MESSAGE)));
    assertFalse(SignerKey.read(VECTORS.resolve("other.pub")).signed(MESSAGE, key.sign(MESSAGE)));
  }

  @Test
  void whatIsMadeIsReadAgain() throws IOException {
    SigningKey key = SigningKey.generate();
    Path file = Files.writeString(folder.resolve("a.key"), key.pem());
    assertEquals(key.publicKey(), SigningKey.read(file, Optional.empty()).publicKey());
    Path publicFile = Files.writeString(folder.resolve("a.pub"), key.publicKey().pem());
    assertEquals(key.publicKey(), SignerKey.read(publicFile));
    assertNotEquals(key.publicKey(), SigningKey.generate().publicKey());
  }

  @Test
  void bothSecondCoordinatesAreFound() throws IOException {
    // Each is right for half of all keys.
    for (int i = 0; i < 20; i++) {
      SigningKey key = SigningKey.generate();
      assertTrue(key.publicKey().signed(MESSAGE, key.sign(MESSAGE)));
    }
  }

  @Test
  void aFingerprintIsTheDigestOfTheFileAsOpensslWritesIt() throws IOException {
    String signature = Files.readString(VECTORS.resolve("file.sig"));
    String fingerprint = SignerKey.read(VECTORS.resolve("signer.pub")).fingerprint();
    assertTrue(signature.contains("\"hint\":\"" + fingerprint + "\""), fingerprint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "p384.key | holds a key of an elliptic curve of 384 bits, but archives are signed with keys"
            + " of the curve P-256",
        "signer.pub | is a public key, which cannot sign",
        "signer-scrypt.key | encrypt it with: openssl pkcs8 -topk8 -v2 aes-256-cbc",
        "file.sig | holds no PEM block",
        "nothing.key | There is no file"
      })
  void whatIsNoKeyOfTheCurveIsRefusedInOneSentence(String name, String expected) {
    assertSentence(
        expected,
        assertThrows(IOException.class, () -> SigningKey.read(VECTORS.resolve(name), PASSWORD)));
  }

  @Test
  void anEncryptedKeyNeedsItsPassword() {
    Path key = VECTORS.resolve("signer-encrypted.key");
    assertSentence(
        "is encrypted; give the file that has its password with --password-file",
        assertThrows(IOException.class, () -> SigningKey.read(key, Optional.empty())));
    assertSentence(
        "The password does not open",
        assertThrows(
            IOException.class, () -> SigningKey.read(key, Optional.of("incorrect".toCharArray()))));
  }

  @Test
  void aKeyOfTheOldEncryptionIsToBeConverted() throws IOException {
    Path key = folder.resolve("old.key");
    Files.writeString(
        key,
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
            + "-----END EC PRIVATE KEY-----\n");
    assertSentence(
        "convert it with: openssl pkcs8 -topk8",
        assertThrows(IOException.class, () -> SigningKey.read(key, Optional.empty())));
  }

  @Test
  void aSec1KeyOfAnotherCurveIsNotTakenForOneOfP256() throws IOException {
    // secp256k1 has numbers of the same size.
    String der = "30740201010420" + "11".repeat(32) + "a00706052b8104000a";
    Path key = folder.resolve("k1.key");
    Files.writeString(
        key,
        "-----BEGIN EC PRIVATE KEY-----\n"
            + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(der))
            + "\n-----END EC PRIVATE KEY-----\n");
    assertSentence(
        "does not say that its key is of the elliptic curve P-256",
        assertThrows(IOException.class, () -> SigningKey.read(key, Optional.empty())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552"
      })
  void aNumberOutsideOfTheCurvesOrderIsNoKey(String number) throws IOException {
    String der = "30310201010420" + number + "a00a06082a8648ce3d030107";
    Path key = folder.resolve("number.key");
    Files.writeString(
        key,
        "-----BEGIN EC PRIVATE KEY-----\n"
            + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(der))
            + "\n-----END EC PRIVATE KEY-----\n");
    assertSentence(
        "holds a number that is no key of the curve P-256",
        assertThrows(IOException.class, () -> SigningKey.read(key, Optional.empty())));
  }

  @Test
  void aFolderIsNoKey() {
    assertSentence(
        " is a folder, not a private key",
        assertThrows(IOException.class, () -> SigningKey.read(folder, Optional.empty())));
    assertSentence(
        " is a folder, not a public key",
        assertThrows(IOException.class, () -> SignerKey.read(folder)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "signer.key | is a private key, which only the signer needs",
        "p384.pub | an elliptic curve of 384 bits",
        "file.sig | holds no PEM block -----BEGIN PUBLIC KEY-----",
        "nothing.pub | There is no file"
      })
  void whatIsNoPublicKeyOfTheCurveIsRefusedInOneSentence(String name, String expected) {
    assertSentence(
        expected, assertThrows(IOException.class, () -> SignerKey.read(VECTORS.resolve(name))));
  }

  @Test
  void textAroundAPublicKeyIsIgnoredButNotASecondKey() throws IOException {
    String pem = Files.readString(VECTORS.resolve("signer.pub"));
    Path file = Files.writeString(folder.resolve("a.pub"), "Of the release team.\n" + pem);
    assertEquals(SignerKey.read(VECTORS.resolve("signer.pub")), SignerKey.read(file));
    Files.writeString(file, pem + Files.readString(VECTORS.resolve("other.pub")));
    assertSentence(
        "holds several PEM blocks", assertThrows(IOException.class, () -> SignerKey.read(file)));
  }

  @Test
  void anRsaKeyIsRefused() throws Exception {
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(1024);
    byte[] der = rsa.generateKeyPair().getPublic().getEncoded();
    Path file =
        Files.writeString(
            folder.resolve("rsa.pub"),
            "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END PUBLIC KEY-----\n");
    assertSentence(
        "holds a key of another kind than the elliptic curve P-256",
        assertThrows(IOException.class, () -> SignerKey.read(file)));
  }

  private static void assertSentence(String expected, Exception e) {
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertTrue(e.getMessage().endsWith("."), e.getMessage());
  }
}
