package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import io.pemn.packager.tensors.TensorType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorsFileTest {
  @TempDir Path folder;

  @Test
  void aLabelledSetIsReadWithItsTestPart() throws IOException {
    Dataset dataset =
        load(
            Map.of("classes", "[\"a\", \"b\", \"c\"]"),
            floats("x", 3, 2),
            longs("y", new long[] {3}, 0, 1, 0),
            floats("x_test", 2, 2),
            longs("y_test", new long[] {2, 1}, 1, 1));

    assertEquals("tensors", dataset.name());
    assertEquals("3 samples of FLOAT32 (2) in 3 classes", dataset.train().toString());
    assertEquals("2 samples of FLOAT32 (2) in 3 classes", dataset.test().toString());
    assertEquals(List.of("a", "b", "c"), dataset.labels());
    assertEquals(List.of(0, 1, 0), labels(dataset.train()));
    assertEquals(Optional.empty(), dataset.image());
    assertEquals(5f, ((TensorSet) dataset.train()).input(0, 2).getFloat(4));
  }

  @ParameterizedTest
  @CsvSource({"F32,FLOAT32", "F16,FLOAT16", "F64,FLOAT64", "I64,INT64", "I32,INT32", "U8,UINT8"})
  void inputsKeepTheirTypeAndBytes(TensorType type, NumberType expected) throws IOException {
    byte[] bytes = new byte[2 * 3 * type.bytes()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i + 1);
    }

    Dataset dataset =
        load(
            Map.of(),
            TensorEntry.bytes("x", type, new long[] {2, 3}, bytes),
            TensorEntry.bytes("x_test", type, new long[] {2, 3}, bytes));

    TensorSet train = (TensorSet) dataset.train();
    assertEquals(List.of(new InputTensor(List.of(3), expected)), train.inputs());
    assertEquals(ByteBuffer.wrap(bytes, 3 * type.bytes(), 3 * type.bytes()), train.input(0, 1));
    assertFalse(train.labelled());
  }

  @Test
  void severalInputsAndFloatTargets() throws IOException {
    Dataset dataset =
        load(
            Map.of(),
            floats("x0", 10, 1, 2),
            TensorEntry.bytes("x1", TensorType.BOOL, new long[] {10}, new byte[10]),
            floats("y", 10, 3));

    assertEquals(
        List.of(
            new InputTensor(List.of(1, 2), NumberType.FLOAT32),
            new InputTensor(List.of(), NumberType.BOOL)),
        dataset.train().inputs());
    assertEquals(
        Optional.of(new InputTensor(List.of(3), NumberType.FLOAT32)), dataset.train().target());
    assertEquals(0, dataset.train().classes());
    assertEquals(10, dataset.train().size() + dataset.test().size());
  }

  @Test
  void withoutATestPartAFifthIsHeldOutByItsIndexAlone() throws IOException {
    Dataset small = load(Map.of(), indexed(1000));
    Dataset large = load(Map.of(), indexed(2000));

    assertEquals(200, small.test().size(), 40);
    assertEquals(1000, small.test().size() + small.train().size());
    List<Long> before = indices(small.test());
    assertEquals(before, indices(large.test()).subList(0, before.size()));
    List<Long> all = new ArrayList<>(before);
    all.addAll(indices(small.train()));
    assertEquals(
        IntStream.range(0, 1000).mapToObj(i -> (long) i).toList(), all.stream().sorted().toList());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void ofAFewSamplesAtLeastOneIsOnEitherSide(int samples) throws IOException {
    Dataset dataset = load(Map.of(), indexed(samples));

    assertEquals(samples, dataset.train().size() + dataset.test().size());
  }

  @Test
  void classesAreCountedFromTheGreatestLabelOfEitherPartOrTheMetadata() throws IOException {
    TensorEntry[] tensors = {
      floats("x", 2, 1), longs("y", new long[] {2}, 0, 1),
      floats("x_test", 1, 1), longs("y_test", new long[] {1}, 6)
    };

    assertEquals(7, load(Map.of(), tensors).train().classes());
    assertEquals(List.of(), load(Map.of(), tensors).labels());
    assertEquals(9, load(Map.of("classes", "9"), tensors).train().classes());
    assertRefused("greatest label", Map.of("classes", "6"), tensors);
    assertRefused("label 6 and the metadata", Map.of("classes", "[\"a\"]"), tensors);
    assertRefused("JSON array", Map.of("classes", "{}"), tensors);
    assertRefused("JSON array", Map.of("classes", "[1]"), tensors);
    assertRefused("JSON array", Map.of("classes", "[\"a\""), tensors);
    assertRefused("at most 1048576", Map.of("classes", "999999999"), tensors);
  }

  @Test
  void labelsMayBeOfAnyIntegerType() throws IOException {
    assertEquals(
        3,
        load(
                Map.of(),
                floats("x", 2, 1),
                TensorEntry.bytes("y", TensorType.U8, new long[] {2}, new byte[] {2, 1}))
            .train()
            .classes());
    byte[] ints = {2, 0, 0, 0, 1, 1, 0, 0};
    assertEquals(
        258,
        load(
                Map.of(),
                floats("x", 2, 1),
                TensorEntry.bytes("y", TensorType.I32, new long[] {2, 1}, ints))
            .train()
            .classes());
  }

  @Test
  void whatIsMissingOrTooMuchIsNamed() throws IOException {
    assertRefused("needs x, or x0", Map.of(), floats("input", 2, 1));
    assertRefused("needs x, or x0", Map.of(), floats("x1", 2, 1));
    assertRefused("the tensor 'z'", Map.of(), floats("x", 2, 1), floats("z", 2, 1));
    assertRefused("the tensor 'x0'", Map.of(), floats("x", 2, 1), floats("x0", 2, 1));
    assertRefused("the tensor 'x2'", Map.of(), floats("x0", 2, 1), floats("x2", 2, 1));
    assertRefused(
        "no x1_test", Map.of(), floats("x0", 2, 1), floats("x1", 2, 1), floats("x0_test", 2, 1));
    assertRefused("no x_test", Map.of(), floats("x", 2, 1), floats("y_test", 2, 1));
    assertRefused(
        "y but no y_test", Map.of(), floats("x", 2, 1), floats("y", 2), floats("x_test", 2, 1));
    assertRefused(
        "y_test but no y",
        Map.of(),
        floats("x", 2, 1),
        floats("x_test", 2, 1),
        floats("y_test", 2, 1));
    assertRefused("1 sample and no x_test", Map.of(), floats("x", 1, 1));
  }

  @Test
  void shapesThatDoNotFitAreRefused() throws IOException {
    assertRefused("first dimension", Map.of(), floats("x"));
    assertRefused("first dimension", Map.of(), floats("x", 0, 4));
    assertRefused("shape [2, 0]", Map.of(), floats("x", 2, 0));
    assertRefused("at most 8", Map.of(), floats("x", 2, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    assertRefused("3 samples in x1", Map.of(), floats("x0", 2, 1), floats("x1", 3, 1));
    assertRefused("3 samples in y", Map.of(), floats("x", 2, 1), floats("y", 3, 1));
    assertRefused("shape [3]", Map.of(), floats("x", 2, 1), longs("y", new long[] {3}, 0, 1, 1));
    assertRefused(
        "shape [2, 2]", Map.of(), floats("x", 2, 1), longs("y", new long[] {2, 2}, 0, 1, 1, 1));
    assertRefused("FLOAT32 (2)", Map.of(), floats("x", 2, 1), floats("x_test", 2, 2));
    assertRefused(
        "one kind",
        Map.of(),
        floats("x", 2, 1),
        longs("y", new long[] {2}, 0, 1),
        floats("x_test", 2, 1),
        floats("y_test", 2, 1));
  }

  @Test
  void valuesThatCannotBeMeantAreRefused() throws IOException {
    assertRefused(
        "label -1 for sample 1", Map.of(), floats("x", 2, 1), longs("y", new long[] {2}, 0, -1));
    assertRefused(
        "label 4294967296", Map.of(), floats("x", 2, 1), longs("y", new long[] {2}, 0, 1L << 32));
    assertRefused(
        "NaN in sample 1 of x",
        Map.of(),
        TensorEntry.floats("x", new long[] {2, 2}, new float[] {0, 1, 2, Float.NaN}));
    assertRefused(
        "NaN in sample 0 of y",
        Map.of(),
        floats("x", 2, 1),
        TensorEntry.floats("y", new long[] {2}, new float[] {Float.NaN, 1}));
    byte[] half = {0, 0, 1, 0x7c};
    assertRefused(
        "NaN in sample 1", Map.of(), TensorEntry.bytes("x", TensorType.F16, new long[] {2}, half));
    byte[] wide =
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putDouble(Double.NaN).array();
    assertRefused(
        "NaN in sample 0", Map.of(), TensorEntry.bytes("x", TensorType.F64, new long[] {2}, wide));
    assertRefused(
        "beyond 0 and 1",
        Map.of(),
        TensorEntry.bytes("x", TensorType.BOOL, new long[] {2}, new byte[] {1, 2}));
    assertRefused(
        "type BF16",
        Map.of(),
        TensorEntry.bytes("x", TensorType.BF16, new long[] {2}, new byte[4]));
    assertRefused(
        "y of type BOOL",
        Map.of(),
        floats("x", 2, 1),
        TensorEntry.bytes("y", TensorType.BOOL, new long[] {2}, new byte[2]));
    // Infinity is a number: attention masks are made of it.
    load(
        Map.of(),
        TensorEntry.floats("x", new long[] {2}, new float[] {Float.NEGATIVE_INFINITY, 1}));
  }

  @Test
  void aFileThatIsMissingOrNoSafetensorsIsRefused() throws IOException {
    Path file = Files.write(folder.resolve("no.safetensors"), new byte[] {1, 2, 3});

    assertTrue(messageOf("tensors").contains("names no file"));
    assertTrue(messageOf("tensors:" + folder.resolve("missing")).contains("There is no file"));
    assertTrue(messageOf("tensors:" + file).contains("not a safetensors file"));
  }

  private static String messageOf(String spec) {
    return assertThrows(DataException.class, () -> DataSources.load(spec, Path.of("unused")))
        .getMessage();
  }

  private void assertRefused(String found, Map<String, String> metadata, TensorEntry... tensors)
      throws IOException {
    String message = messageOf("tensors:" + write(metadata, tensors));
    assertTrue(message.contains(found) && message.contains("but "), message);
    assertTrue(message.contains("; ") && message.endsWith("."), message);
  }

  private Dataset load(Map<String, String> metadata, TensorEntry... tensors) throws IOException {
    return DataSources.load("tensors:" + write(metadata, tensors), Path.of("unused"));
  }

  private Path write(Map<String, String> metadata, TensorEntry... tensors) throws IOException {
    Path file = folder.resolve("data.safetensors");
    try (OutputStream out = Files.newOutputStream(file)) {
      SafetensorsWriter.write(out, metadata, List.of(tensors));
    }
    return file;
  }

  /** Counts from 0. */
  private static TensorEntry floats(String name, long... shape) {
    int elements = (int) (TensorType.F32.bytes(shape) / 4);
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = i;
    }
    return TensorEntry.floats(name, shape, values);
  }

  private static TensorEntry longs(String name, long[] shape, long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      bytes.putLong(value);
    }
    return TensorEntry.bytes(name, TensorType.I64, shape, bytes.array());
  }

  private static TensorEntry indexed(int samples) {
    return longs("x", new long[] {samples}, IntStream.range(0, samples).asLongStream().toArray());
  }

  private static List<Long> indices(SampleSet set) {
    return IntStream.range(0, set.size())
        .mapToObj(i -> ((TensorSet) set).input(0, i).getLong(0))
        .toList();
  }

  private static List<Integer> labels(SampleSet set) {
    return IntStream.range(0, set.size()).mapToObj(set::label).toList();
  }
}
