package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import io.pemn.compressor.augment.AugmentationPipeline;
import io.pemn.compressor.masking.StreamedValues;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.format.Normalization;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingRunTest {
  @TempDir Path folder;

  static Stream<TrainingOptions> trainingsOfEveryKind() {
    return Stream.of(
        TinyTraining.convMixer("strategy", "none", "prototype", "normal"),
        TinyTraining.convMixer("strategy", "one-layer", "depth", "2"),
        TinyTraining.convMixer("strategy", "one-layer", "one-layer-scope", "convolutions"),
        TinyTraining.convMixer("strategy", "max-layer", "scores", "absolute"),
        TinyTraining.convMixer("ratio", "0.5", "prototype", "normal", "density", "0.3"),
        TinyTraining.convMixer("padding", "shuffle", "store-prototype", "values"),
        TinyTraining.convMixer("density", "1"),
        TinyTraining.convMixer("mask", "dense", "lr", "0.01"),
        TinyTraining.mlp("activation", "relu"),
        TinyTraining.convMixer("remainder", "fp32"),
        TinyTraining.convMixer("remainder", "bf16"),
        TinyTraining.convMixer("remainder", "int8"),
        TinyTraining.convMixer("mask", "dense", "lr", "0.01", "remainder", "int8"),
        TinyTraining.mlp("mask", "dense", "lr", "0.01"));
  }

  @ParameterizedTest
  @MethodSource("trainingsOfEveryKind")
  void everyTrainingLearnsAndItsArchiveMeasuresExactlyAsTheTrainedNetworkDid(
      TrainingOptions options) throws IOException {
    Checkpoint checkpoint = TinyTraining.run(options, folder.resolve("run")).start();

    List<EpochMetrics> history = checkpoint.history();
    assertEquals(List.of(1, 2), history.stream().map(EpochMetrics::epoch).toList());
    assertEquals(List.of(7L, 14L), history.stream().map(EpochMetrics::steps).toList());
    assertTrue(history.get(1).trainLoss() < history.get(0).trainLoss(), history.toString());

    PemnArchive archive = PemnArchive.read(TinyTraining.archive(checkpoint));
    archive.verify();
    assertEquals(options.masked() ? checkpoint.masks().size() : 0, archive.layers().size());
    assertEquals(options.masked(), archive.layers().size() > 0);
    assertEquals(options.masked() && options.storeValues(), archive.storesPrototypeValues());

    Evaluation trained = history.get(1).test().orElseThrow();
    Path file = Files.write(folder.resolve("tiny.pemn"), TinyTraining.archive(checkpoint));
    try (OpenedModel model = OpenedModel.open(file, LoadPolicy.standard(), Device.cpu())) {
      Evaluation loaded =
          Evaluation.of(
              model,
              model.manager(),
              TinyTraining.IMAGES.test(),
              model.normalization().orElseThrow(),
              Objective.CLASSIFY,
              Optional.empty(),
              done -> {});
      assertEquals(trained.images(), loaded.images());
      assertEquals(trained.accuracy(), loaded.accuracy());
      assertEquals(trained.loss(), loaded.loss());
    }
    assertEquals(trained.accuracy(), archive.provenance().getMetrics().getAccuracy());
    assertEquals(trained.loss(), archive.provenance().getMetrics().getLoss());
  }

  @Test
  void trainingMasksBringsAccuracyFarAboveChance() throws IOException {
    TrainingOptions options =
        TinyTraining.mlp("hidden", "64", "train-images", "1000", "epochs", "3");

    List<EpochMetrics> history = TinyTraining.run(options, folder.resolve("run")).start().history();

    assertTrue(history.get(2).test().orElseThrow().accuracy() > 0.4, history.toString());
    assertTrue(history.get(2).trainLoss() < 0.8 * history.get(0).trainLoss(), history.toString());
    assertTrue(history.get(0).maskFlips() > 0, history.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "binary, signed, 1",
    "binary, signed, 2",
    "binary, signed, 3",
    "binary, absolute, 1",
    "dense, signed, 2"
  })
  void aRunInterruptedAfterAnEpochEndsWithTheArchiveOfAnUndisturbedOne(
      String mask, String scores, int epoch) throws IOException {
    TrainingOptions options = TinyTraining.convMixer("mask", mask, "scores", scores, "epochs", "4");
    byte[] undisturbed =
        TinyTraining.archive(TinyTraining.run(options, folder.resolve("whole")).start());
    Path run = folder.resolve("run");
    assertThrows(
        Interruption.class,
        () -> TinyTraining.run(options, run, new InterruptsAfter(epoch)).start());
    assertEquals(epoch, new RunDirectory(run).requireCheckpoint().epochs());

    Checkpoint resumed = TinyTraining.run(options, run).resume();

    assertEquals(4, resumed.epochs());
    assertArrayEquals(undisturbed, TinyTraining.archive(resumed));
    assertEquals(5, Files.readAllLines(new RunDirectory(run).metricsFile()).size());
  }

  @Test
  void aRunThatAugmentsOnTheDeviceLearnsAndIsResumedToTheSameArchive() throws IOException {
    TrainingOptions options =
        TinyTraining.mlp("epochs", "3", "augmentation", AugmentationPipeline.PAPER.toString());
    Checkpoint whole = TinyTraining.run(options, folder.resolve("whole")).start();
    List<EpochMetrics> history = whole.history();
    assertTrue(history.get(2).trainLoss() < history.get(0).trainLoss(), history.toString());
    Path run = folder.resolve("run");
    assertThrows(
        Interruption.class, () -> TinyTraining.run(options, run, new InterruptsAfter(1)).start());

    Checkpoint resumed = TinyTraining.run(options, run).resume();

    assertArrayEquals(TinyTraining.archive(whole), TinyTraining.archive(resumed));
    byte[] withoutErasing =
        TinyTraining.archive(
            TinyTraining.run(
                    TinyTraining.mlp(
                        "epochs",
                        "3",
                        "augmentation",
                        "crop-scale:1.0+flip+rand-augment:2:12+jitter:0.2"),
                    folder.resolve("other"))
                .start());
    assertFalse(Arrays.equals(TinyTraining.archive(whole), withoutErasing));
  }

  @Test
  void aRunMayBeInterruptedAtEveryEpochAndInTheMiddleOfOne() throws IOException {
    TrainingOptions options = TinyTraining.mlp("epochs", "3");
    byte[] undisturbed =
        TinyTraining.archive(TinyTraining.run(options, folder.resolve("whole")).start());
    Path run = folder.resolve("run");
    for (int epoch = 1; epoch <= 3; epoch++) {
      int inEpoch = epoch;
      TrainingListener inTheMiddle =
          new TrainingListener() {
            @Override
            public void training(int e, int images, int ofImages, double loss, double accuracy) {
              if (e == inEpoch) {
                throw new Interruption();
              }
            }
          };
      assertThrows(Interruption.class, () -> TinyTraining.run(options, run, inTheMiddle).resume());
      assertThrows(
          Interruption.class,
          () -> TinyTraining.run(options, run, new InterruptsAfter(inEpoch)).resume());
    }

    assertArrayEquals(undisturbed, TinyTraining.archive(TinyTraining.run(options, run).resume()));
  }

  @Test
  void resumingAFinishedRunTrainsNoFurther() throws IOException {
    TrainingOptions options = TinyTraining.mlp();
    Path run = folder.resolve("run");
    byte[] archive = TinyTraining.archive(TinyTraining.run(options, run).start());
    byte[] checkpoint = Files.readAllBytes(new RunDirectory(run).checkpointFile());

    Checkpoint resumed = TinyTraining.run(options, run, new InterruptsAfter(1)).resume();

    assertArrayEquals(archive, TinyTraining.archive(resumed));
    assertArrayEquals(checkpoint, Files.readAllBytes(new RunDirectory(run).checkpointFile()));
  }

  @Test
  void theSameSeedGivesTheSameArchiveAndAnotherSeedAnother() throws IOException {
    byte[] first = archiveOf("a", TinyTraining.convMixer());
    assertArrayEquals(first, archiveOf("b", TinyTraining.convMixer()));
    assertFalse(Arrays.equals(first, archiveOf("c", TinyTraining.convMixer("seed", "2"))));
  }

  @Test
  void theCheckpointComesBackFromItsFile() throws IOException {
    Path run = folder.resolve("run");
    Checkpoint written = TinyTraining.run(TinyTraining.convMixer(), run).start();

    Checkpoint read = new RunDirectory(run).requireCheckpoint();

    assertEquals(written.run(), read.run());
    assertEquals(written.history(), read.history());
    assertEquals(written.steps(), read.steps());
    assertEquals(written.masks(), read.masks());
    assertArrayEquals(TinyTraining.archive(written), TinyTraining.archive(read));
  }

  @ParameterizedTest
  @CsvSource({
    "density, 0.4",
    "epochs, 3",
    "seed, 2",
    "lr, 0.1",
    "strategy, max-layer",
    "dim, 16",
    "train-images, 210",
    "mask, dense",
    "augmentation, none",
    "augmentation, flip+erase:0.2",
    "remainder, fp32",
    "scores, absolute"
  })
  void resumingWithOtherOptionsIsRefusedAndNamesTheOption(String option, String value)
      throws IOException {
    Path run = folder.resolve("run");
    assertThrows(
        Interruption.class,
        () -> TinyTraining.run(TinyTraining.convMixer(), run, new InterruptsAfter(1)).start());
    byte[] checkpoint = Files.readAllBytes(new RunDirectory(run).checkpointFile());

    String message =
        assertThrows(
                IOException.class,
                () -> TinyTraining.run(TinyTraining.convMixer(option, value), run).resume())
            .getMessage();

    assertTrue(
        message.contains(
            "begun with " + option + " " + TinyTraining.convMixer().toMap().get(option)),
        message);
    assertTrue(message.contains("not " + value), message);
    assertArrayEquals(checkpoint, Files.readAllBytes(new RunDirectory(run).checkpointFile()));
  }

  @Test
  void startingWhereARunIsAlreadyIsRefusedWithAdvice() throws IOException {
    Path run = folder.resolve("run");
    TinyTraining.run(TinyTraining.mlp("epochs", "1"), run).start();
    byte[] checkpoint = Files.readAllBytes(new RunDirectory(run).checkpointFile());

    String message =
        assertThrows(IOException.class, () -> TinyTraining.run(TinyTraining.mlp(), run).start())
            .getMessage();

    assertEquals(
        run
            + " already holds a run; add --resume to go on with it, --overwrite to begin anew, or"
            + " name another with --run-dir.",
        message);
    assertArrayEquals(checkpoint, Files.readAllBytes(new RunDirectory(run).checkpointFile()));
  }

  @Test
  void resumingWhereNothingIsYetStarts() throws IOException {
    Checkpoint checkpoint =
        TinyTraining.run(TinyTraining.mlp("epochs", "1"), folder.resolve("new")).resume();
    assertEquals(1, checkpoint.epochs());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e30", "1e38"})
  void aLossThatIsNoNumberStopsTheTrainingInASentence(String rate) throws IOException {
    Path run = folder.resolve("run");

    String message =
        assertThrows(
                IOException.class,
                () -> TinyTraining.run(TinyTraining.mlp("mask", "dense", "lr", rate), run).start())
            .getMessage();

    assertTrue(
        message.matches("The training loss is (NaN|Infinity).* stopped in epoch \\d;.*"), message);
    assertTrue(message.contains("--lr"), message);
    assertEquals(message.contains("epoch 1;"), !message.contains(run.toString()), message);
  }

  @Test
  void aLossThatIsNoNumberKeepsTheCheckpointOfTheEpochBefore() throws IOException {
    TrainingOptions options = TinyTraining.mlp("epochs", "3");
    RunDirectory run = new RunDirectory(folder.resolve("run"));
    assertThrows(
        Interruption.class,
        () -> TinyTraining.run(options, run.path(), new InterruptsAfter(1)).start());
    Checkpoint poisoned = run.requireCheckpoint();
    poisoned.parameters().get("head.bias")[0] = Float.NaN;
    poisoned.save(run.checkpointFile());
    byte[] before = Files.readAllBytes(run.checkpointFile());

    String message =
        assertThrows(IOException.class, () -> TinyTraining.run(options, run.path()).resume())
            .getMessage();

    assertTrue(
        message.startsWith(
            "The training loss is NaN in step 8: head.bias is the first parameter whose"
                + " values hold NaN, so the training was stopped in epoch 2;"),
        message);
    assertTrue(message.contains("kept in " + run.path()), message);
    assertArrayEquals(before, Files.readAllBytes(run.checkpointFile()));
  }

  @Test
  void aScoreThatIsNoNumberIsNeverSaved() throws IOException {
    TrainingOptions options = TinyTraining.mlp("epochs", "3");
    RunDirectory run = new RunDirectory(folder.resolve("run"));
    assertThrows(
        Interruption.class,
        () -> TinyTraining.run(options, run.path(), new InterruptsAfter(1)).start());
    Checkpoint poisoned = run.requireCheckpoint();
    float[] scores = poisoned.scores().get("head.weight").toArray();
    scores[5] = Float.NaN;
    poisoned.scores().put("head.weight", StreamedValues.of(scores));
    poisoned.save(run.checkpointFile());
    byte[] before = Files.readAllBytes(run.checkpointFile());

    String message =
        assertThrows(IOException.class, () -> TinyTraining.run(options, run.path()).resume())
            .getMessage();

    assertTrue(
        message.contains("head.weight is the first parameter whose scores hold NaN"), message);
    assertArrayEquals(before, Files.readAllBytes(run.checkpointFile()));
  }

  @Test
  void aRunWithEpochsThatWereNotMeasuredIsGoneOnWith() throws IOException {
    TrainingOptions options = TinyTraining.mlp("epochs", "3");
    RunDirectory run = new RunDirectory(folder.resolve("run"));
    assertThrows(
        Interruption.class,
        () -> TinyTraining.run(options, run.path(), new InterruptsAfter(2), 0).start());
    assertTrue(run.requireResult().history().get(0).test().isEmpty());

    Checkpoint resumed = TinyTraining.run(options, run.path(), TrainingListener.SILENT, 0).resume();
    Checkpoint undisturbed =
        TinyTraining.run(options, folder.resolve("other"), TrainingListener.SILENT, 0).start();

    assertArrayEquals(TinyTraining.archive(undisturbed), TinyTraining.archive(resumed));
  }

  @Test
  void aNegativeNumberOfEpochsBetweenMeasurementsIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new TrainingRun(
                TinyTraining.mlp(),
                TinyTraining.IMAGES,
                new RunDirectory(folder.resolve("run")),
                Device.cpu(),
                -1,
                TrainingListener.SILENT));
  }

  @Test
  void anEpochThatFailsLeavesTheCheckpointBeforeIt() throws IOException {
    TrainingOptions sound = TinyTraining.mlp("epochs", "3");
    Path soundRun = folder.resolve("sound");
    assertThrows(
        Interruption.class,
        () -> TinyTraining.run(sound, soundRun, new InterruptsAfter(1)).start());
    byte[] checkpoint = Files.readAllBytes(new RunDirectory(soundRun).checkpointFile());
    TrainingListener failing =
        new TrainingListener() {
          @Override
          public void evaluating(int epoch, int images, int ofImages) {
            throw new Interruption();
          }
        };
    assertThrows(Interruption.class, () -> TinyTraining.run(sound, soundRun, failing).resume());
    assertArrayEquals(checkpoint, Files.readAllBytes(new RunDirectory(soundRun).checkpointFile()));
  }

  @ParameterizedTest
  @CsvSource({"0, '3'", "1, '1 2 3'", "2, '2 3'"})
  void theTestImagesAreMeasuredAsOftenAsAskedAndAfterTheLastEpoch(int every, String measured)
      throws IOException {
    List<EpochMetrics> history =
        new TrainingRun(
                TinyTraining.mlp("epochs", "3", "train-images", "50"),
                TinyTraining.IMAGES,
                new RunDirectory(folder.resolve("run")),
                Device.cpu(),
                every,
                TrainingListener.SILENT)
            .start()
            .history();

    List<String> epochs = new ArrayList<>();
    for (EpochMetrics metrics : history) {
      if (metrics.test().isPresent()) {
        epochs.add(String.valueOf(metrics.epoch()));
      }
    }
    assertEquals(measured, String.join(" ", epochs));
    assertTrue(history.get(2).test().isPresent());
  }

  @Test
  void measuringTheTestImagesChangesNothingOfTheTraining() throws IOException {
    TrainingOptions options = TinyTraining.convMixer("epochs", "3");
    Checkpoint often = TinyTraining.run(options, folder.resolve("often")).start();
    Checkpoint once =
        new TrainingRun(
                options,
                TinyTraining.IMAGES,
                new RunDirectory(folder.resolve("once")),
                Device.cpu(),
                0,
                TrainingListener.SILENT)
            .start();

    assertTrue(once.history().get(0).test().isEmpty());
    assertArrayEquals(TinyTraining.archive(often), TinyTraining.archive(once));
  }

  @Test
  void aNetworkThatDoesNotFitTheImagesIsRefusedBeforeAnythingIsWritten() {
    Path run = folder.resolve("run");
    for (TrainingOptions options :
        List.of(
            TinyTraining.convMixer("patch", "29"),
            TinyTraining.convMixer("normalize", "0.1,0.2/1,1"))) {
      assertThrows(IllegalArgumentException.class, () -> TinyTraining.run(options, run));
    }
    assertFalse(Files.exists(run));
  }

  @Test
  void moreTrainingImagesThanThereAreAreRefusedWithTheNumberThatThereIs() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> TinyTraining.run(TinyTraining.mlp("train-images", "10001"), folder))
            .getMessage();
    assertTrue(message.contains("at most 10000"), message);
  }

  @Test
  void theMetricsHaveAHeaderAndARowAnEpoch() throws IOException {
    Path run = folder.resolve("run");
    Checkpoint checkpoint = TinyTraining.run(TinyTraining.mlp(), run).start();

    List<String> lines = Files.readAllLines(new RunDirectory(run).metricsFile());

    assertEquals(
        "epoch,step,lr,train_loss,train_accuracy,validation_loss,validation_accuracy,test_loss,"
            + "test_accuracy,mask_flips,seconds,images_per_second,density:layers.0.linear.weight,"
            + "density:head.weight",
        lines.get(0));
    assertEquals(3, lines.size());
    for (int i = 1; i <= 2; i++) {
      String[] cells = lines.get(i).split(",", -1);
      EpochMetrics metrics = checkpoint.history().get(i - 1);
      assertEquals(14, cells.length);
      assertEquals(metrics.epoch(), Integer.parseInt(cells[0]));
      assertEquals(metrics.test().orElseThrow().loss(), Double.parseDouble(cells[7]));
      assertEquals(metrics.test().orElseThrow().accuracy(), Double.parseDouble(cells[8]));
    }
  }

  @Test
  void theNormalizationTravelsWithTheArchive() throws IOException {
    byte[] archive = archiveOf("run", TinyTraining.mlp("epochs", "1", "normalize", "0.5,0.25"));
    assertEquals(
        Optional.of(Normalization.parse("0.5,0.25")), PemnArchive.read(archive).normalization());
    assertNotEquals(Normalization.parse("0.5,0.25"), TinyTraining.IMAGES.normalization());
  }

  private byte[] archiveOf(String run, TrainingOptions options) throws IOException {
    return TinyTraining.archive(TinyTraining.run(options, folder.resolve(run)).start());
  }

  private static final class Interruption extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private record InterruptsAfter(int epoch) implements TrainingListener {
    @Override
    public void epochDone(EpochMetrics metrics) {
      if (metrics.epoch() == epoch) {
        throw new Interruption();
      }
    }
  }
}
