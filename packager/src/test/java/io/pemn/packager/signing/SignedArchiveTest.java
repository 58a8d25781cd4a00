package io.pemn.packager.signing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.ArchiveSignature;
import io.pemn.loader.Layer;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.signature.Dsse;
import io.pemn.loader.signature.P256;
import io.pemn.loader.signature.SignerKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An archive that must be signed opens if a trusted key signed these bytes, and never else. */
class SignedArchiveTest {
  private static final Path VECTORS =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/signatures");

  @TempDir private Path folder;

  private SigningKey key;
  private LoadPolicy policy;
  private Path archive;
  private Path signature;
  private byte[] bytes;

  @BeforeEach
  void sign() throws IOException {
    key = SigningKey.read(VECTORS.resolve("signer.key"), Optional.empty());
    policy = LoadPolicy.signedBy(key.publicKey().key());
    bytes = Files.readAllBytes(VECTORS.resolve("model.pemn"));
    archive = Files.write(folder.resolve("a.pemn"), bytes);
    signature = folder.resolve("a.pemn.sig");
    Files.write(signature, ArchiveSigner.sign(ByteBuffer.wrap(bytes), "a.pemn", key));
  }

  @Test
  void whatIsSignedIsOpenedAndSaysByWhom() throws IOException {
    PemnArchive opened = PemnArchive.open(archive, policy);
    opened.verify();
    ArchiveSignature found = opened.signature().orElseThrow();
    assertEquals("a.pemn", found.name());
    assertEquals(key.publicKey().fingerprint(), found.fingerprint());
    assertEquals(key.publicKey(), SignerKey.of(found.key()));
    assertEquals(Optional.empty(), PemnArchive.open(archive).signature());
  }

  @ParameterizedTest
  @ValueSource(strings = {"file.sig", "folder.sig"})
  void whatTheReferenceImplementationSignedIsOpened(String name) throws IOException {
    LoadPolicy trusting = LoadPolicy.signedBy(VECTORS.resolve("signer.pub"));
    Path signed = VECTORS.resolve("model.pemn");
    PemnArchive.open(signed, trusting.withSignature(VECTORS.resolve(name))).verify();
  }

