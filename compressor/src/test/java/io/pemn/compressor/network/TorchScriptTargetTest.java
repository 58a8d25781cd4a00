package io.pemn.compressor.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import io.pemn.format.Float16;
import io.pemn.format.NumberType;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchScriptTargetTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/torchscript");
  private static final Shape IMAGES = new Shape(6, 1, 28, 28);
  private static final Shape SMALL_IMAGES = new Shape(6, 1, 8, 8);

  private NDManager manager;

  @BeforeEach
  void switchGradientsOff() {
    manager = Engine.getEngine("PyTorch").newBaseManager();
    Engine.getEngine("PyTorch").setRandomSeed(1);
    JniUtils.setGradMode(false);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet8-scripted",
        "resnet8-traced",
        "vit4-scripted",
        "vit4-traced",
        "convmixer-scripted",
        "convmixer-traced",
        "tiny/mlp-scripted",
        "tiny/mlp-traced",
        "tiny/half-scripted",
        "tiny/double-scripted",
        "tiny/tied-scripted",
        "tiny/tied-traced",
        "tiny/views-scripted",
        "tiny/lstm-scripted",
        "tiny/text-scripted",
        "tiny/odd-layers-scripted"
      })
  void everyTrainedParameterIsThereWithItsShapeAndItsTrainedValues(String name) throws IOException {
    try (ModuleSource source = open(name, false);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      assertEquals(
          source.parameters().stream()
              .filter(parameter -> parameter.role() != Role.STATISTIC)
              .map(ParameterShape::name)
              .collect(Collectors.toSet()),
          target.trained());
      assertTrue(target.trained().size() >= 3, target.trained().toString());
      for (ParameterShape parameter : target.parameters()) {
        if (target.trained().contains(parameter.name())) {
          NDArray array = target.array(parameter.name());
          assertEquals(DataType.FLOAT32, array.getDataType());
          assertTrue(array.hasGradient(), parameter.name());
          assertEquals(
              parameter.shape(),
              Arrays.stream(array.getShape().getShape()).mapToObj(d -> (int) d).toList());
          assertArrayEquals(
              source.values(parameter.name()), array.toFloatArray(), parameter.name());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet8-scripted", "resnet8-traced"})
  void theStatisticsAreWhatALaterLoadBeginsWith(String name) throws IOException {
    try (ModuleSource source = open(name, false);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      Map<String, RemainderTensor> first = target.statistics();
      target.forward(random(IMAGES), true).close();
      Map<String, RemainderTensor> moved = target.statistics();
      assertFalse(first.equals(moved), "batch statistics must have moved the running ones");

      try (TorchScriptTarget later = new TorchScriptTarget(source, moved, Device.cpu())) {
        assertEquals(moved, later.statistics());
        NDList input = random(IMAGES);
        assertArrayEquals(
            target.forward(input, false).head().toFloatArray(),
            later.forward(input, false).head().toFloatArray());
      }
    }
  }

  @Test
  void whatTracingFixedIsSwitchedDuringTheTraining() throws IOException {
    try (ModuleSource source = open("tiny/traced-eval-mode", false);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      NDList input = random(SMALL_IMAGES);
      Map<String, RemainderTensor> before = target.statistics();
      float[] evaluated = outputs(target, input, false);

      float[] trained = outputs(target, input, true);
      float[] again = outputs(target, input, true);

      assertFalse(Arrays.equals(evaluated, trained), "batch statistics and dropout");
      assertFalse(Arrays.equals(trained, again), "dropout drops at random");
      assertFalse(before.equals(target.statistics()), "running means move");
    }
  }

  @Test
  void whatTracingFixedStaysIfItShall() throws IOException {
    try (ModuleSource source = open("tiny/traced-eval-mode", true);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      NDList input = random(SMALL_IMAGES);
      Map<String, RemainderTensor> before = target.statistics();
      assertArrayEquals(outputs(target, input, false), outputs(target, input, true));
      assertEquals(before, target.statistics());
    }
  }

  @Test
  void aScriptedModuleTrainsInItsOwnModes() throws IOException {
    try (ModuleSource source = open("tiny/mlp-scripted", true);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      NDList input = random(SMALL_IMAGES);
      float[] evaluated = outputs(target, input, false);
      assertFalse(Arrays.equals(evaluated, outputs(target, input, true)));
      assertFalse(Arrays.equals(evaluated, outputs(target, input, false)), "the means moved");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "resnet8-scripted, 28",
    "resnet8-traced, 28",
    "vit4-scripted, 28",
    "vit4-traced, 28",
    "convmixer-scripted, 28",
    "convmixer-traced, 28",
    "tiny/mlp-scripted, 8",
    "tiny/mlp-traced, 8",
    "tiny/traced-eval-mode, 8",
    "tiny/odd-layers-scripted, 8"
  })
  void whatShipsComputesWhatTheLiveNetworkComputes(String name, int side) throws IOException {
    Shape shape = new Shape(6, 1, side, side);
    try (ModuleSource source = open(name, false);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      target.forward(random(shape), true).close();
      move(target);
      NDList input = random(shape);
      try (TargetNetwork.Shipped shipped = target.shipped(Set.of(), FloatCoding.FP32)) {
        assertEquals(NumberType.FLOAT32, shipped.inputType());
        assertArrayEquals(
            outputs(target, input, false), shipped.forward(input).head().toFloatArray(), 1e-5f);
      }
      Map<String, RemainderTensor> before = target.statistics();
      target.shipped(Set.of(), FloatCoding.FP32).close();
      assertEquals(before, target.statistics());
    }
  }

  @Test
  void whatShipsIsACopy() throws IOException {
    try (ModuleSource source = open("tiny/mlp-scripted", false);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      NDList input = random(SMALL_IMAGES);
      try (TargetNetwork.Shipped shipped = target.shipped(Set.of(), FloatCoding.FP32)) {
        float[] before = shipped.forward(input).head().toFloatArray();
        move(target);
        assertArrayEquals(before, shipped.forward(input).head().toFloatArray());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny/tied-scripted", "tiny/tied-traced"})
  void tiedLayersStayTiedInWhatShips(String name) throws IOException {
    try (ModuleSource source = open(name, false);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      move(target);
      NDList input = new NDList(manager.create(new long[] {1, 5, 23, 0, 7, 2}, new Shape(1, 6)));
      try (TargetNetwork.Shipped shipped = target.shipped(Set.of(), FloatCoding.FP32)) {
        assertArrayEquals(
            outputs(target, input, false), shipped.forward(input).head().toFloatArray());
      }
    }
  }

  @Test
  void aHalfPrecisionModuleTrainsInSingleAndShipsExactlyRounded() throws IOException {
    try (ModuleSource source = open("tiny/half-scripted", false);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      assertEquals(NumberType.FLOAT32, target.inputType());
      move(target);
      NDList input = random(SMALL_IMAGES);
      float[] live = outputs(target, input, false);
      // The live network with every parameter rounded: what ships differs by its arithmetic alone.
      for (String name : target.trained()) {
        float[] values = target.array(name).toFloatArray();
        for (int i = 0; i < values.length; i++) {
          values[i] = Float16.toFloat(Float16.fromFloat(values[i]));
        }
        TargetNetwork.set(target.array(name), values);
      }
      try (TargetNetwork.Shipped shipped = target.shipped(Set.of(), FloatCoding.FP32)) {
        assertEquals(NumberType.FLOAT16, shipped.inputType());
        NDArray half = input.head().toType(DataType.FLOAT16, true);
        NDArray output = shipped.forward(new NDList(half)).head();
        assertEquals(DataType.FLOAT16, output.getDataType());
        assertArrayEquals(live, output.toType(DataType.FLOAT32, true).toFloatArray(), 0.02f);
      }
    }
  }

  @Test
  void aDoublePrecisionModuleTrainsInSingleAndShipsInDouble() throws IOException {
    try (ModuleSource source = open("tiny/double-scripted", false);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      move(target);
      NDList input = random(SMALL_IMAGES);
      float[] live = outputs(target, input, false);
      try (TargetNetwork.Shipped shipped = target.shipped(Set.of(), FloatCoding.FP32)) {
        assertEquals(NumberType.FLOAT64, shipped.inputType());
        NDArray output =
            shipped.forward(new NDList(input.head().toType(DataType.FLOAT64, true))).head();
        assertEquals(DataType.FLOAT64, output.getDataType());
        assertArrayEquals(live, output.toType(DataType.FLOAT32, true).toFloatArray(), 1e-5f);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet8-scripted", "resnet8-traced"})
  void normsAreFoundInWhatTheEnginesOwnVersionOfPyTorchWrites(String name) throws IOException {
    try (ModuleSource source = open(name, false);
        PtSymbolBlock block = ModuleSource.load(manager, source.path(), false)) {
      Path saved = ModuleSource.writeTemporary(out -> JniUtils.writeModule(block, out, false));
      try (TorchScriptFile file = TorchScriptFile.open(saved)) {
        assertEquals(source.file().batchNorms(), file.batchNorms());
        assertEquals(9, file.batchNorms().size());
      } finally {
        Files.delete(saved);
      }
    }
  }

  @Test
  void whatShipsHasItsNormsFoldedAndItsFloatsCoded() throws IOException {
    try (ModuleSource source = open("resnet8-scripted", false);
        TorchScriptTarget target = new TorchScriptTarget(source, Map.of(), Device.cpu())) {
      NDList input = random(new Shape(6, 1, 28, 28));
      float[] live = outputs(target, input, false);
      for (FloatCoding coding : FloatCoding.values()) {
        try (TargetNetwork.Shipped shipped = target.shipped(Set.of("fc.weight"), coding)) {
          float[] found = shipped.forward(input).head().toFloatArray();
          assertArrayEquals(live, found, coding == FloatCoding.FP32 ? 1e-4f : 1);
          assertNotEquals(0, differences(live, found));
        }
      }
    }
  }

  private static int differences(float[] first, float[] second) {
    int differences = 0;
    for (int i = 0; i < first.length; i++) {
      differences += first[i] == second[i] ? 0 : 1;
    }
    return differences;
  }

  /** Adds something to every parameter, as an optimizer would. */
  private static void move(TorchScriptTarget target) {
    for (String name : target.trained()) {
      float[] values = target.array(name).toFloatArray();
      for (int i = 0; i < values.length; i++) {
        values[i] += 0.01f * (float) Math.sin(i + name.hashCode());
      }
      TargetNetwork.set(target.array(name), values);
      assertArrayEquals(values, target.array(name).toFloatArray(), name);
    }
  }

  private static float[] outputs(TorchScriptTarget target, NDList input, boolean training) {
    try (NDList outputs = target.forward(input, training)) {
      return outputs.head().toFloatArray();
    }
  }

  private NDList random(Shape shape) {
    return new NDList(manager.randomNormal(shape));
  }

  private static ModuleSource open(String name, boolean keepTracedMode) throws IOException {
    return ModuleSource.open(FOLDER.resolve(name + ".pt"), List.of(), List.of(), keepTracedMode);
  }
}
