package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives are signed and checked on the command line. */
class SignTest {
  private static final Path VECTORS =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/signatures");
  private static final Path KEY = VECTORS.resolve("signer.key");
  private static final Path TRUSTED = VECTORS.resolve("signer.pub");
  private static final Path OTHER = VECTORS.resolve("other.pub");

  @TempDir private Path folder;
  private Path archive;

  @BeforeEach
  void copy() throws IOException {
    archive = Files.copy(VECTORS.resolve("model.pemn"), folder.resolve("a.pemn"));
  }

  @Test
  void aNewKeySignsAndItsPublicHalfChecks() throws IOException {
    Path name = folder.resolve("mine");
    JsonObject made = CommandRun.of("keygen", "-o", name, "--json").done().json();
    CommandRun signed = CommandRun.of("sign", archive, "--key", name + ".key").done();
    assertTrue(signed.out().startsWith(archive + ".sig: "), signed.out());
    CommandRun checked = CommandRun.of("verify", archive, "--trust", name + ".pub").done();
    String fingerprint = made.get("fingerprint").getAsString();
    assertTrue(
        checked.out().contains("signed as a.pemn with the key " + fingerprint), checked.out());

    JsonObject json =
        CommandRun.of("verify", archive, "--trust", name + ".pub", "--json").done().json();
    assertEquals(fingerprint, json.get("signed_by").getAsString());
    assertEquals("a.pemn", json.get("signed_as").getAsString());
    assertFalse(CommandRun.of("verify", archive, "--json").done().json().has("signed_by"));
  }

  @Test
  void onlyTheOwnerReadsAPrivateKeyAndNoneIsReplacedUnasked() throws IOException {
    Path name = folder.resolve("mine");
    Path key = folder.resolve("mine.key");
    CommandRun.of("keygen", "-o", name).done();
    byte[] first = Files.readAllBytes(key);
    CommandRun again = CommandRun.of("keygen", "-o", name);
    assertEquals(Pemn.FAILURE, again.code());
    assertTrue(again.err().contains("is there already, and a key that is lost"), again.err());
    assertArrayEquals(first, Files.readAllBytes(key));
    CommandRun.of("keygen", "-o", name, "--overwrite").done();
    assertFalse(Arrays.equals(first, Files.readAllBytes(key)));

    Files.delete(key);
    assertEquals(
        Pemn.FAILURE, CommandRun.of("keygen", "-o", name).code(), "the public key is there");
    CommandRun.of("keygen", "-o", name, "--overwrite").done();
    assumeTrue(Files.getFileStore(key).supportsFileAttributeView("posix"));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
  }

  @Test
  void aKeyHasAName() {
    for (String name : new String[] {"", " ", folder + "/"}) {
      CommandRun run = CommandRun.of("keygen", "-o", name);
      assertEquals(2, run.code());
      assertTrue(run.err().contains("-o '" + name + "' names no file; give the name"), run.err());
    }
  }

  @Test
  void aScriptCanTellThatNobodyTrustedSigned() throws IOException {
    CommandRun unsigned = CommandRun.of("verify", archive, "--trust", TRUSTED);
    assertRefused("There is no signature ", unsigned);

    CommandRun.of("sign", archive, "--key", KEY).done();
    assertRefused("but trusted is ", CommandRun.of("verify", archive, "--trust", OTHER));
    CommandRun.of("verify", archive, "--trust", OTHER, "--trust", TRUSTED).done();

    byte[] bytes = Files.readAllBytes(archive);
    bytes[bytes.length - 1] ^= 1;
    Files.write(archive, bytes);
    assertRefused("was changed since", CommandRun.of("verify", archive, "--trust", TRUSTED));
    assertEquals(Pemn.FAILURE, CommandRun.of("verify", archive).code(), "damaged, not untrusted");
    assertEquals(
        Pemn.FAILURE,
        CommandRun.of("verify", archive, "--trust", folder.resolve("no.pub")).code(),
        "a key that is not there is no answer");
  }