  @Test
  void whatTheReferenceImplementationSignsBesidesIsRefused() {
    LoadPolicy trusting = policy.withSignature(VECTORS.resolve("two-files.sig"));
    assertSentence(
        "has a model of 2 files, but one file is expected",
        refused(() -> PemnArchive.open(archive, trusting)));
    LoadPolicy other = policy.withSignature(VECTORS.resolve("p384.sig"));
    assertSentence(" names the key ", refused(() -> PemnArchive.open(archive, other)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "key | names the key e8450dec4eb99dae995da9af1bc2cc9f76ed669ee2e744f57abba763df3e",
        "certificate | has a certificate, but the name of a key is expected",
        "missing-tlog-entries | has a certificate, but the name of a key is expected",
        "empty | has invalid JSON",
        "missing-envelope | has 0 signatures, but exactly one is expected",
        "missing-verification-material | has no key, but the name of one is expected",
        "wrong-predicate | names the key e8450dec4eb99dae995da9af1bc2cc9f76ed669ee2e744f57"
      })
  void theSpecificationsVectorsAreRefusedForWhatTheyAre(String name, String expected) {
    LoadPolicy vector = policy.withSignature(VECTORS.resolve("oms/" + name + ".bundle.json"));
    assertSentence(expected, refused(() -> PemnArchive.open(archive, vector)));
  }

  @Test
  void withoutASignatureNothingIsOpened() throws IOException {
    Files.delete(signature);
    assertSentence(
        "There is no signature " + signature.toAbsolutePath(),
        refused(() -> PemnArchive.open(archive, policy)));
    assertSentence(
        "no signature came with this one; give it with LoadPolicy.withSignature",
        refused(() -> PemnArchive.read(bytes, policy)));
    Files.createDirectory(signature);
    assertSentence(
        "is no file, but the archive's signature is expected there",
        refused(() -> PemnArchive.open(archive, policy)));
  }

  @Test
  void anotherKeyIsNotTrustedAndBothAreNamed() throws IOException {
    SignerKey other = SignerKey.read(VECTORS.resolve("other.pub"));
    LoadPolicy trusting = LoadPolicy.signedBy(other.key());
    String said = refused(() -> PemnArchive.open(archive, trusting));
    assertSentence(key.publicKey().fingerprint(), said);
    assertSentence(other.fingerprint(), said);
    PemnArchive.open(archive, LoadPolicy.signedBy(other.key(), key.publicKey().key()));
  }

  @Test
  void aChangeAnywhereInTheArchiveIsNoticed() throws IOException {
    for (int i = 0; i < bytes.length; i += 5) {
      byte[] changed = bytes.clone();
      changed[i] ^= (byte) (1 << i % 8);
      Files.write(archive, changed);
      assertSentence("is another file, or was changed since", refused(this::open));
    }
    for (byte[] other : new byte[][] {{}, Arrays.copyOf(bytes, bytes.length + 1)}) {
      Files.write(archive, other);
      assertSentence("is another file, or was changed since", refused(this::open));
    }
  }

  @Test
  void whateverBecomesOfTheSignatureNothingElseIsOpened() throws IOException {
    byte[] sound = Files.readAllBytes(signature);
    byte[] other = bytes.clone();
    other[bytes.length / 2] ^= 1;
    int good = 0;
    for (int i = 0; i < sound.length; i++) {
      byte[] changed = sound.clone();
      changed[i] ^= (byte) (1 << i % 7);
      if (opensOrIsRefused(changed)) {
        good++;
        assertThrows(
            PemnFormatException.NotTrusted.class,
            () -> PemnArchive.read(other, policy.withSignature(changed)));
      }
    }
    // Only in what is not used: the entries of logs and the key's second name.
    assertTrue(good < 30, good + " changes do not matter");
    // The last byte ends the line.
    for (int i = 0; i < sound.length - 1; i++) {
      byte[] cut = Arrays.copyOf(sound, i);
      assertSentence("", refused(() -> PemnArchive.read(bytes, policy.withSignature(cut))));
    }
  }

  private boolean opensOrIsRefused(byte[] changed) throws IOException {
    try {
      PemnArchive.read(bytes, policy.withSignature(changed)).verify();
      return true;
    } catch (PemnFormatException.NotTrusted e) {
      assertTrue(e.getMessage().endsWith("."), e.getMessage());
      return false;
    }
  }

  @Test
  void aSignatureOfAnotherFileSaysBothDigests() throws IOException {
    byte[] other = {1, 2, 3};
    Files.write(signature, ArchiveSigner.sign(ByteBuffer.wrap(other), "b.pemn", key));
    String said = refused(this::open);
    assertSentence(sha256(bytes), said);
    assertSentence(sha256(other), said);
  }

  @Test
  void anArchiveMayBeRenamed() throws IOException {
    Path renamed = folder.resolve("renamed.pemn");
    Files.move(archive, renamed);
    PemnArchive opened = PemnArchive.open(renamed, policy.withSignature(signature));
    assertEquals("a.pemn", opened.signature().orElseThrow().name());
  }

  @Test
  void aLinkStandsForTheFileAndHasItsSignatureBesideItself() throws IOException {
    Path link = folder.resolve("link.pemn");
    try {
      Files.createSymbolicLink(link, archive);
    } catch (UnsupportedOperationException | IOException e) {
      assumeTrue(false, "no links here");
    }
    assertSentence("link.pemn.sig", refused(() -> PemnArchive.open(link, policy)));
    Files.createSymbolicLink(folder.resolve("link.pemn.sig"), signature);
    PemnArchive.open(link, policy).verify();
  }

  @Test
  void aFileThatIsReplacedAfterItWasCheckedIsNotUsed() throws IOException {
    PemnArchive opened = PemnArchive.open(archive, policy);
    Layer layer = opened.layers().get(0);
    float[] expected = PemnArchive.read(bytes).rebuild(layer);
    Files.write(archive, new byte[bytes.length]);
    assertArrayEquals(expected, opened.rebuild(layer));
    opened.verify();
  }

  @Test
  void mappedBytesThatChangeAfterTheyWereCheckedAreNotUsed() throws IOException {
    try (FileChannel channel =
        FileChannel.open(archive, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes.length);
      PemnArchive opened =
          PemnArchive.read(mapped, policy.withSignature(Files.readAllBytes(signature)));
      for (int i = 0; i < bytes.length; i++) {
        mapped.put(i, (byte) 0);
      }
      opened.verify();
    }
  }

  @Test
  void nothingOfAnUnsignedArchiveIsLookedAt() throws IOException {
    Files.write(archive, "no archive at all".getBytes(StandardCharsets.US_ASCII));
    assertSentence("is another file, or was changed since", refused(this::open));
    Files.write(signature, ArchiveSigner.sign(read(archive), "a.pemn", key));
    assertThrows(PemnFormatException.NotAnArchive.class, this::open);
  }

  @Test
  void thePayloadCannotBeSwapped() throws IOException {
    byte[] other = bytes.clone();
    other[100] ^= 1;
    byte[] others = ArchiveSigner.sign(ByteBuffer.wrap(other), "a.pemn", signer("other"));
    String payload = envelope(parse(others)).get("payload").getAsString();
    rewrite(bundle -> envelope(bundle).addProperty("payload", payload));
    Files.write(archive, other);
    assertSentence("was not made with the trusted key", refused(this::open));
  }

  @Test
  void aSignatureByAnotherKeyUnderATrustedNameIsRefused() throws IOException {
    Files.write(signature, ArchiveSigner.sign(ByteBuffer.wrap(bytes), "a.pemn", signer("other")));
    rewrite(bundle -> publicKey(bundle).addProperty("hint", key.publicKey().fingerprint()));
    assertSentence("was not made with the trusted key", refused(this::open));
    rewrite(bundle -> publicKey(bundle).remove("hint"));
    assertSentence("was not made with the trusted key", refused(this::open));
  }

  @Test
  void anOldBundleThatDoesNotNameItsKeyIsTakenIfATrustedKeyMadeIt() throws IOException {
    rewrite(
        bundle -> {
          publicKey(bundle).remove("hint");
          publicKey(bundle).addProperty("rawBytes", "whatever");
        });
    SignerKey other = SignerKey.read(VECTORS.resolve("other.pub"));
    PemnArchive.open(archive, LoadPolicy.signedBy(other.key(), key.publicKey().key()));
  }

  @Test
  void bytesThatWereSignedInAnotherMeaningAreRefused() throws IOException {
    byte[] payload = payload(parse(Files.readAllBytes(signature)));
    // Signed as a file is, and as a payload of another type is.
    resign(payload, payload);
    assertSentence("was not made with the trusted key", refused(this::open));
    String type = "text/plain";
    byte[] encoded =
        ("DSSEv1 " + type.length() + " " + type + " " + payload.length + " ")
            .getBytes(StandardCharsets.US_ASCII);
    resign(payload, concatenated(encoded, payload));
    assertSentence("was not made with the trusted key", refused(this::open));
    rewrite(bundle -> envelope(bundle).addProperty("payloadType", type));
    assertSentence("has a payload of the type text/plain", refused(this::open));
  }

  @Test
  void theOtherHalfOfTheNumbersIsAsGoodAndNoOtherSpellingIs() throws IOException {
    byte[] der =
        Base64.getDecoder()
            .decode(signatureOf(parse(Files.readAllBytes(signature))).get("sig").getAsString());
    BigInteger r = new BigInteger(der, 4, der[3]);
    BigInteger s = new BigInteger(der, 6 + der[3], der[5 + der[3]]);
    // Whoever has (r, s) has (r, n - s); the signature is still of the same bytes by the same key.
    putSignature(der(r, P256.ORDER.subtract(s)));
    open().verify();

    Map<String, byte[]> bad = new TreeMap<>();
    bad.put("nothing", new byte[0]);
    bad.put("zeros", der(BigInteger.ZERO, BigInteger.ZERO));
    bad.put("zero r", der(BigInteger.ZERO, s));
    bad.put("zero s", der(r, BigInteger.ZERO));
    bad.put("order", der(P256.ORDER, P256.ORDER));
    bad.put("r and the order", der(r.add(P256.ORDER), s));
    bad.put("s and the order", der(r, s.add(P256.ORDER)));
    bad.put("negative", der(r.negate(), s));
    bad.put("swapped", der(s, r));
    bad.put("one more byte", Arrays.copyOf(der, der.length + 1));
    bad.put("one byte less", Arrays.copyOf(der, der.length - 1));
    bad.put("as two numbers", concatenated(fixed(r), fixed(s)));
    byte[] longForm =
        concatenated(new byte[] {0x30, (byte) 0x81}, Arrays.copyOfRange(der, 1, der.length));
    bad.put("long form", longForm);
    bad.put("huge", new byte[100_000]);
    for (Map.Entry<String, byte[]> entry : bad.entrySet()) {
      putSignature(entry.getValue());
      String said = refused(this::open);
      assertTrue(said.contains("was not made with the trusted key"), entry.getKey() + ": " + said);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "_type | \"https://in-toto.io/Statement/v0.1\" | a statement of the type",
        "predicateType | \"https://model_signing/signature/v2.0\" | use a newer pemn",
        "predicateType | \"https://slsa.dev/provenance/v1\" | a predicate of the type"
            + " 'https://slsa.dev/provenance/v1'",
        "subject | [] | has 0 models",
        "predicate | {} | files by the method ''",
        "predicate | [] | has begin array instead of an object at $.predicate"
      })
  void aStatementOfSomethingElseIsRefused(String field, String value, String expected)
      throws IOException {
    JsonObject statement = statement();
    statement.add(field, JsonParser.parseString(value));
    resign(statement);
    assertSentence(expected, refused(this::open));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "method | shards | files by the method 'shards'",
        "hash_type | blake3 | digests of the kind 'blake3'"
      })
  void anotherSerializationIsRefused(String field, String value, String expected)
      throws IOException {
    JsonObject statement = statement();
    statement
        .getAsJsonObject("predicate")
        .getAsJsonObject("serialization")
        .addProperty(field, value);
    resign(statement);
    assertSentence(expected, refused(this::open));
  }

