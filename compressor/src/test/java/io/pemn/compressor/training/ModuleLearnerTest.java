package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.network.LoadedModule;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.compressor.network.TargetNetwork;
import io.pemn.compressor.network.TorchScriptTarget;
import io.pemn.format.Float16;
import io.pemn.format.NumberType;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.Measure;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.Layer;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.djl.PemnModel;
import io.pemn.packager.Unpacker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModuleLearnerTest {
  @TempDir Path folder;

  /** A learner whose network the tests can look at. */
  private record Watched(
      ModuleSource module, TrainingOptions options, TorchScriptTarget network, Learner learner)
      implements AutoCloseable {
    static Watched of(String name, String... overrides) throws IOException {
      return of(ModuleTraining.open(name), overrides);
    }

    static Watched of(ModuleSource module, String... overrides) throws IOException {
      TrainingOptions options = ModuleTraining.options(module, overrides);
      TorchScriptTarget network = new TorchScriptTarget(module, Map.of(), Device.cpu());
      Teacher teacher = new Teacher(LoadedModule.teacher(module, Device.cpu()));
      return new Watched(
          module,
          options,
          network,
          new Learner(options, network, Optional.of(teacher), 400, Optional.empty(), List.of()));
    }

    TargetNetwork.Shipped shipped() throws IOException {
      return network.shipped(learner.masks().keySet(), options.remainder());
    }

    Checkpoint checkpoint(Dataset dataSet) throws IOException {
      return learner.checkpoint(
          TrainingRun.describe(options, dataSet, module, Device.cpu()),
          List.of(
              new EpochMetrics(
                  1,
                  learner.steps(),
                  0.01,
                  1,
                  0.5,
                  0,
                  1,
                  Optional.of(new Evaluation(1, 1, 0, 1, Measure.ACCURACY)))),
          learner.masks());
    }

    @Override
    public void close() throws IOException {
      learner.close();
      module.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "resnet8-scripted, sign",
    "resnet8-traced, ternary",
    "vit4-scripted, ternary",
    "vit4-traced, sign",
    "convmixer-scripted, binary",
    "convmixer-traced, sign",
    "resnet8-traced, dense"
  })
  void whatTheArchiveRunsIsBitForBitTheNetworkAtTheEndOfTheTraining(String name, String mask)
      throws IOException {
    String density = mask.equals("ternary") ? "0.3" : mask.equals("binary") ? "0.5" : "1";
    String warm = mask.equals("dense") ? "off" : "on";
    Dataset images = ModuleTraining.IMAGES;
    try (Watched watched = Watched.of(name, "mask", mask, "density", density, "warm-start", warm)) {
      ModuleTraining.learn(watched.learner(), watched.options(), images.train(), 7);
      Path run = folder.resolve("run");
      RunDirectory directory = new RunDirectory(run);
      directory.create();
      directory.keepModule(watched.module().path());
      Path archive = ModuleTraining.pack(watched.checkpoint(images), run);
      Path unpacked = folder.resolve("unpacked.pt");
      PemnArchive opened = PemnArchive.open(archive, LoadPolicy.allowTorchScript());
      opened.verify();
      Unpacker.toTorchScript(opened, unpacked);

      for (Layer layer : opened.layers()) {
        assertArrayEquals(watched.learner().values(layer.name()), opened.rebuild(layer));
      }
      float[] trained;
      try (TargetNetwork.Shipped shipped = watched.shipped()) {
        trained = outputs(shipped::forward, images, NumberType.FLOAT32);
      }
      float[] live =
          outputs(inputs -> watched.network().forward(inputs, false), images, NumberType.FLOAT32);
      assertArrayEquals(live, trained, 0.05f);
      try (OpenedModel model =
          OpenedModel.open(archive, LoadPolicy.allowTorchScript(), Device.cpu())) {
        assertArrayEquals(trained, outputs(model::forward, images, model.inputType()));
      }
      try (OpenedModel model =
          OpenedModel.open(unpacked, LoadPolicy.allowTorchScript(), Device.cpu())) {
        assertArrayEquals(trained, outputs(model::forward, images, model.inputType()));
      }
      try (Model model = PemnModel.load(archive, LoadPolicy.allowTorchScript(), Device.cpu());
          NDManager stored = model.getNDManager().newSubManager()) {
        ParameterStore store = new ParameterStore(stored, false);
        assertArrayEquals(
            trained,
            outputs(
                inputs -> model.getBlock().forward(store, inputs, false),
                images,
                NumberType.FLOAT32));
      }
      try (OpenedModel original =
          OpenedModel.open(watched.module().path(), LoadPolicy.allowTorchScript(), Device.cpu())) {
        assertFalse(Arrays.equals(trained, outputs(original::forward, images, NumberType.FLOAT32)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny/half-scripted", "tiny/double-scripted"})
  void aModuleOfAnotherTypeShipsInItWithExactlyRoundedValues(String name) throws IOException {
    Dataset data = ModuleTraining.labelled(name, 10);
    NumberType type = name.contains("half") ? NumberType.FLOAT16 : NumberType.FLOAT64;
    try (Watched watched = Watched.of(name)) {
      ModuleTraining.learn(watched.learner(), watched.options(), data.train(), 6);
      RunDirectory directory = new RunDirectory(folder.resolve("run"));
      directory.create();
      directory.keepModule(watched.module().path());
      PemnArchive archive =
          PemnArchive.open(
              ModuleTraining.pack(watched.checkpoint(data), directory.path()),
              LoadPolicy.allowTorchScript());
      archive.verify();
      for (RemainderTensor tensor : archive.remainder()) {
        if (watched.network().trained().contains(tensor.name())) {
          assertEquals(type, tensor.type(), tensor.name());
          assertEquals(
              ByteBuffer.wrap(type.encode(watched.learner().values(tensor.name()))), tensor.data());
        }
      }
      Path unpacked = folder.resolve("unpacked.pt");
      Unpacker.toTorchScript(archive, unpacked);
      try (ModuleSource source = ModuleSource.open(unpacked, List.of(), List.of(), false)) {
        assertEquals(type, source.floatType());
        for (String parameter : watched.network().trained()) {
          float[] expected = watched.learner().values(parameter);
          for (int i = 0; i < expected.length && type == NumberType.FLOAT16; i++) {
            expected[i] = Float16.toFloat(Float16.fromFloat(expected[i]));
          }
          assertArrayEquals(expected, source.values(parameter), parameter);
        }
      }
      try (TargetNetwork.Shipped live = watched.shipped();
          OpenedModel model =
              OpenedModel.open(
                  folder.resolve("run.pemn"), LoadPolicy.allowTorchScript(), Device.cpu())) {
        assertEquals(type, model.inputType());
        assertArrayEquals(outputs(live::forward, data, type), outputs(model::forward, data, type));
      }
    }
  }

  @Test
  void whatNeedsNoGradientAndWhatIsABufferDoesNotMove() throws IOException {
    String name = "tiny/non-trainable-scripted";
    Dataset data = ModuleTraining.labelled(name, 10);
    try (Watched watched = Watched.of(name)) {
      Map<String, RemainderTensor> before = watched.network().statistics();
      assertEquals(Set.of("fixed.weight", "fixed.bias", "projection"), before.keySet());
      float[] head = watched.learner().values("head.weight");
      ModuleTraining.learn(watched.learner(), watched.options(), data.train(), 10);
      assertEquals(before, watched.network().statistics());
      assertFalse(Arrays.equals(head, watched.learner().values("head.weight")));
    }
  }

  @Test
  void whatTheForwardDoesNotUseStaysAsItIs() throws IOException {
    String name = "tiny/dict-output-scripted";
    Dataset data = ModuleTraining.labelled(name, 5);
    Path file = withoutTheBox(ModuleTraining.file(name), folder.resolve("module.pt"));
    ModuleSource module = ModuleSource.open(file, List.of("box.weight"), List.of(), false);
    try (Watched watched = Watched.of(module)) {
      float[] weights = watched.learner().values("box.weight");
      float[] bias = watched.learner().values("box.bias");
      float[] logits = watched.learner().values("classes.bias");
      ModuleTraining.learn(watched.learner(), watched.options(), data.train(), 10);
      assertArrayEquals(weights, watched.learner().values("box.weight"));
      assertArrayEquals(bias, watched.learner().values("box.bias"));
      assertFalse(Arrays.equals(logits, watched.learner().values("classes.bias")));
      Checkpoint checkpoint = watched.checkpoint(data);
      assertFalse(checkpoint.moments().containsKey("box.bias"));
      checkpoint.save(folder.resolve("checkpoint.safetensors"));
      Checkpoint read = Checkpoint.load(folder.resolve("checkpoint.safetensors"));
      assertEquals(checkpoint.moments().keySet(), read.moments().keySet());
      assertEquals(checkpoint.masks(), read.masks());
    }
  }

  /** A copy of dict-output-scripted whose forward gives its trunk in the place of the box. */
  private static Path withoutTheBox(Path file, Path copy) throws IOException {
    try (ZipFile from = new ZipFile(file.toFile());
        ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(copy))) {
      to.setLevel(0);
      for (ZipEntry entry : Collections.list(from.entries())) {
        byte[] bytes = from.getInputStream(entry).readAllBytes();
        if (entry.getName().endsWith("code/__torch__/tiny_modules.py")) {
          String code = new String(bytes, StandardCharsets.UTF_8);
          String changed = code.replace("(box).forward(x0, )", "x0");
          assertNotEquals(code, changed);
          bytes = changed.getBytes(StandardCharsets.UTF_8);
        }
        ZipEntry stored = new ZipEntry(entry.getName());
        stored.setMethod(ZipEntry.STORED);
        stored.setSize(bytes.length);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        stored.setCrc(crc.getValue());
        to.putNextEntry(stored);
        to.write(bytes);
        to.closeEntry();
      }
    }
    return copy;
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny/tied-scripted", "tiny/tied-traced", "tiny/shared-numbers-scripted"})
  void tiedParametersGetOneUpdateByTheirCombinedGradient(String name) throws IOException {
    Dataset data = ModuleTraining.withTargets(name, 6, 24);
    try (Watched watched =
        Watched.of(
            name,
            "objective",
            "regress",
            "mask",
            "dense",
            "warm-start",
            "off",
            "distill",
            "0.0",
            "batch-size",
            "96",
            "lr",
            "0.0001")) {
      String tied = "encoder.weight";
      assertTrue(watched.network().trained().contains(tied), watched.network().trained() + "");
      assertFalse(watched.network().trained().contains("decoder.weight"));
      int place = 8 * 7 + 3;
      double slope = slope(watched.network(), tied, place, data.train());
      ModuleTraining.learn(watched.learner(), watched.options(), data.train(), 1);
      // AdamW's first moment is a tenth of the gradient after one step.
      float mean = watched.checkpoint(data).moments().get(tied).mean().toArray()[place];
      assertEquals(slope, 10 * mean, 0.02 * Math.abs(slope) + 1e-4);

      ModuleTraining.learn(watched.learner(), watched.options(), data.train(), 10);
      float[] live =
          outputs(inputs -> watched.network().forward(inputs, false), data, NumberType.FLOAT32);
      try (TargetNetwork.Shipped shipped = watched.network().shipped(Set.of(), FloatCoding.FP32)) {
        assertArrayEquals(live, outputs(shipped::forward, data, NumberType.FLOAT32));
      }
    }
  }

  /** The derivative of the mean squared error by one number, by central differences. */
  private static double slope(TorchScriptTarget network, String name, int place, SampleSet set) {
    float[] values = network.array(name).toFloatArray();
    float step = 0.01f;
    double[] losses = new double[2];
    for (int side = 0; side < 2; side++) {
      float[] moved = values.clone();
      moved[place] += side == 0 ? -step : step;
      TargetNetwork.set(network.array(name), moved);
      Batches batches =
          new Batches(set, ModuleTraining.IMAGES.normalization(), Augmentation.NONE, 96, false, 1);
      try (BatchStream stream = batches.epoch(0);
          Batch batch = stream.next();
          NDManager scratch = network.manager().newSubManager()) {
        BatchArrays arrays = BatchArrays.of(batch, set, NumberType.FLOAT32, scratch);
        NDArray outputs = network.forward(arrays.inputs(), false).head();
        double sum = 0;
        float[] found = outputs.toFloatArray();
        float[] wanted = arrays.target().orElseThrow().toFloatArray();
        for (int i = 0; i < found.length; i++) {
          sum += (found[i] - wanted[i]) * (double) (found[i] - wanted[i]);
        }
        losses[side] = sum / found.length;
      }
    }
    TargetNetwork.set(network.array(name), values);
    return (losses[1] - losses[0]) / (2 * step);
  }

  @ParameterizedTest
  @CsvSource({"sign, 1", "ternary, 0.3"})
  void aWarmStartBeginsNearTheTeacherAndAColdOneFarFromIt(String mask, String density)
      throws IOException {
    double warm = distance(mask, density, "on");
    double cold = distance(mask, density, "off");
    assertTrue(warm < 0.6 * cold, warm + " and " + cold);
  }

  private static double distance(String mask, String density, String warm) throws IOException {
    try (Watched watched =
        Watched.of("resnet8-traced", "mask", mask, "density", density, "warm-start", warm)) {
      double sum = 0;
      for (var parameter : watched.module().parameters()) {
        if (parameter.role() == Role.WEIGHT) {
          float[] trained = watched.module().values(parameter.name());
          float[] begun = watched.learner().values(parameter.name());
          for (int i = 0; i < trained.length; i++) {
            sum += (trained[i] - begun[i]) * (double) (trained[i] - begun[i]);
          }
        }
      }
      return Math.sqrt(sum);
    }
  }

  @Test
  void aDenseTrainingBeginsAtTheTrainedWeights() throws IOException {
    try (Watched watched = Watched.of("resnet8-traced", "mask", "dense", "warm-start", "off")) {
      for (String name : watched.network().trained()) {
        assertArrayEquals(watched.module().values(name), watched.learner().values(name), name);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "resnet8-traced, classify, 0.5",
    "tiny/lstm-scripted, classify, 0.5",
    "tiny/traced-eval-mode, classify, 1",
    "tiny/two-inputs-two-outputs-scripted, embed, 1"
  })
  void nativeMemoryStaysFlatOverStepsEvaluationsAndCheckpoints(
      String name, String objective, String distill) throws Exception {
    boolean images = name.startsWith("resnet");
    Dataset data =
        images
            ? ModuleTraining.IMAGES
            : distill.equals("1")
                ? ModuleTraining.unlabelled(name)
                : ModuleTraining.labelled(name, 3);
    int before = LiveArrays.count();
    try (Watched watched =
        Watched.of(
            name, "objective", objective, "distill", distill, "batch-size", images ? "4" : "32")) {
      ModuleTraining.learn(watched.learner(), watched.options(), data.train(), 5);
      watched.learner().evaluate(data.test(), done -> {});
      int afterFew = LiveArrays.count();
      assertTrue(afterFew > before, "the count must see the network's arrays");

      ModuleTraining.learn(watched.learner(), watched.options(), data.train(), 300);
      watched.learner().seen();
      watched.learner().masks();
      assertEquals(afterFew, LiveArrays.count(), "after 300 steps");
      watched.learner().evaluate(data.test(), done -> {});
      assertEquals(afterFew, LiveArrays.count(), "after an evaluation");
      watched.checkpoint(data);
      assertEquals(afterFew, LiveArrays.count(), "after a checkpoint");
    }
    assertEquals(before, LiveArrays.count(), "after the learner was closed");
  }

  @Test
  void aForwardThatRaisesIsOneSentence() throws IOException {
    try (Watched watched = Watched.of("tiny/raises-scripted")) {
      SampleSet set = ModuleTraining.labelled("tiny/raises-scripted", 3).train();
      String message =
          assertThrows(
                  IOException.class,
                  () -> ModuleTraining.learn(watched.learner(), watched.options(), set, 1))
              .getMessage();
      assertTrue(message.contains("this network takes no batches"), message);
      assertTrue(message.endsWith(".") && !message.contains("\n"), message);
    }
  }

  /** A forward pass. */
  @FunctionalInterface
  private interface Forward {
    NDList forward(NDList inputs);
  }

  /** First outputs for the test samples, batch by batch. */
  private static float[] outputs(Forward network, Dataset dataSet, NumberType floats) {
    float[] all = new float[0];
    Batches batches =
        new Batches(dataSet.test(), dataSet.normalization(), Augmentation.NONE, 25, false, 0);
    try (BatchStream stream = batches.epoch(0);
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      while (stream.hasNext()) {
        try (Batch batch = stream.next();
            NDManager scratch = manager.newSubManager()) {
          NDList outputs =
              network.forward(BatchArrays.of(batch, dataSet.test(), floats, scratch).inputs());
          outputs.attach(scratch);
          float[] values =
              outputs.head().toType(DataType.FLOAT32, false).reshape(new Shape(-1)).toFloatArray();
          int length = all.length;
          all = Arrays.copyOf(all, length + values.length);
          System.arraycopy(values, 0, all, length, values.length);
        }
      }
    }
    return all;
  }
}
