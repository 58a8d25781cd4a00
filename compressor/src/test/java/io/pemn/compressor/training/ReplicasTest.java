package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.HandmadeImages;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.format.LayerMask;
import io.pemn.format.Normalization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Trainings whose batches are divided among copies of the network. The engine knows one CPU only,
 * so these copies are all on it: what differs on several devices is where their tensors are.
 */
class ReplicasTest {
  @TempDir Path folder;

  /** What a learner has after some steps. */
  private record Result(
      Map<String, float[]> means,
      Map<String, float[]> scores,
      Map<String, float[]> parameters,
      Map<String, LayerMask> masks,
      Learner.Seen seen) {}

  private static List<Device> copies(int replicas) {
    return Collections.nCopies(replicas - 1, Device.cpu());
  }

  private static Result learn(
      TrainingOptions options, Dataset data, Optional<ModuleSource> module, int replicas, int steps)
      throws IOException {
    RunDescription run =
        module.isPresent()
            ? TrainingRun.describe(options, data, module.get(), Device.cpu())
            : RunDescription.of(options, data);
    SampleSet set = data.train();
    Batches batches =
        new Batches(set, options.normalization(), Augmentation.NONE, options.batchSize(), false, 1);
    try (Learner learner =
        TrainingRun.learner(
            options,
            run,
            module,
            Device.cpu(),
            copies(replicas),
            Math.max(10, steps),
            Optional.empty())) {
      int done = 0;
      while (done < steps) {
        try (BatchStream stream = batches.epoch(1)) {
          for (; done < steps && stream.hasNext(); done++) {
            try (Batch batch = stream.next()) {
              learner.step(batch, set, true);
            }
          }
        }
      }
      Checkpoint checkpoint = learner.checkpoint(run, List.of(), learner.masks());
      List<String> learned = new ArrayList<>(checkpoint.parameters().keySet());
      learned.addAll(checkpoint.scores().keySet());
      for (String name : learned) {
        List<float[]> everywhere = learner.valuesEverywhere(name);
        assertEquals(replicas, everywhere.size());
        for (float[] values : everywhere) {
          assertArrayEquals(learner.values(name), values, name);
        }
      }
      Map<String, float[]> means = new HashMap<>();
      checkpoint.moments().forEach((name, moments) -> means.put(name, moments.mean().toArray()));
      Map<String, float[]> scores = new HashMap<>();
      checkpoint.scores().forEach((name, values) -> scores.put(name, values.toArray()));
      return new Result(means, scores, checkpoint.parameters(), checkpoint.masks(), learner.seen());
    }
  }

  /**
   * After one step: the gradients are the same to the rounding of their sums, and so is what AdamW
   * makes of them, unless a gradient is nothing but rounding.
   */
  private static void assertSameStep(Result expected, Result found) {
    assertEquals(expected.masks(), found.masks());
    assertEquals(expected.means().keySet(), found.means().keySet());
    expected
        .means()
        .forEach(
            (name, mean) -> {
              float greatest = 1;
              for (float value : mean) {
                greatest = Math.max(greatest, Math.abs(value));
              }
              assertArrayEquals(mean, found.means().get(name), 1e-6f * greatest, name);
              boolean scores = expected.scores().containsKey(name);
              float[] before = (scores ? expected.scores() : expected.parameters()).get(name);
              float[] after = (scores ? found.scores() : found.parameters()).get(name);
              for (int i = 0; i < before.length; i++) {
                if (Math.abs(mean[i]) > 1e-6) {
                  assertEquals(before[i], after[i], 1e-6, name + " at " + i);
                }
              }
            });
    assertEquals(expected.seen().samples(), found.seen().samples());
    assertEquals(expected.seen().correct(), found.seen().correct());
    assertEquals(expected.seen().meanLoss(), found.seen().meanLoss(), 1e-6);
  }

  private static TrainingOptions vit(String... overrides) {
    Map<String, String> map = TinyTraining.map(overrides);
    map.put("arch", "vit");
    map.put("strategy", "none");
    map.put("prototype", "normal");
    map.put("patch", "7");
    map.put("dim", "16");
    map.put("depth", "1");
    map.put("heads", "2");
    map.put("mlp-ratio", "2");
    map.put("class-token", "yes");
    map.put("positions", "yes");
    return TrainingOptions.of(map);
  }

  private static final Dataset IMAGES =
      new Dataset(
          "some",
          TinyTraining.IMAGES.train().subset(64, 1),
          TinyTraining.IMAGES.test(),
          TinyTraining.IMAGES.labels(),
          TinyTraining.IMAGES.normalization());