  @Test
  void digestsThatDoNotAgreeAreRefused() throws IOException {
    JsonObject statement = statement();
    JsonObject resource =
        statement.getAsJsonObject("predicate").getAsJsonArray("resources").get(0).getAsJsonObject();
    resource.addProperty("digest", "0".repeat(64));
    resign(statement);
    assertSentence(" of the model, but ", refused(this::open));
    resource.addProperty("digest", sha256(bytes).toUpperCase(Locale.ROOT));
    resign(statement);
    assertSentence("but SHA-256 in lower-case hexadecimal is expected", refused(this::open));
    resource.addProperty("digest", sha256(bytes));
    resource.addProperty("algorithm", "md5");
    resign(statement);
    assertSentence("a digest of the kind 'md5'", refused(this::open));
  }

  @Test
  void fieldsThatALaterVersionMayAddToTheStatementAreIgnored() throws IOException {
    JsonObject statement = statement();
    statement.addProperty("added", 1);
    statement.getAsJsonObject("predicate").add("model_card", new JsonArray());
    resign(statement);
    open().verify();
  }

  @Test
  void aBundleOfAnotherFormatIsRefused() throws IOException {
    rewrite(b -> b.addProperty("mediaType", "application/vnd.dev.sigstore.bundle.v0.4+json"));
    assertSentence("use a newer pemn", refused(this::open));
    rewrite(b -> b.addProperty("mediaType", "application/json"));
    assertSentence("it is no signature of a model", refused(this::open));
    rewrite(b -> b.remove("mediaType"));
    assertSentence("has no format", refused(this::open));
  }

