package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever one of the two checkpoints of a run loses, the run goes on to the same end. */
class LostCheckpointTest {
  private static final TrainingOptions OPTIONS = TinyTraining.mlp("epochs", "4");

  @TempDir static Path shared;
  private static byte[] undisturbed;

  @TempDir Path folder;
  private RunDirectory run;

  @BeforeAll
  static void trainUndisturbed() throws IOException {
    undisturbed = TinyTraining.archive(TinyTraining.run(OPTIONS, shared.resolve("whole")).start());
    interruptAfter(2, shared.resolve("interrupted"));
  }

  private static final class Interruption extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static void interruptAfter(int epoch, Path directory) {
    TrainingListener interrupting =
        new TrainingListener() {
          @Override
          public void epochDone(EpochMetrics metrics) {
            if (metrics.epoch() == epoch) {
              throw new Interruption();
            }
          }
        };
    assertThrows(
        Interruption.class, () -> TinyTraining.run(OPTIONS, directory, interrupting).start());
  }

  @BeforeEach
  void copyTheInterruptedRun() throws IOException {
    RunDirectory from = new RunDirectory(shared.resolve("interrupted"));
    run = new RunDirectory(Files.createDirectory(folder.resolve("run")));
    Files.copy(from.checkpointFile(), run.checkpointFile());
    Files.copy(from.previousCheckpointFile(), run.previousCheckpointFile());
    Files.copy(from.metricsFile(), run.metricsFile());
  }

  @Test
  void theCheckpointOfTheEpochBeforeIsKept() throws IOException {
    assertEquals(2, run.requireCheckpoint().epochs());
    assertEquals(1, Checkpoint.load(run.previousCheckpointFile()).epochs());
  }

  @Test
  void aDamagedOneIsReplacedByTheOneBeforeAndThatIsSaid() throws IOException {
    byte[] bytes = Files.readAllBytes(run.checkpointFile());
    bytes[bytes.length / 2] ^= 4;
    Files.write(run.checkpointFile(), bytes);
    List<String> said = new ArrayList<>();
    assertEquals(1, run.requireSoundResult(said::add).epochs());
    // Packing changes nothing.
    assertArrayEquals(bytes, Files.readAllBytes(run.checkpointFile()));

    List<String> noted = resume();

    assertEquals(said, noted);
    assertEquals(
        List.of(
            run.checkpointFile()
                + " is no sound checkpoint, so the one before it is used, that of epoch 1."),
        noted);
  }

  @Test
  void aTornOneIsReplacedByTheOneBefore() throws IOException {
    byte[] bytes = Files.readAllBytes(run.checkpointFile());
    for (int length : List.of(0, 7, 8, 1000, bytes.length / 2, bytes.length - 1)) {
      Files.write(run.checkpointFile(), Arrays.copyOf(bytes, length));
      assertEquals(1, run.newest().orElseThrow().checkpoint().epochs(), length + " bytes");
    }
    assertEquals(1, resume().size());
  }

  @Test
  void aDamagedOneNeverTakesThePlaceOfTheOneBefore() throws IOException {
    Files.write(run.checkpointFile(), new byte[10]);
    TrainingListener killing =
        new TrainingListener() {
          @Override
          public void training(int epoch, int images, int ofImages, double loss, double accuracy) {
            throw new Interruption();
          }
        };
    assertThrows(Interruption.class, () -> TinyTraining.run(OPTIONS, run.path(), killing).resume());
    assertEquals(1, Checkpoint.load(run.previousCheckpointFile()).epochs());
    assertEquals(List.of(), resume());
  }

  @Test
  void whatAKillBetweenTheTwoRenamesLeavesIsGoneOnWithSilently() throws IOException {
    Files.move(
        run.checkpointFile(), run.previousCheckpointFile(), StandardCopyOption.REPLACE_EXISTING);
    assertTrue(run.holdsRun());
    assertThrows(IOException.class, () -> TinyTraining.run(OPTIONS, run.path()).start());
    assertEquals(2, run.newest().orElseThrow().checkpoint().epochs());
    assertEquals(2, run.requireSoundResult(said -> {}).epochs());
    assertEquals(List.of(), resume());
  }

  @Test
  void aDamagedOneBeforeIsNotEvenRead() throws IOException {
    Files.write(run.previousCheckpointFile(), new byte[10]);
    assertEquals(List.of(), resume());
  }

  @Test
  void whereBothAreDamagedTheNewerIsTheOneThatIsNamed() throws IOException {
    Files.write(run.checkpointFile(), new byte[10]);
    Files.write(run.previousCheckpointFile(), new byte[10]);
    String message = assertThrows(IOException.class, () -> run.newest()).getMessage();
    assertTrue(message.startsWith(run.checkpointFile().toString()), message);
  }

  @Test
  void clearingForgetsBoth() throws IOException {
    run.clear(Optional.empty());
    assertFalse(run.holdsRun());
    assertEquals(Optional.empty(), run.newest());
  }

  @Test
  void aRunDirectoryThatVanishesUnderATrainingIsOneSentence() throws IOException {
    TrainingListener deleting =
        new TrainingListener() {
          @Override
          public void epochDone(EpochMetrics metrics) {
            try (Stream<Path> files = Files.list(run.path())) {
              for (Path file : files.toList()) {
                Files.delete(file);
              }
              Files.delete(run.path());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    String message =
        assertThrows(
                IOException.class, () -> TinyTraining.run(OPTIONS, run.path(), deleting).resume())
            .getMessage();
    assertEquals(
        "The folder " + run.path() + " does not exist; create it first, then go on with --resume.",
        message);
    assertFalse(Files.exists(run.path()));
  }

  /** Goes on to the end, which must be that of the undisturbed run, and returns what was noted. */
  private List<String> resume() throws IOException {
    List<String> noted = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void noted(String sentence) {
            noted.add(sentence);
          }
        };
    Checkpoint end = TinyTraining.run(OPTIONS, run.path(), listener).resume();
    assertArrayEquals(undisturbed, TinyTraining.archive(end));
    assertEquals(4, run.requireCheckpoint().epochs());
    assertEquals(5, Files.readAllLines(run.metricsFile()).size());
    return noted;
  }
}