  @Test
  void everyCommandThatReadsAnArchiveCanAskForASignature() throws IOException {
    Path output = folder.resolve("o.safetensors");
    for (List<Object> command :
        List.<List<Object>>of(
            List.of("inspect", archive),
            List.of("unpack", archive, "-o", output),
            List.of("eval", archive, "--data", "bundled"),
            List.of("compare", archive, archive, "--data", "bundled"))) {
      List<Object> trusting = new ArrayList<>(command);
      trusting.addAll(List.of("--trust", TRUSTED));
      assertRefused("There is no signature ", CommandRun.of(trusting.toArray()));
    }
    assertFalse(Files.exists(output));
    CommandRun.of("sign", archive, "--key", KEY, "-o", folder.resolve("elsewhere")).done();
    CommandRun inspected =
        CommandRun.of(
                "inspect", archive, "--trust", TRUSTED, "--signature", folder.resolve("elsewhere"))
            .done();
    assertTrue(inspected.out().contains("signed as a.pemn"), inspected.out());
    CommandRun alone = CommandRun.of("inspect", archive, "--signature", archive);
    assertEquals(2, alone.code());
    assertTrue(alone.err().contains("--trust PUB"), alone.err());
  }

  @Test
  void aTorchScriptFileIsNoSignedArchive() {
    assertRefused(
        "is a TorchScript file, but a signed archive is asked for",
        CommandRun.of(
            "eval",
            Modules.file("resnet8-traced.pt"),
            "--data",
            "bundled",
            "--device",
            "cpu",
            "--trust",
            TRUSTED));
  }

  @Test
  void whatIsNoSoundArchiveIsNotSigned() throws IOException {
    byte[] bytes = Files.readAllBytes(archive);
    bytes[bytes.length - 1] ^= 1;
    Files.write(archive, bytes);
    CommandRun run = CommandRun.of("sign", archive, "--key", KEY);
    assertEquals(Pemn.FAILURE, run.code());
    assertFalse(Files.exists(folder.resolve("a.pemn.sig")));

    Path link = folder.resolve("link.pemn");
    try {
      Files.createSymbolicLink(link, archive);
    } catch (UnsupportedOperationException | IOException e) {
      assumeTrue(false, "no links here");
    }
    CommandRun linked = CommandRun.of("sign", link, "--key", KEY);
    assertTrue(linked.err().contains("sign the file that it points to"), linked.err());
    CommandRun missing = CommandRun.of("sign", folder.resolve("no.pemn"), "--key", KEY);
    assertTrue(missing.err().startsWith("There is no file "), missing.err());
  }

  @Test
  void neitherArchiveNorKeyNorPasswordIsOverwrittenByTheSignature() throws IOException {
    Path key = Files.copy(VECTORS.resolve("signer-encrypted.key"), folder.resolve("a.key"));
    Path password = Files.writeString(folder.resolve("password"), "correct-horse\n");
    for (Path needed : List.of(archive, key, password)) {
      byte[] before = Files.readAllBytes(needed);
      CommandRun run =
          CommandRun.of("sign", archive, "--key", key, "--password-file", password, "-o", needed);
      assertEquals(Pemn.FAILURE, run.code());
      assertTrue(run.err().contains("is needed for something else"), run.err());
      assertArrayEquals(before, Files.readAllBytes(needed));
    }
  }

  @Test
  void anEncryptedKeyIsOpenedWithTheFirstLineOfAFile() throws IOException {
    Path encrypted = VECTORS.resolve("signer-encrypted.key");
    Path password = Files.writeString(folder.resolve("password"), "correct-horse\nmore\n");
    CommandRun.of("sign", archive, "--key", encrypted, "--password-file", password).done();
    CommandRun.of("verify", archive, "--trust", TRUSTED).done();
    CommandRun without = CommandRun.of("sign", archive, "--key", encrypted);
    assertTrue(without.err().contains("with --password-file"), without.err());
  }

  private static void assertRefused(String expected, CommandRun run) {
    assertEquals(Pemn.NOT_TRUSTED, run.code(), run.err());
    assertTrue(run.err().contains(expected), run.err());
    assertEquals("", run.out());
  }
}