  @ParameterizedTest
  @CsvSource({
    "binary, absolute, 2, 32",
    "binary, signed, 2, 33",
    "ternary, signed, 3, 32",
    "sign, signed, 5, 64",
    "dense, signed, 2, 32"
  })
  void aStepOnSeveralCopiesIsOneStepOnTheWholeBatchWhereSamplesDoNotMeet(
      String mask, String scores, int replicas, String batch) throws IOException {
    String density = mask.equals("sign") ? "1" : "0.5";
    TrainingOptions options =
        vit("mask", mask, "scores", scores, "batch-size", batch, "density", density);

    Result whole = learn(options, IMAGES, Optional.empty(), 1, 1);
    Result divided = learn(options, IMAGES, Optional.empty(), replicas, 1);

    assertSameStep(whole, divided);
  }

  @Test
  void scalesAndShiftsThatAreNotLearnedAreOnEveryCopy() throws IOException {
    Map<String, String> map = new HashMap<>(vit().toMap());
    map.put("norm", "not-learn");
    TrainingOptions options = TrainingOptions.of(map);

    Result whole = learn(options, IMAGES, Optional.empty(), 1, 1);
    Result divided = learn(options, IMAGES, Optional.empty(), 2, 1);

    assertSameStep(whole, divided);
  }

  @Test
  void gradientsAreClippedByTheNormOfTheirSum() throws IOException {
    TrainingOptions options = vit("clip-norm", "0.01");

    Result whole = learn(options, IMAGES, Optional.empty(), 1, 1);
    Result divided = learn(options, IMAGES, Optional.empty(), 2, 1);

    assertSameStep(whole, divided);
    double squares = 0;
    for (float[] mean : divided.means().values()) {
      for (float value : mean) {
        squares += 100.0 * value * value;
      }
    }
    assertEquals(0.01, Math.sqrt(squares), 1e-5);
  }

  @ParameterizedTest
  @CsvSource({
    "tiny/lstm-scripted, sign",
    "tiny/two-inputs-two-outputs-scripted, dense",
    "tiny/tied-traced, sign",
    "tiny/shared-numbers-scripted, dense"
  })
  void everyCopyOfAModuleLearnsFromItsPartAndFromTheTeacher(String name, String mask)
      throws IOException {
    try (ModuleSource module = ModuleTraining.open(name)) {
      TrainingOptions options =
          ModuleTraining.options(
              module,
              "mask",
              mask,
              "warm-start",
              mask.equals("dense") ? "off" : "on",
              "distill",
              "1");
      Dataset data = ModuleTraining.unlabelled(name);

      Result whole = learn(options, data, Optional.of(module), 1, 1);
      Result divided = learn(options, data, Optional.of(module), 2, 1);

      assertSameStep(whole, divided);
    }
  }

  /** Where both halves of a batch are the same, so are the statistics of each and of the whole. */
  @ParameterizedTest
  @CsvSource({"convmixer, learn", "convmixer, not-learn", "mlp, learn", "resnet, learn"})
  void batchNormalisationIsOverEachPartByItself(String arch, String norm) throws IOException {
    Random random = new Random(1);
    byte[] pixels = new byte[32 * 28 * 28];
    int[] labels = new int[32];
    for (int i = 0; i < 16 * 28 * 28; i++) {
      pixels[i] = (byte) random.nextInt(256);
      pixels[16 * 28 * 28 + i] = pixels[i];
    }
    for (int i = 0; i < 32; i++) {
      labels[i] = i % 16 % 10;
    }
    SampleSet twice = HandmadeImages.grey(28, 28, 10, pixels, labels);
    Dataset data = new Dataset("twice", twice, twice, List.of(), Normalization.parse("0.5,0.5"));
    Map<String, String> map = TinyTraining.map("normalize", "0.5,0.5");
    map.put("arch", arch);
    map.put("norm", norm);
    if (arch.equals("resnet")) {
      map.put("depth", "8");
    }
    TrainingOptions options = TrainingOptions.of(map);

    Result whole = learn(options, data, Optional.empty(), 1, 1);
    Result divided = learn(options, data, Optional.empty(), 2, 1);

    assertSameStep(whole, divided);
  }

