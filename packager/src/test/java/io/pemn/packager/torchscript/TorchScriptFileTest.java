package io.pemn.packager.torchscript;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.NumberType;
import io.pemn.loader.torchscript.ModuleFile;
import io.pemn.loader.torchscript.TensorValues;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import io.pemn.loader.torchscript.TorchScriptModule.TensorShape;
import io.pemn.packager.torchscript.ModuleTensor.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TorchScriptFileTest {
  @TempDir Path folder;

  static List<Path> all() throws IOException {
    return Fixtures.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void aFileMadeAgainFromItsSkeletonHasTheSameTensorsAndCode(Path path) throws IOException {
    Path again = folder.resolve("again.pt");
    try (TorchScriptFile original = TorchScriptFile.open(path)) {
      TorchScriptModule skeleton = original.skeleton();
      assertEquals(skeleton, TorchScriptModule.parse(skeleton.toBytes()));
      Map<String, ModuleTensor> tensors = byName(original);
      Map<String, TensorShape> shapes = new HashMap<>();
      tensors.forEach((name, t) -> shapes.put(name, new TensorShape(t.type(), t.shape())));
      skeleton.check(shapes, Long.MAX_VALUE);
      try (OutputStream out = Files.newOutputStream(again)) {
        ModuleFile.write(
            out,
            skeleton,
            name ->
                new TensorValues.Raw(
                    tensors.get(name).shape(), ByteBuffer.wrap(original.bytes(tensors.get(name)))));
      }
      try (TorchScriptFile second = TorchScriptFile.open(again)) {
        assertSameModule(original, second);
        assertEquals(skeleton, second.skeleton());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void aVariantInWhichNothingDiffersIsTheSameModule(Path path) throws IOException {
    Path again = folder.resolve("again.pt");
    try (TorchScriptFile original = TorchScriptFile.open(path)) {
      write(original, new TrainingVariant(false, false, Map.of()), again);
      try (TorchScriptFile second = TorchScriptFile.open(again)) {
        assertSameModule(original, second);
        assertEquals(original.skeleton(), second.skeleton());
      }
    }
  }

  @Test
  void parametersAndBuffersAreTheOnesThatTheCodeNames() throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny("mlp-scripted.pt"))) {
      assertEquals(
          List.of(
              "hidden.weight PARAMETER FLOAT32 [32, 64] true",
              "hidden.bias PARAMETER FLOAT32 [32] true",
              "norm.weight PARAMETER FLOAT32 [32] true",
              "norm.bias PARAMETER FLOAT32 [32] true",
              "norm.running_mean BUFFER FLOAT32 [32] false",
              "norm.running_var BUFFER FLOAT32 [32] false",
              "norm.num_batches_tracked BUFFER INT64 [] false",
              "head.weight PARAMETER FLOAT32 [10, 32] true",
              "head.bias PARAMETER FLOAT32 [10] true"),
          file.tensors().stream()
              .map(
                  t ->
                      String.join(
                          " ",
                          t.name(),
                          t.kind().name(),
                          t.type().name(),
                          t.shape().toString(),
                          Boolean.toString(t.requiresGradient())))
              .toList());
      assertEquals(List.of(), file.opaqueStorages());
      ModuleClass norm = file.classes().get("__torch__.torch.nn.modules.batchnorm.BatchNorm1d");
      assertEquals(Set.of("weight", "bias"), norm.parameters());
      assertEquals(Set.of("running_mean", "running_var", "num_batches_tracked"), norm.buffers());
      assertTrue(norm.training());
    }
  }

  @Test
  void tensorsThatShareAllNumbersAreOne() throws IOException {
    for (String name : List.of("tied-scripted.pt", "tied-traced.pt")) {
      try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny(name))) {
        assertEquals(
            Map.of(
                "encoder.weight", List.of("decoder.weight"),
                "block.weight", List.of("block_again.weight"),
                "block.bias", List.of("block_again.bias")),
            file.tensors().stream()
                .collect(Collectors.toMap(ModuleTensor::name, ModuleTensor::aliases)));
      }
    }
  }

  @Test
  void tensorsOfOneStorageAndTransposedOnesAreFoundInTheirPlaces() throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny("views-scripted.pt"))) {
      Map<String, ModuleTensor> tensors = byName(file);
      assertEquals(Set.of("first", "second", "transposed"), tensors.keySet());
      assertEquals(tensors.get("first").storage(), tensors.get("second").storage());
      assertEquals(256, tensors.get("second").layout().offset());
      assertEquals(List.of(10, 16), tensors.get("transposed").shape());
      assertEquals(List.of(1L, 10L), tensors.get("transposed").layout().strides());
      float[] transposed = file.floats(tensors.get("transposed"));
      ModuleTensor whole =
          new ModuleTensor(
              "whole",
              Kind.ATTRIBUTE,
              NumberType.FLOAT32,
              false,
              List.of(),
              tensors.get("transposed").storage(),
              io.pemn.loader.torchscript.TensorLayout.contiguous(List.of(16, 10), 0));
      float[] stored = file.floats(whole);
      for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 16; j++) {
          assertEquals(stored[j * 10 + i], transposed[i * 16 + j]);
        }
      }
    }
  }

  @Test
  void quantisedNumbersStayAsTheyAre() throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny("quantized.pt"))) {
      assertEquals(List.of("data/0", "data/1", "data/7", "data/8"), file.opaqueStorages());
      assertEquals(
          List.of(
              "norm.weight",
              "norm.bias",
              "norm.running_mean",
              "norm.running_var",
              "norm.num_batches_tracked"),
          file.tensors().stream().map(ModuleTensor::name).toList());
    }
  }

  @Test
  void aSkeletonHasNoNumbersAndNoTracesOfTheCode() throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny("mlp-traced.pt"))) {
      TorchScriptModule skeleton = file.skeleton();
      assertEquals(9, skeleton.entries().stream().filter(e -> e instanceof StorageEntry).count());
      for (TorchScriptModule.Entry entry : skeleton.entries()) {
        assertFalse(entry.path().endsWith(".debug_pkl"), entry.path());
        assertFalse(entry instanceof FileEntry && entry.path().startsWith("data/"), entry.path());
      }
    }
  }

  @Test
  void halvesAndDoublesAndBfloatsGiveTheFloatsOfTheSameNetwork() throws IOException {
    try (TorchScriptFile single = TorchScriptFile.open(Fixtures.tiny("mlp-scripted.pt"))) {
      for (String other :
          List.of("half-scripted.pt", "double-scripted.pt", "bfloat16-scripted.pt")) {
        try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny(other))) {
          Map<String, ModuleTensor> tensors = byName(file);
          for (ModuleTensor expected : single.tensors()) {
            if (!expected.name().startsWith("norm")) {
              ModuleTensor found = tensors.get(expected.name());
              float tolerance =
                  found.type() == NumberType.FLOAT64
                      ? 0
                      : found.type() == NumberType.FLOAT16 ? 1e-3f : 1e-2f;
              float[] a = single.floats(expected);
              float[] b = file.floats(found);
              for (int i = 0; i < a.length; i++) {
                assertEquals(a[i], b[i], tolerance, expected.name());
              }
            }
          }
        }
      }
    }
  }

  @Test
  void aVariantForTrainingHasOnlyFloat32AndGivenNumbers() throws IOException {
    for (String name : List.of("half-scripted.pt", "double-scripted.pt", "bfloat16-scripted.pt")) {
      Path trained = folder.resolve("trained.pt");
      try (TorchScriptFile original = TorchScriptFile.open(Fixtures.tiny(name))) {
        float[] bias = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0.1f};
        write(original, new TrainingVariant(true, true, Map.of("head.bias", bias)), trained);
        try (TorchScriptFile file = TorchScriptFile.open(trained)) {
          assertEquals(original.tensors().size(), file.tensors().size());
          for (ModuleTensor tensor : file.tensors()) {
            boolean counter = tensor.name().endsWith("num_batches_tracked");
            assertEquals(counter ? NumberType.INT64 : NumberType.FLOAT32, tensor.type());
            if (!counter) {
              assertArrayEquals(
                  tensor.name().equals("head.bias")
                      ? bias
                      : original.floats(byName(original).get(tensor.name())),
                  file.floats(tensor));
            }
          }
        }
      }
    }
  }

  @Test
  void replacementsThatFitNoTensorAreRefused() throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny("mlp-scripted.pt"))) {
      for (String name : List.of("head", "norm.num_batches_tracked", "hidden.bias")) {
        TrainingVariant variant = new TrainingVariant(false, false, Map.of(name, new float[] {1}));
        assertThrows(
            IllegalArgumentException.class,
            () -> file.writeVariant(new ByteArrayOutputStream(), variant));
      }
    }
  }

  private static void write(TorchScriptFile file, TrainingVariant variant, Path target)
      throws IOException {
    try (OutputStream out = Files.newOutputStream(target)) {
      file.writeVariant(out, variant);
    }
  }

  private static Map<String, ModuleTensor> byName(TorchScriptFile file) {
    return file.tensors().stream().collect(Collectors.toMap(ModuleTensor::name, t -> t));
  }

  private static void assertSameModule(TorchScriptFile expected, TorchScriptFile found)
      throws IOException {
    assertEquals(expected.tensors(), found.tensors());
    assertEquals(expected.code(), found.code());
    assertEquals(expected.opaqueStorages(), found.opaqueStorages());
    for (ModuleTensor tensor : expected.tensors()) {
      assertArrayEquals(expected.bytes(tensor), found.bytes(tensor), tensor.name());
    }
  }
}
