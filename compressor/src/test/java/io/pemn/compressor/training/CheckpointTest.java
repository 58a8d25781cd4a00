package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.packager.FileDigest;
import io.pemn.packager.tensors.SafetensorsFile;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import io.pemn.packager.tensors.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointTest {
  private static byte[] sound;

  @TempDir Path folder;
  private Path file;

  @BeforeAll
  static void train(@TempDir Path folder) throws IOException {
    RunDirectory run = new RunDirectory(folder.resolve("run"));
    TinyTraining.run(TinyTraining.mlp("epochs", "1"), run.path()).start();
    sound = Files.readAllBytes(run.checkpointFile());
  }

  @BeforeEach
  void nameTheFile() {
    file = new RunDirectory(folder).checkpointFile();
  }

  @Test
  void aTruncatedCheckpointIsOneSentenceWhereverItEnds() throws IOException {
    for (int length = 0; length < sound.length; length += 1 + sound.length / 97) {
      assertRefused(Arrays.copyOf(sound, length), "cut at " + length);
    }
    assertRefused(Arrays.copyOf(sound, sound.length - 1), "without its last byte");
    assertRefused(Arrays.copyOf(sound, sound.length + 1), "with a byte appended");
  }

  @Test
  void aFlippedBitIsNeverOverlooked() throws IOException {
    int header = 8 + sound[0] + ((sound[1] & 0xff) << 8);
    Random random = new Random(1);
    for (int i = 0; i < 600; i++) {
      byte[] flipped = sound.clone();
      int at = i % 2 == 0 ? random.nextInt(header) : random.nextInt(sound.length);
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      assertRefused(flipped, "byte " + at);
    }
  }

  @Test
  void aDamagedCheckpointSaysWhatItsDigestIsAndShouldBe() throws IOException {
    byte[] flipped = sound.clone();
    flipped[flipped.length - 1] ^= 1;
    Files.write(file, flipped);
    String message =
        assertThrows(IOException.class, () -> new RunDirectory(folder).requireResult())
            .getMessage();
    assertTrue(
        message.matches(
            "The checkpoint .* is damaged: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64};"
                + " begin the run anew\\."),
        message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\\\"epochs\\\":\\\"1\\\" | \\\"epochs\\\":\\\"0\\\"",
        "\\\"shape\\\":[1,28 | \\\"shape\\\":[0,28",
        "\\\"hidden\\\":\\\"16\\\" | \\\"hidden\\\":\\\"17\\\"",
        "\\\"hidden\\\":\\\"16\\\" | \\\"hidden\\\":\\\"xx\\\"",
        "\\\"arch\\\":\\\"mlp\\\" | \\\"arch\\\":\\\"mlq\\\"",
        "\"pemn_checkpoint\":\"3\" | \"pemn_checkpoint\":\"2\"",
        "\"steps\":\"7\" | \"steps\":\"x\"",
        "\"steps\":\"7\" | \"steps\":\"8\"",
        "\\\"epoch\\\":1 | \\\"epoch\\\":7",
        "\\\"padding\\\":\\\"copy\\\" | \\\"padding\\\":\\\"cope\\\"",
        "shift-and-flip | shift-and-flop",
        "\"history\":\"[{ | \"history\":\"[[",
      })
  void aCheckpointThatContradictsItselfIsOneSentence(String from, String to) throws IOException {
    assertRefused(replaced(from.strip(), to.strip()), to);
  }

  @Test
  void aCheckpointWithoutAnEpochIsOneSentence() throws IOException {
    String text = new String(sound, StandardCharsets.ISO_8859_1);
    int start = text.indexOf("\"history\":\"[") + "\"history\":\"[".length();
    int end = text.indexOf("]\"", start);
    byte[] emptied = sound.clone();
    Arrays.fill(emptied, start, end, (byte) ' ');
    assertRefused(digested(new String(emptied, StandardCharsets.ISO_8859_1)), "no epoch");
  }

  /** The order of the tensors, and the bytes of each, as they always were. */
  @Test
  void aCheckpointIsTheBytesOfItsArraysHoweverItWasRead() throws IOException {
    Files.write(file, sound);
    Checkpoint read = Checkpoint.load(file);
    Path streamed = folder.resolve("streamed");
    read.save(streamed);
    assertArrayEquals(sound, Files.readAllBytes(streamed));

    SafetensorsFile tensors = SafetensorsFile.read(streamed);
    List<TensorEntry> arrays = new ArrayList<>();
    for (String name : tensors.names()) {
      long[] shape = tensors.shape(name);
      arrays.add(
          tensors.type(name) == TensorType.F32
              ? TensorEntry.floats(name, shape, tensors.floats(name))
              : TensorEntry.bytes(name, tensors.type(name), shape, tensors.bytes(name)));
    }
    Map<String, String> metadata = new TreeMap<>(tensors.metadata());
    metadata.remove(SelfDigest.NAME);
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    SafetensorsWriter.write(whole, SelfDigest.added(metadata, arrays), arrays);
    assertArrayEquals(sound, whole.toByteArray());
  }

  @Test
  void whatATrainingEndsWithCanBeSavedOnceItIsOver() throws IOException {
    RunDirectory run = new RunDirectory(folder.resolve("run"));
    Checkpoint last = TinyTraining.run(TinyTraining.mlp("epochs", "2"), run.path()).start();

    last.save(folder.resolve("again"));

    assertArrayEquals(
        Files.readAllBytes(run.checkpointFile()), Files.readAllBytes(folder.resolve("again")));
    Files.delete(run.checkpointFile());
    IOException gone =
        assertThrows(IOException.class, () -> last.save(folder.resolve("without its file")));
    assertSentence(gone.getMessage());
    assertFalse(Files.exists(folder.resolve("without its file")));
  }

  @Test
  void anotherSafetensorsFileIsNoCheckpoint() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SafetensorsWriter.write(bytes, Map.of(), List.of());
    Files.write(file, bytes.toByteArray());

    String message =
        assertThrows(IOException.class, () -> new RunDirectory(folder).requireCheckpoint())
            .getMessage();

    assertTrue(message.contains("no checkpoint of this version of pemn"), message);
  }

  @Test
  void aFolderWithoutACheckpointAndAMissingOneAreToldApart() {
    String none =
        assertThrows(IOException.class, () -> new RunDirectory(folder).requireCheckpoint())
            .getMessage();
    assertTrue(none.contains("holds no checkpoint yet"), none);
    Path missing = folder.resolve("missing");
    String absent =
        assertThrows(IOException.class, () -> new RunDirectory(missing).requireCheckpoint())
            .getMessage();
    assertEquals(
        "There is no run directory " + missing + "; give one that pemn compress wrote.", absent);
  }

  @Test
  void aRunDirectoryIsMadeOnlyWhereAFolderCanBe() throws IOException {
    Path plain = Files.writeString(folder.resolve("file"), "x");
    for (Path path : List.of(plain, plain.resolve("run"), folder.resolve("a").resolve("run"))) {
      IOException e = assertThrows(IOException.class, () -> new RunDirectory(path).create());
      assertSentence(e.getMessage());
    }
    assertEquals("x", Files.readString(plain));
    assertFalse(Files.exists(folder.resolve("a")));
  }

  @Test
  void theRunDirectoryOfAnArchiveIsNamedAfterIt() {
    assertEquals(Path.of("a", "b.run"), RunDirectory.beside(Path.of("a", "b.pemn")).path());
    assertEquals(Path.of("b.run"), RunDirectory.beside(Path.of("b")).path());
  }

  private byte[] replaced(String from, String to) {
    String text = new String(sound, StandardCharsets.ISO_8859_1);
    assertTrue(text.contains(from), from + " is not in " + text.substring(0, 2000));
    assertEquals(from.length(), to.length());
    return digested(text.replace(from, to));
  }

  /** Gives a checkpoint that was tampered with the digest that it would have had. */
  private static byte[] digested(String text) {
    Matcher digits = Pattern.compile("\"pemn_sha256\":\"([0-9a-f]{64})\"").matcher(text);
    assertTrue(digits.find());
    String before = text.substring(0, digits.start(1));
    String after = text.substring(digits.end(1));
    byte[] zeroed = (before + "0".repeat(64) + after).getBytes(StandardCharsets.ISO_8859_1);
    String digest = HexFormat.of().formatHex(FileDigest.sha256().digest(zeroed));
    return (before + digest + after).getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void aFileThatIsDigestedAnewIsSoundAgain() throws IOException {
    Files.write(file, digested(new String(sound, StandardCharsets.ISO_8859_1)));
    assertEquals(1, new RunDirectory(folder).requireCheckpoint().epochs());
  }

  private void assertRefused(byte[] bytes, String how) throws IOException {
    Files.write(file, bytes);
    IOException e =
        assertThrows(IOException.class, () -> new RunDirectory(folder).requireCheckpoint(), how);
    assertSentence(e.getMessage());
  }

  private static void assertSentence(String message) {
    assertTrue(message.endsWith(".") && !message.contains("\n"), message);
    assertFalse(message.contains("Exception"), message);
  }
}
