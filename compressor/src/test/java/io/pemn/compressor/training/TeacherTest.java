package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.network.LoadedModule;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.format.Normalization;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TeacherTest {
  private static final Normalization NONE = Normalization.parse("0,1");

  @Test
  void whatWasKeptIsWhatIsComputed() throws IOException {
    Dataset images = ModuleTraining.IMAGES;
    try (Teacher teacher = teacher("resnet8-traced")) {
      List<float[]> computed = epoch(teacher, images.train(), images.normalization(), 1, true);
      List<float[]> kept = epoch(teacher, images.train(), images.normalization(), 1, true);
      assertEquals(7, kept.size());
      for (int i = 0; i < kept.size(); i++) {
        assertArrayEquals(computed.get(i), kept.get(i));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny/mlp-scripted", "tiny/lstm-scripted", "tiny/tied-traced"})
  void whatWasKeptFollowsTheSamplesIntoAnotherOrderAndOtherBatches(String name) throws IOException {
    SampleSet set = ModuleTraining.unlabelled(name).train();
    try (Teacher teacher = teacher(name)) {
      epoch(teacher, set, NONE, 1, true);
      List<float[]> kept = epoch(teacher, set, NONE, 2, true);
      List<float[]> computed = epoch(teacher, set, NONE, 2, false);
      assertEquals(computed.size(), kept.size());
      for (int i = 0; i < kept.size(); i++) {
        assertArrayEquals(computed.get(i), kept.get(i), 1e-5f);
      }
      assertFalse(java.util.Arrays.equals(kept.get(0), epoch(teacher, set, NONE, 1, true).get(0)));
    }
  }

  @Test
  void everySetHasItsOwn() throws IOException {
    Dataset data = ModuleTraining.labelled("tiny/mlp-scripted", 10);
    try (Teacher teacher = teacher("tiny/mlp-scripted")) {
      epoch(teacher, data.train(), NONE, 1, true);
      List<float[]> test = epoch(teacher, data.test(), NONE, 1, true);
      List<float[]> computed = epoch(teacher, data.test(), NONE, 1, false);
      for (int i = 0; i < test.size(); i++) {
        assertArrayEquals(computed.get(i), test.get(i));
      }
    }
  }

  @Test
  void samplesThatChangeAreComputedAnew() throws IOException {
    // The same set, but normalised otherwise: as an augmentation changes what comes.
    Dataset images = ModuleTraining.IMAGES;
    try (Teacher teacher = teacher("resnet8-traced")) {
      float[] first = epoch(teacher, images.train(), images.normalization(), 1, true).get(0);
      assertArrayEquals(first, epoch(teacher, images.train(), NONE, 1, true).get(0));
      assertFalse(
          java.util.Arrays.equals(first, epoch(teacher, images.train(), NONE, 1, false).get(0)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tiny/mlp-scripted, 10",
    "tiny/half-scripted, 10",
    "tiny/double-scripted, 10",
    "tiny/two-inputs-two-outputs-scripted, 8",
    "tiny/dict-output-scripted, 5",
    "tiny/tied-scripted, 6 24",
    "tiny/text-scripted, 4"
  })
  void aTrialRunTellsTheShapeOfTheFirstOutput(String name, String shape) throws IOException {
    long[] expected =
        java.util.Arrays.stream(shape.split(" ")).mapToLong(Long::parseLong).toArray();
    try (ModuleSource source = ModuleTraining.open(name);
        LoadedModule module = LoadedModule.teacher(source, Device.cpu())) {
      assertEquals(
          new Shape(expected),
          Teacher.probe(module, ModuleTraining.unlabelled(name).train(), NONE));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tiny/raises-scripted, tiny/raises-scripted, this network takes no batches",
    "tiny/mlp-scripted, tiny/lstm-scripted, shapes cannot be multiplied",
    "tiny/mlp-scripted, tiny/text-scripted, ''",
    "tiny/two-inputs-two-outputs-scripted, tiny/mlp-scripted, ''",
    "tiny/mlp-scripted, tiny/two-inputs-two-outputs-scripted, ''"
  })
  void dataThatDoesNotFitIsOneSentence(String name, String data, String expected)
      throws IOException {
    try (ModuleSource source = ModuleTraining.open(name);
        LoadedModule module = LoadedModule.teacher(source, Device.cpu())) {
      String message =
          assertThrows(
                  IOException.class,
                  () -> Teacher.probe(module, ModuleTraining.unlabelled(data).train(), NONE))
              .getMessage();
      assertTrue(message.startsWith("The module does not run on the data"), message);
      assertTrue(message.contains(expected), message);
      assertTrue(message.endsWith(".") && !message.contains("\n"), message);
    }
  }

  private static Teacher teacher(String name) throws IOException {
    try (ModuleSource source = ModuleTraining.open(name)) {
      return new Teacher(LoadedModule.teacher(source, Device.cpu()));
    }
  }

  private static List<float[]> epoch(
      Teacher teacher, SampleSet set, Normalization normalization, int epoch, boolean unchanged) {
    List<float[]> outputs = new ArrayList<>();
    Batches batches = new Batches(set, normalization, Augmentation.NONE, 32, true, 1);
    try (BatchStream stream = batches.epoch(epoch)) {
      while (stream.hasNext()) {
        try (Batch batch = stream.next();
            NDManager scratch = teacher.manager().newSubManager()) {
          BatchArrays arrays = BatchArrays.of(batch, set, teacher.inputType(), scratch);
          NDArray array = teacher.outputs(arrays, set, unchanged, scratch);
          assertEquals(batch.size(), array.getShape().get(0));
          outputs.add(array.toFloatArray());
        }
      }
    }
    return outputs;
  }
}
