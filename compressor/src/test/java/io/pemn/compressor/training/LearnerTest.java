package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.pytorch.jni.JniUtils;
import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.augment.AugmentationPipeline;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.masking.Selection;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Measure;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.remainder.RemainderCoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LearnerTest {
  private static final SampleSet TRAIN = TinyTraining.IMAGES.train().subset(320, 1);

  static Stream<TrainingOptions> trainings() {
    return Stream.of(
        TinyTraining.convMixer("strategy", "none", "prototype", "normal"),
        TinyTraining.convMixer("strategy", "one-layer", "depth", "2"),
        TinyTraining.convMixer("strategy", "max-layer", "scores", "absolute", "density", "0.2"),
        TinyTraining.convMixer("ratio", "0.01", "prototype", "normal"),
        TinyTraining.convMixer("padding", "shuffle", "prototype", "normal"),
        TinyTraining.convMixer("padding", "shuffle", "store-prototype", "values"),
        TinyTraining.convMixer("select", "threshold"),
        TinyTraining.convMixer("mask", "ternary", "select", "global", "budget", "fan-in"),
        TinyTraining.convMixer("mask", "dense"),
        TinyTraining.convMixer("mask", "dense", "remainder", "int8"),
        TinyTraining.convMixer("remainder", "fp32"),
        TinyTraining.mlp("prototype", "normal"));
  }

  @ParameterizedTest
  @MethodSource("trainings")
  void theArchiveRebuildsTheNetworksWeightsBitForBit(TrainingOptions options) throws IOException {
    RunDescription run = RunDescription.of(options, TinyTraining.IMAGES);
    try (Learner learner = TinyTraining.learner(run, 20)) {
      learn(learner, options, 20);
      Checkpoint checkpoint =
          learner.checkpoint(run, List.of(metrics(learner.steps())), learner.masks());
      PemnArchive archive = PemnArchive.read(TinyTraining.archive(checkpoint));

      int checked = 0;
      for (Layer layer : archive.layers()) {
        assertBitEqual(layer.name(), learner.values(layer.name()), archive.rebuild(layer));
        assertEquals(learner.masks().get(layer.name()), archive.mask(layer));
        checked++;
      }
      List<RemainderTensor> remainder = new ArrayList<>();
      for (ParameterShape parameter : run.networkParameters()) {
        if (!learner.masks().containsKey(parameter.name())) {
          remainder.add(
              new RemainderTensor(
                  parameter.name(), parameter.shape(), learner.values(parameter.name())));
        }
      }
      RemainderCoder coder = RemainderCoder.of((BuiltInDescription) run.network());
      assertEquals(coder.code(remainder, options.remainder()), archive.remainder());
      checked += remainder.size();
      assertEquals(run.networkParameters().size(), checked);
    }
  }

  @ParameterizedTest
  @EnumSource(Selection.class)
  void aLearnerThatGoesOnFromACheckpointHoldsTheSameNetwork(Selection selection)
      throws IOException {
    TrainingOptions options =
        TinyTraining.convMixer("prototype", "normal", "select", selection.toString());
    RunDescription run = RunDescription.of(options, TinyTraining.IMAGES);
    try (Learner learner = TinyTraining.learner(run, 40)) {
      learn(learner, options, 20);
      Checkpoint checkpoint =
          learner.checkpoint(run, List.of(metrics(learner.steps())), learner.masks());
      try (Learner other = TinyTraining.learner(run, 40, Optional.of(checkpoint))) {
        assertSameNetwork(run, learner, other);
        assertEquals(learner.steps(), other.steps());
        assertEquals(learner.learningRate(), other.learningRate());
        learn(learner, options, 5);
        learn(other, options, 5);
        assertSameNetwork(run, learner, other);
      }
    }
  }

  @Test
  void theMeansAreThoseOfTheImagesSinceTheyWereForgotten() throws IOException {
    TrainingOptions options = TinyTraining.mlp();
    RunDescription run = RunDescription.of(options, TinyTraining.IMAGES);
    try (Learner learner = TinyTraining.learner(run, 100)) {
      assertEquals(new Learner.Seen(0, 0, 0), learner.seen());
      learn(learner, options, 10);
      Learner.Seen early = learner.seen();
      learner.forget();
      assertEquals(new Learner.Seen(0, 0, 0), learner.seen());
      learn(learner, options, 60);
      learner.forget();
      learn(learner, options, 10);
      assertTrue(learner.seen().meanLoss() < early.meanLoss());
      assertTrue(learner.seen().accuracy() > early.accuracy());
      assertTrue(learner.seen().accuracy() <= 1);
      assertEquals(80, learner.steps());
    }
  }

  @ParameterizedTest
  @MethodSource("trainings")
  void nativeMemoryStaysFlatOverStepsAndEvaluations(TrainingOptions options)
      throws IOException, ReflectiveOperationException {
    RunDescription run = RunDescription.of(options, TinyTraining.IMAGES);
    SampleSet test = TinyTraining.IMAGES.test();
    int before = LiveArrays.count();
    try (Learner learner = TinyTraining.learner(run, 400)) {
      learn(learner, options, 5);
      learner.evaluate(test, done -> {});
      int afterFew = LiveArrays.count();
      assertTrue(afterFew > before, "the count must see the network's arrays");

      learn(learner, options, 300);
      learner.seen();
      learner.masks();
      assertEquals(afterFew, LiveArrays.count(), "after 300 steps");
      for (int i = 0; i < 3; i++) {
        learner.evaluate(test, done -> {});
      }
      assertEquals(afterFew, LiveArrays.count(), "after evaluations");
      learner.checkpoint(run, List.of(metrics(1)), learner.masks());
      assertEquals(afterFew, LiveArrays.count(), "after a checkpoint");
    }
    assertEquals(before, LiveArrays.count(), "after the learner was closed");
  }

  @Test
  void tenThousandStepsTakeNoMoreMemoryThanTheFirstThousand()
      throws IOException, ReflectiveOperationException {
    TrainingOptions options =
        TinyTraining.mlp("hidden", "64", "batch-size", "4", "scores", "absolute", "clip-norm", "1");
    RunDescription run = RunDescription.of(options, TinyTraining.IMAGES);
    try (Learner learner = TinyTraining.learner(run, 10_000)) {
      learn(learner, options, 1_000);
      int arrays = LiveArrays.count();
      OptionalLong resident = residentBytes();
      learn(learner, options, 9_000);
      assertEquals(arrays, LiveArrays.count());
      // A single array of the hidden layer's weights, leaked a step, would take 1.8 GB; the heap
      // may have grown into pages that it had not touched before.
      long allowed = (64 << 20) + Runtime.getRuntime().totalMemory();
      resident.ifPresent(
          before -> {
            long grown = residentBytes().orElseThrow() - before;
            assertTrue(grown < allowed, () -> "the process grew by " + grown + " bytes");
          });
    }
  }

  /** What the process has in memory now; empty where the system does not say. */
  private static OptionalLong residentBytes() {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return OptionalLong.empty();
    }
    System.gc();
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nativeMemoryStaysFlatOverStepsThatAugmentOnTheDevice()
      throws IOException, ReflectiveOperationException {
    TrainingOptions options =
        TinyTraining.mlp(
            "augmentation", "crop-scale:0.5+flip+rand-augment:2:12+jitter:0.2+erase:0.5");
    RunDescription run = RunDescription.of(options, TinyTraining.IMAGES);
    try (Learner learner = TinyTraining.learner(run, 400)) {
      learn(learner, options, 2);
      int afterFew = LiveArrays.count();
      learn(learner, options, 40);
      assertEquals(afterFew, LiveArrays.count());
    }
  }

  @Test
  void rawImagesWithoutAnythingToNormalizeThemAreAFault() throws IOException {
    RunDescription run = RunDescription.of(TinyTraining.mlp(), TinyTraining.IMAGES);
    try (Learner learner = TinyTraining.learner(run, 10);
        BatchStream stream = Batches.ofPixels((ImageSet) TRAIN, 8, true, 1).epoch(0);
        Batch batch = stream.next()) {
      assertThrows(IllegalStateException.class, () -> learner.step(batch, TRAIN, false));
    }
  }

  @Test
  void evaluatingKeepsNoGradientsAndLeavesThemOff() throws IOException {
    TrainingOptions options = TinyTraining.mlp();
    RunDescription run = RunDescription.of(options, TinyTraining.IMAGES);
    try (Learner learner = TinyTraining.learner(run, 10)) {
      learn(learner, options, 2);
      assertFalse(JniUtils.isGradMode());
      AtomicInteger batches = new AtomicInteger();
      learner.evaluate(
          TinyTraining.IMAGES.test(),
          done -> {
            batches.incrementAndGet();
            assertFalse(JniUtils.isGradMode());
          });
      assertEquals(2, batches.get());
      assertFalse(JniUtils.isGradMode());
    }
  }

  @Test
  void evaluatingChangesNothingOfTheNetwork() throws IOException {
    TrainingOptions options = TinyTraining.convMixer();
    RunDescription run = RunDescription.of(options, TinyTraining.IMAGES);
    try (Learner measured = TinyTraining.learner(run, 20);
        Learner other = TinyTraining.learner(run, 20)) {
      learn(measured, options, 3);
      learn(other, options, 3);
      measured.evaluate(TinyTraining.IMAGES.test(), done -> {});
      assertSameNetwork(run, measured, other);
    }
  }

  private static void assertSameNetwork(RunDescription run, Learner expected, Learner found) {
    run.networkParameters()
        .forEach(
            parameter ->
                assertBitEqual(
                    parameter.name(),
                    expected.values(parameter.name()),
                    found.values(parameter.name())));
    assertEquals(expected.masks(), found.masks());
  }

  private static void learn(Learner learner, TrainingOptions options, int steps)
      throws IOException {
    boolean onTheDevice = options.augmentation() instanceof AugmentationPipeline;
    Batches batches =
        TrainingBatches.of(
            onTheDevice ? options.augmentation() : AugmentationChoice.OfBytes.NONE,
            TRAIN,
            options.normalization(),
            options.batchSize(),
            1);
    int done = 0;
    for (int epoch = 0; done < steps; epoch++) {
      try (BatchStream stream = batches.epoch(epoch)) {
        for (; stream.hasNext() && done < steps; done++) {
          try (Batch batch = stream.next()) {
            learner.step(batch, TRAIN, false);
          }
        }
      }
    }
  }

  private static EpochMetrics metrics(long steps) {
    return new EpochMetrics(
        1, steps, 0.01, 1, 0.5, 0, 1, Optional.of(new Evaluation(1, 1, 0, 1, Measure.ACCURACY)));
  }

  private static void assertBitEqual(String name, float[] expected, float[] found) {
    assertEquals(expected.length, found.length, name);
    for (int i = 0; i < expected.length; i++) {
      int position = i;
      assertEquals(
          Float.floatToRawIntBits(expected[i]),
          Float.floatToRawIntBits(found[i]),
          () -> name + " at " + position + ": " + expected[position] + ", " + found[position]);
    }
  }
}
