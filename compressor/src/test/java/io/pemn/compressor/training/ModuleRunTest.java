package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.format.proto.Measure;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.Unpacker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole trainings of TorchScript modules. */
class ModuleRunTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "resnet8-scripted, fp16",
    "resnet8-traced, fp32",
    "resnet8-traced, int8",
    "vit4-scripted, int8",
    "vit4-traced, bf16",
    "convmixer-scripted, fp16",
    "convmixer-traced, bf16"
  })
  void aRunEndsWithAnArchiveAndAnUnpackedModuleThatMeasureExactlyAsTheTrainedNetwork(
      String name, String remainder) throws IOException {
    try (ModuleSource module = ModuleTraining.open(name)) {
      Path run = folder.resolve("run");
      Checkpoint checkpoint =
          ModuleTraining.run(
                  module,
                  ModuleTraining.options(module, "remainder", remainder),
                  ModuleTraining.IMAGES,
                  run)
              .start();
      Evaluation trained = checkpoint.history().get(0).test().orElseThrow();
      assertEquals(Measure.ACCURACY, trained.measure());
      // One epoch of 200 images after a warm start: far above chance already.
      assertTrue(trained.accuracy() > 0.2, trained.toString());

      Path archive = ModuleTraining.pack(checkpoint, run);
      Path unpacked = folder.resolve("unpacked.pt");
      Unpacker.toTorchScript(PemnArchive.open(archive, LoadPolicy.allowTorchScript()), unpacked);
      assertTrue(Files.size(archive) < Files.size(module.path()) / 3);
      assertEqualMeasures(trained, measured(archive, ModuleTraining.IMAGES, Objective.CLASSIFY));
      assertEqualMeasures(trained, measured(unpacked, ModuleTraining.IMAGES, Objective.CLASSIFY));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "resnet8-traced, sign, 1, on",
    "resnet8-traced, ternary, 0.3, on",
    "resnet8-traced, dense, 1, off",
    "vit4-traced, sign, 1, on"
  })
  void aRunInterruptedAfterAnEpochEndsWithTheArchiveOfAnUndisturbedOne(
      String name, String mask, String density, String warm) throws IOException {
    try (ModuleSource module = ModuleTraining.open(name)) {
      TrainingOptions options =
          ModuleTraining.options(
              module,
              "epochs",
              "2",
              "train-images",
              "64",
              "mask",
              mask,
              "density",
              density,
              "warm-start",
              warm);
      Dataset images = ModuleTraining.IMAGES;
      Path whole = folder.resolve("whole");
      byte[] undisturbed =
          ModuleTraining.archive(ModuleTraining.run(module, options, images, whole).start(), whole);
      Path run = folder.resolve("run");
      TrainingListener interrupting =
          new TrainingListener() {
            @Override
            public void epochDone(EpochMetrics metrics) {
              throw new IllegalStateException("interrupted");
            }
          };
      assertThrows(
          IllegalStateException.class,
          () -> ModuleTraining.run(module, options, images, run, interrupting).start());
      assertEquals(1, new RunDirectory(run).requireCheckpoint().epochs());

      Checkpoint resumed = ModuleTraining.run(module, options, images, run).resume();

      assertEquals(2, resumed.epochs());
      assertArrayEquals(undisturbed, ModuleTraining.archive(resumed, run));
    }
  }

  @Test
  void aModuleOfImagesLearnsFromImagesThatAreAugmentedOnTheDevice() throws IOException {
    String steps = "crop-scale:0.8+flip+rand-augment:1:5+jitter:0.1+erase:0.1";
    byte[] augmented = trainedOnSome("once", steps);
    assertArrayEquals(augmented, trainedOnSome("again", steps));
    assertFalse(Arrays.equals(augmented, trainedOnSome("otherwise", "flip")));
  }

  private byte[] trainedOnSome(String run, String augmentation) throws IOException {
    try (ModuleSource module = ModuleTraining.open("resnet8-traced")) {
      TrainingOptions options =
          ModuleTraining.options(module, "augmentation", augmentation, "train-images", "64");
      Path directory = folder.resolve(run);
      return ModuleTraining.archive(
          ModuleTraining.run(module, options, ModuleTraining.IMAGES, directory).start(), directory);
    }
  }

  @Test
  void augmentingWhatIsNoImageIsRefused() throws IOException {
    try (ModuleSource module = ModuleTraining.open("tiny/mlp-scripted")) {
      TrainingOptions options = ModuleTraining.options(module, "augmentation", "flip");
      Dataset data = ModuleTraining.labelled("tiny/mlp-scripted", 10);
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> ModuleTraining.run(module, options, data, folder.resolve("run")));
      assertTrue(
          refused.getMessage().startsWith("Augmentation changes images, but"),
          refused.getMessage());
    }
  }

  @Test
  void dropoutIsTheSameForTheSameSeed() throws IOException {
    try (ModuleSource module = ModuleTraining.open("tiny/traced-eval-mode")) {
      TrainingOptions options = ModuleTraining.options(module, "epochs", "2");
      Dataset data = ModuleTraining.labelled("tiny/traced-eval-mode", 10);
      Path first = folder.resolve("first");
      Path second = folder.resolve("second");
      assertArrayEquals(
          ModuleTraining.archive(ModuleTraining.run(module, options, data, first).start(), first),
          ModuleTraining.archive(
              ModuleTraining.run(module, options, data, second).start(), second));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tiny/mlp-scripted, 10",
    "tiny/mlp-traced, 10",
    "tiny/traced-eval-mode, 10",
    "tiny/traced-train-mode, 10",
    "tiny/odd-layers-scripted, 5",
    "tiny/text-scripted, 4",
    "tiny/lstm-scripted, 3",
    "tiny/two-inputs-two-outputs-scripted, 8",
    "tiny/dict-output-scripted, 5",
    "tiny/half-scripted, 10",
    "tiny/double-scripted, 10",
    "tiny/views-scripted, 10",
    "tiny/non-trainable-scripted, 10"
  })
  void everyKindOfClassifierTrainsOnLabelsAndOnItsTeacherAlone(String name, int classes)
      throws IOException {
    try (ModuleSource module = ModuleTraining.open(name)) {
      Dataset labelled = ModuleTraining.labelled(name, classes);
      boolean random = name.contains("train-mode");
      Evaluation evaluation = roundTrip(module, "labels", labelled, random);
      assertEquals(Measure.ACCURACY, evaluation.measure());

      Evaluation alike =
          roundTrip(module, "unlabelled", ModuleTraining.unlabelled(name), true, "distill", "1");
      assertEquals(Measure.AGREEMENT, alike.measure());
      assertTrue(alike.accuracy() >= 0 && alike.accuracy() <= 1, alike.toString());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tiny/lstm-scripted, 3",
    "tiny/two-inputs-two-outputs-scripted, 8",
    "tiny/dict-output-scripted, 5",
    "tiny/tied-scripted, 6 24",
    "tiny/tied-traced, 6 24"
  })
  void everyKindOfModuleRegressesAndEmbeds(String name, String shape) throws IOException {
    Integer[] target =
        java.util.Arrays.stream(shape.split(" ")).map(Integer::valueOf).toArray(Integer[]::new);
    try (ModuleSource module = ModuleTraining.open(name)) {
      Dataset targets = ModuleTraining.withTargets(name, target);
      for (String objective : List.of("regress", "embed")) {
        Measure measure =
            objective.equals("regress") ? Measure.MEAN_SQUARED_ERROR : Measure.COSINE_DISTANCE;
        Evaluation evaluation =
            roundTrip(module, objective, targets, false, "objective", objective);
        assertEquals(measure, evaluation.measure());
        Evaluation untold =
            roundTrip(
                module,
                objective + "-unlabelled",
                ModuleTraining.unlabelled(name),
                true,
                "objective",
                objective,
                "distill",
                "1");
        assertEquals(measure, untold.measure());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny/tied-scripted", "tiny/tied-traced"})
  void aClassifierOfSeveralRowsASampleLearnsFromItsTeacher(String name) throws IOException {
    try (ModuleSource module = ModuleTraining.open(name)) {
      Evaluation evaluation =
          roundTrip(module, "run", ModuleTraining.unlabelled(name), true, "distill", "1");
      assertEquals(Measure.AGREEMENT, evaluation.measure());
      assertTrue(evaluation.accuracy() <= 1, evaluation.toString());
    }
  }

  /** Trains for an epoch, packs, and measures the archive as far as the data can measure it. */
  private Evaluation roundTrip(
      ModuleSource module, String run, Dataset data, boolean unmeasurable, String... overrides)
      throws IOException {
    TrainingOptions options = ModuleTraining.options(module, overrides);
    Path directory = folder.resolve(run);
    Checkpoint checkpoint = ModuleTraining.run(module, options, data, directory).start();
    Path archive = ModuleTraining.pack(checkpoint, directory);
    PemnArchive.open(archive).verify();
    Path unpacked = directory.resolveSibling(run + ".pt");
    Unpacker.toTorchScript(PemnArchive.open(archive, LoadPolicy.allowTorchScript()), unpacked);
    Evaluation trained = checkpoint.history().get(0).test().orElseThrow();
    assertTrue(Double.isFinite(trained.loss()), trained.toString());
    if (!unmeasurable) {
      assertEqualMeasures(trained, measured(archive, data, options.objective()));
      assertEqualMeasures(trained, measured(unpacked, data, options.objective()));
    }
    try (OpenedModel first =
            OpenedModel.open(archive, LoadPolicy.allowTorchScript(), Device.cpu());
        OpenedModel second =
            OpenedModel.open(unpacked, LoadPolicy.allowTorchScript(), Device.cpu())) {
      Comparison comparison = Comparison.of(first, second, data, data.normalization(), done -> {});
      if (!module.path().toString().contains("train-mode")) {
        assertEquals(0, comparison.largestDifference());
      }
    }
    return trained;
  }

  @Test
  void aLossThatIsNoNumberStopsTheTrainingAndSaysWhereItComesFrom() throws IOException {
    try (ModuleSource module = ModuleTraining.open("tiny/nan-scripted")) {
      Dataset data = ModuleTraining.labelled("tiny/nan-scripted", 10);
      RunDirectory run = new RunDirectory(folder.resolve("run"));
      String message =
          assertThrows(
                  IOException.class,
                  () ->
                      ModuleTraining.run(module, ModuleTraining.options(module), data, run.path())
                          .start())
              .getMessage();
      assertTrue(message.startsWith("The training loss is NaN in step 1: "), message);
      assertTrue(message.contains("its teacher, gives outputs that are not finite"), message);
      assertTrue(message.endsWith(".") && !message.contains("\n"), message);
      assertFalse(Files.exists(run.checkpointFile()));
    }
  }

  @Test
  void anotherModuleInTheRunDirectoryIsNotPacked() throws IOException {
    try (ModuleSource module = ModuleTraining.open("tiny/mlp-scripted")) {
      Dataset data = ModuleTraining.labelled("tiny/mlp-scripted", 10);
      Path run = folder.resolve("run");
      Checkpoint checkpoint =
          ModuleTraining.run(module, ModuleTraining.options(module), data, run).start();
      RunDirectory directory = new RunDirectory(run);
      Files.write(
          directory.moduleFile(), Files.readAllBytes(ModuleTraining.file("tiny/mlp-traced")));
      String message =
          assertThrows(
                  IOException.class, () -> CheckpointPacker.pack(checkpoint, directory, "test"))
              .getMessage();
      assertTrue(message.contains("is not the file that the run was begun with"), message);
    }
  }

  @Test
  void aPreviewIsNearlyAsLargeAsTheArchive() throws IOException {
    try (ModuleSource module = ModuleTraining.open("resnet8-traced")) {
      TrainingOptions options = ModuleTraining.options(module);
      Path run = folder.resolve("run");
      Checkpoint checkpoint =
          ModuleTraining.run(module, options, ModuleTraining.IMAGES, run).start();
      long trained = Files.size(ModuleTraining.pack(checkpoint, run));
      long predicted =
          io.pemn.packager.ArchiveWriter.toBytes(CheckpointPacker.preview(module, options, "test"))
              .length;
      assertEquals(1, (double) predicted / trained, 0.1);
    }
  }

  private static Evaluation measured(Path file, Dataset data, Objective objective)
      throws IOException {
    try (OpenedModel model = OpenedModel.open(file, LoadPolicy.allowTorchScript(), Device.cpu())) {
      return Evaluation.of(
          model,
          model.manager(),
          data.test(),
          model.normalization().orElse(data.normalization()),
          objective,
          Optional.empty(),
          done -> {});
    }
  }

  private static void assertEqualMeasures(Evaluation expected, Evaluation found) {
    assertEquals(expected.images(), found.images());
    assertEquals(expected.accuracy(), found.accuracy());
    assertEquals(expected.loss(), found.loss());
    assertEquals(expected.measure(), found.measure());
  }
}