  @Test
  void copiesKeepTheSameWeightsAndMasksOverManySteps() throws IOException {
    // Every learn() compares all copies, bit for bit.
    Result two = learn(vit(), IMAGES, Optional.empty(), 2, 20);
    Result again = learn(vit(), IMAGES, Optional.empty(), 2, 20);
    Result one = learn(vit(), IMAGES, Optional.empty(), 1, 20);

    assertEquals(two.masks(), again.masks());
    assertEquals(two.seen(), again.seen());
    assertEquals(one.seen().meanLoss(), two.seen().meanLoss(), 0.02 * one.seen().meanLoss());
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3"})
  void aBatchTooSmallForAllIsLearnedFromByTheFirst(int samples) throws IOException {
    Dataset few =
        new Dataset(
            "few",
            TinyTraining.IMAGES.train().subset(samples, 1),
            TinyTraining.IMAGES.test(),
            TinyTraining.IMAGES.labels(),
            TinyTraining.IMAGES.normalization());
    assertSameStep(
        learn(vit(), few, Optional.empty(), 1, 1), learn(vit(), few, Optional.empty(), 3, 1));
  }

  @Test
  void prunedWeightsAreZeroEverywhere() throws IOException {
    TrainingOptions options = vit("mask", "dense");
    RunDescription run = RunDescription.of(options, IMAGES);
    try (Learner learner =
        TrainingRun.learner(
            options, run, Optional.empty(), Device.cpu(), copies(2), 10, Optional.empty())) {
      learner.prune(new Pruning(0.1, 0));
      List<float[]> everywhere = learner.valuesEverywhere("head.weight");
      assertArrayEquals(everywhere.get(0), everywhere.get(1));
      int kept = 0;
      for (float value : everywhere.get(1)) {
        kept += value == 0 ? 0 : 1;
      }
      assertEquals(everywhere.get(1).length / 10, kept);
    }
  }

  @Test
  void nativeMemoryStaysFlat() throws IOException, ReflectiveOperationException {
    TrainingOptions options = vit("clip-norm", "1");
    RunDescription run = RunDescription.of(options, IMAGES);
    Batches batches =
        new Batches(IMAGES.train(), options.normalization(), Augmentation.NONE, 32, false, 1);
    int before = LiveArrays.count();
    try (Learner learner =
        TrainingRun.learner(
            options, run, Optional.empty(), Device.cpu(), copies(2), 100, Optional.empty())) {
      int early = 0;
      for (int epoch = 0; epoch < 30; epoch++) {
        try (BatchStream stream = batches.epoch(1)) {
          while (stream.hasNext()) {
            try (Batch batch = stream.next()) {
              learner.step(batch, IMAGES.train(), false);
            }
          }
        }
        early = epoch == 1 ? LiveArrays.count() : early;
      }
      assertTrue(early > before);
      assertEquals(early, LiveArrays.count());
    }
    assertEquals(before, LiveArrays.count());
  }

  @Test
  void anInterruptedRunOnSeveralCopiesEndsWithTheArchiveOfAnUndisturbedOne() throws IOException {
    TrainingOptions options = TinyTraining.convMixer("epochs", "3");
    byte[] undisturbed =
        TinyTraining.archive(
            TinyTraining.run(options, folder.resolve("whole")).alsoOn(copies(2)).start());
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
        () -> TinyTraining.run(options, run, interrupting).alsoOn(copies(2)).start());

    Checkpoint resumed = TinyTraining.run(options, run).alsoOn(copies(2)).resume();

    assertArrayEquals(undisturbed, TinyTraining.archive(resumed));
    assertTrue(
        resumed.history().get(2).trainLoss() < resumed.history().get(0).trainLoss(),
        resumed.history().toString());
  }

  @Test
  void aModuleRunsAWholeTrainingOnSeveralCopies() throws IOException {
    try (ModuleSource module = ModuleTraining.open("resnet8-scripted")) {
      Checkpoint checkpoint =
          ModuleTraining.run(
                  module,
                  ModuleTraining.options(module),
                  ModuleTraining.IMAGES,
                  folder.resolve("run"))
              .alsoOn(copies(2))
              .start();
      // One epoch of 200 images after a warm start: far above chance already.
      double accuracy = checkpoint.history().get(0).test().orElseThrow().accuracy();
      assertTrue(accuracy > 0.2, "" + accuracy);
    }
  }

  @Test
  void batchesThatCannotBeDividedAreRefusedInASentence() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    TinyTraining.run(TinyTraining.mlp("batch-size", "3"), folder).alsoOn(copies(2)))
            .getMessage();
    assertEquals(
        "A batch of 3 cannot be divided among 2 devices, which need two samples each at least; give"
            + " --batch-size 4 or more, or fewer devices.",
        message);
  }
}