  @Test
  void signaturesAreNeitherMissingNorSeveral() throws IOException {
    rewrite(bundle -> envelope(bundle).add("signatures", new JsonArray()));
    assertSentence("has 0 signatures", refused(this::open));
    sign();
    rewrite(
        bundle -> {
          JsonArray signatures = envelope(bundle).getAsJsonArray("signatures");
          signatures.add(signatures.get(0).deepCopy());
        });
    assertSentence("has 2 signatures", refused(this::open));
    sign();
    rewrite(bundle -> signatureOf(bundle).remove("sig"));
    assertSentence("has no payload, no type of it or no signature", refused(this::open));
    sign();
    rewrite(bundle -> bundle.addProperty("messageSignature", "x"));
    assertSentence("has the field messageSignature", refused(this::open));
  }

  @Test
  void namesThatStandTwiceAreRefused() throws IOException {
    String text = Files.readString(signature);
    for (String name : new String[] {"mediaType", "payload", "sig", "hint", "dsseEnvelope"}) {
      String twice =
          text.replace("\"" + name + "\":", "\"" + name + "\":\"eA==\",\"" + name + "\":");
      if (name.equals("dsseEnvelope")) {
        twice = text.replace("\"dsseEnvelope\":", "\"dsseEnvelope\":{},\"dsseEnvelope\":");
      }
      Files.writeString(signature, twice);
      assertSentence("has the name " + name + " twice in one object", refused(this::open));
    }
    byte[] payload = payload(parse(text.getBytes(StandardCharsets.UTF_8)));
    String statement = new String(payload, StandardCharsets.UTF_8);
    resign(
        statement
            .replace("\"digest\":", "\"digest\":\"x\",\"digest\":")
            .getBytes(StandardCharsets.UTF_8));
    assertSentence("", refused(this::open));
  }

  @Test
  void jsonThatIsNoneOrTooMuchIsRefused() throws IOException {
    String text = Files.readString(signature).strip();
    Map<String, String> texts = new TreeMap<>();
    texts.put("", "has invalid JSON");
    texts.put("[]", "has begin array instead of an object");
    texts.put("null", "has null instead of an object");
    texts.put(text + "{}", "has invalid JSON");
    texts.put(text + " x", "has invalid JSON");
    texts.put(")]}'\n" + text, "has invalid JSON");
    texts.put("/* */" + text, "has invalid JSON");
    texts.put(text.replace("\"mediaType\"", "mediaType"), "has invalid JSON");
    texts.put(text.replace("\"payload\":\"", "\"payload\":\"\u00e4"), "something else than Base64");
    texts.put(
        text.replace("\"payload\":\"", "\"payload\":7,\"x\":\""), "has number instead of text");
    String deep = "[".repeat(100_000) + "]".repeat(100_000);
    texts.put(text.replace("\"tlogEntries\":[]", "\"tlogEntries\":" + deep), "has invalid JSON");
    for (Map.Entry<String, String> entry : texts.entrySet()) {
      Files.writeString(signature, entry.getKey());
      assertSentence(entry.getValue(), refused(this::open));
    }
    Files.write(signature, new byte[] {'{', (byte) 0xff, '}'});
    assertSentence("has something else than UTF-8", refused(this::open));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":1,\"a\":2}",
        "[{\"b\":{},\"a\":[{\"a\":1,\"a\":2}]}]",
        "{\"\\u0061\":null,\"a\":null}"
      })
  void namesThatStandTwiceInWhatIsIgnoredAreRefused(String twice) throws IOException {
    String text = Files.readString(signature);
    Files.writeString(
        signature, text.replace("\"tlogEntries\":[]", "\"tlogEntries\":[" + twice + "]"));
    assertSentence("has the name a twice in one object", refused(this::open));
  }

  @Test
  void whatIsIgnoredMayHaveAnyValues() throws IOException {
    String text = Files.readString(signature);
    Files.writeString(
        signature,
        text.replace(
            "\"tlogEntries\":[]",
            "\"tlogEntries\":[{\"a\":{\"a\":[]},\"b\":[1.5e3,true,false,null,\"x\",{}]}]"));
    open().verify();
  }

  @Test
  void aByteOrderMarkIsNoJson() throws IOException {
    String text = Files.readString(signature);
    Files.writeString(signature, "\ufeff" + text);
    assertSentence("has a byte order mark, but JSON is expected", refused(this::open));
    Files.writeString(signature, text);
    byte[] payload = payload(parse(text.getBytes(StandardCharsets.UTF_8)));
    String statement = new String(payload, StandardCharsets.UTF_8);
    resign(("\ufeff" + statement).getBytes(StandardCharsets.UTF_8));
    assertSentence("has a byte order mark, but JSON is expected", refused(this::open));
  }

  @Test
  void aFileThatCannotBeReadIsSaidInASentence() throws IOException {
    Path loop = folder.resolve("loop");
    try {
      Files.createSymbolicLink(loop, loop);
    } catch (UnsupportedOperationException | IOException e) {
      assumeTrue(false, "no links here");
    }
    LoadPolicy looping = policy.withSignature(loop);
    assertSentence(
        "The signature " + loop + " cannot be read (",
        refused(() -> PemnArchive.read(bytes, looping)));
    for (Executable reading :
        List.<Executable>of(
            () -> PemnArchive.open(archive, looping),
            () -> LoadPolicy.signedBy(loop),
            () -> SigningKey.read(loop, Optional.empty()))) {
      String said = assertThrows(IOException.class, reading).getMessage();
      assertSentence(loop + " cannot be read (", said);
      assertSentence("); check its permissions and the disk.", said);
    }
  }

  @Test
  void aSignatureFileIsNotReadBeyondWhatASignatureHas() throws IOException {
    Files.write(signature, new byte[(1 << 20) + 1]);
    assertSentence("but at most 1048576 is expected", refused(this::open));
    byte[] huge = new byte[(1 << 20) + 1];
    assertSentence(
        "but at most 1048576 is expected",
        refused(() -> PemnArchive.read(bytes, policy.withSignature(huge))));
  }

  @Test
  void messagesShowNothingThatATerminalWouldActOn() throws IOException {
    rewrite(bundle -> publicKey(bundle).addProperty("hint", "\u001b[2J" + "x".repeat(100_000)));
    String said = refused(this::open);
    assertTrue(said.length() < 1000, said.length() + " characters");
    assertTrue(said.chars().noneMatch(Character::isISOControl), said);
  }

  @Test
  void aPolicyTakesOnlyKeysThatSignArchives() throws Exception {
    KeyPairGenerator p384 = KeyPairGenerator.getInstance("EC");
    p384.initialize(new ECGenParameterSpec("secp384r1"));
    PublicKey large = p384.generateKeyPair().getPublic();
    PublicKey rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair().getPublic();
    assertSentence(
        "an elliptic curve of 384 bits",
        assertThrows(IllegalArgumentException.class, () -> LoadPolicy.signedBy(large))
            .getMessage());
    assertSentence(
        "of the kind RSA",
        assertThrows(IllegalArgumentException.class, () -> LoadPolicy.signedBy(rsa)).getMessage());
    assertSentence(
        "give one or more",
        assertThrows(IllegalArgumentException.class, () -> LoadPolicy.signedBy(new PublicKey[0]))
            .getMessage());
  }

  @Test
  void aSignatureThatNobodyWouldCheckIsNotTaken() {
    assertThrows(IllegalStateException.class, () -> LoadPolicy.standard().withSignature(signature));
    assertThrows(
        IllegalStateException.class, () -> LoadPolicy.allowTorchScript().withSignature(bytes));
  }

  private PemnArchive open() throws IOException {
    return PemnArchive.open(archive, policy);
  }

  private interface Opening {
    PemnArchive open() throws IOException;
  }

  /** What is said where an archive is refused. */
  private static String refused(Opening opening) {
    return assertThrows(PemnFormatException.NotTrusted.class, opening::open).getMessage();
  }

  private static void assertSentence(String expected, String said) {
    assertTrue(said.contains(expected), said);
    assertTrue(said.endsWith("."), said);
  }

  private static SigningKey signer(String name) throws IOException {
    return SigningKey.read(VECTORS.resolve(name + ".key"), Optional.empty());
  }

  private static ByteBuffer read(Path file) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(file));
  }

  private static JsonObject parse(byte[] json) {
    return JsonParser.parseString(new String(json, StandardCharsets.UTF_8)).getAsJsonObject();
  }

  private static JsonObject envelope(JsonObject bundle) {
    return bundle.getAsJsonObject("dsseEnvelope");
  }

  private static JsonObject publicKey(JsonObject bundle) {
    return bundle.getAsJsonObject("verificationMaterial").getAsJsonObject("publicKey");
  }

  private static JsonObject signatureOf(JsonObject bundle) {
    return envelope(bundle).getAsJsonArray("signatures").get(0).getAsJsonObject();
  }

  private static byte[] payload(JsonObject bundle) {
    return Base64.getDecoder().decode(envelope(bundle).get("payload").getAsString());
  }

  private JsonObject statement() throws IOException {
    return parse(payload(parse(Files.readAllBytes(signature))));
  }

  /** Changes what nothing protects. */
  private void rewrite(Consumer<JsonObject> change) {
    try {
      JsonObject bundle = parse(Files.readAllBytes(signature));
      change.accept(bundle);
      Files.writeString(signature, bundle.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void putSignature(byte[] der) {
    rewrite(
        bundle -> signatureOf(bundle).addProperty("sig", Base64.getEncoder().encodeToString(der)));
  }

  private void resign(JsonObject statement) throws IOException {
    resign(statement.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void resign(byte[] payload) throws IOException {
    resign(payload, Dsse.encode(payload));
  }

  /** Puts a payload in, and the trusted key's signature of a message. */
  private void resign(byte[] payload, byte[] message) throws IOException {
    rewrite(
        bundle ->
            envelope(bundle).addProperty("payload", Base64.getEncoder().encodeToString(payload)));
    putSignature(key.sign(message));
  }

  private static byte[] der(BigInteger r, BigInteger s) {
    byte[] first = number(r);
    byte[] second = number(s);
    return concatenated(
        new byte[] {0x30, (byte) (first.length + second.length)}, concatenated(first, second));
  }

  private static byte[] number(BigInteger value) {
    byte[] content = value.toByteArray();
    return concatenated(new byte[] {2, (byte) content.length}, content);
  }

  private static byte[] fixed(BigInteger value) {
    byte[] content = value.toByteArray();
    byte[] fixed = new byte[32];
    int length = Math.min(32, content.length);
    System.arraycopy(content, content.length - length, fixed, 32 - length, length);
    return fixed;
  }

  private static byte[] concatenated(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
