package io.pemn.loader.torchscript;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.torchscript.TorchScriptModule.Entry;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.Span;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleFileTest {
  private static final float[] NUMBERS = {1, -2, 0.1f, 65504, 1e-7f, Float.NaN};

  @TempDir Path folder;

  @Test
  void floatsAreRoundedToTheTypeOfTheirStorage() throws IOException {
    for (NumberType type :
        List.of(NumberType.FLOAT32, NumberType.FLOAT64, NumberType.FLOAT16, NumberType.BFLOAT16)) {
      ByteBuffer stored =
          storage(
              new StorageEntry("data/0", type, 8, List.of(new Span("t", 1, List.of()))),
              new TensorValues.Floats(List.of(2, 3), NUMBERS));
      assertEquals(8 * type.bytes(), stored.remaining());
      for (int i = 0; i < type.bytes(); i++) {
        assertEquals(0, stored.get(i));
        assertEquals(0, stored.get(7 * type.bytes() + i));
      }
      switch (type) {
        case FLOAT32 -> assertEquals(0.1f, stored.getFloat(3 * 4));
        case FLOAT64 -> assertEquals((double) 0.1f, stored.getDouble(3 * 8));
        case FLOAT16 -> assertEquals(0x2E66, stored.getShort(3 * 2));
        default -> assertEquals(0x3DCD, stored.getShort(3 * 2));
      }
    }
  }

  @Test
  void stridedTensorsGoToTheirPlaces() throws IOException {
    ByteBuffer stored =
        storage(
            new StorageEntry(
                "data/0", NumberType.FLOAT32, 7, List.of(new Span("t", 1, List.of(1L, 2L)))),
            new TensorValues.Floats(List.of(2, 3), new float[] {1, 2, 3, 4, 5, 6}));
    float[] found = new float[7];
    stored.asFloatBuffer().get(found);
    assertArrayEquals(new float[] {0, 1, 4, 2, 5, 3, 6}, found);
    ByteBuffer raw =
        storage(
            new StorageEntry(
                "data/0", NumberType.INT16, 4, List.of(new Span("t", 0, List.of(1L, 2L)))),
            new TensorValues.Raw(
                List.of(2, 2), ByteBuffer.wrap(new byte[] {9, 1, 2, 3, 4, 5, 6, 7, 8}, 1, 8)));
    byte[] bytes = new byte[8];
    raw.get(bytes);
    assertArrayEquals(new byte[] {1, 2, 5, 6, 3, 4, 7, 8}, bytes);
  }

  @Test
  void valuesThatDoNotFitAreRefused() {
    StorageEntry small =
        new StorageEntry("data/0", NumberType.FLOAT32, 2, List.of(new Span("t", 0, List.of())));
    assertThrows(
        PemnFormatException.Corrupt.class,
        () -> storage(small, new TensorValues.Floats(List.of(3), new float[3])));
    assertThrows(
        IllegalArgumentException.class,
        () -> storage(small, new TensorValues.Floats(List.of(2), new float[3])));
    assertThrows(
        IllegalArgumentException.class,
        () -> storage(small, new TensorValues.Raw(List.of(2), ByteBuffer.allocate(7))));
    StorageEntry whole =
        new StorageEntry("data/0", NumberType.INT32, 2, List.of(new Span("t", 0, List.of())));
    assertThrows(
        IllegalArgumentException.class,
        () -> storage(whole, new TensorValues.Floats(List.of(2), new float[2])));
  }

  @Test
  void everyEntryIsStoredAtAMultipleOf64AndTheBytesAreAlwaysTheSame() throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      entries.add(new FileEntry("x/" + "n".repeat(i + 1), new byte[] {(byte) i, 77, 78, 79, 80}));
    }
    byte[] file = written(new TorchScriptModule(entries), Map.of());
    assertArrayEquals(file, written(new TorchScriptModule(entries), Map.of()));
    for (int i = 0; i < 70; i++) {
      byte[] content = {(byte) i, 77, 78, 79, 80};
      int at = indexOf(file, content);
      assertEquals(0, at % 64);
    }
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(file))) {
      for (Entry expected : entries) {
        ZipEntry found = zip.getNextEntry();
        assertEquals("module/" + expected.path(), found.getName());
        assertEquals(ZipEntry.STORED, found.getMethod());
        assertArrayEquals(((FileEntry) expected).content(), zip.readAllBytes());
      }
    }
  }

  @Test
  void djlRunsAFileWhoseStoragesWereWrittenFromFloats() throws Exception {
    Path original =
        Path.of(System.getProperty("pemn.home"), "testdata/torchscript/tiny/mlp-traced.pt");
    Map<String, TensorValues> values = new HashMap<>();
    List<Entry> entries = new ArrayList<>();
    try (ZipFile zip = new ZipFile(original.toFile())) {
      for (ZipEntry entry :
          (Iterable<ZipEntry>) () -> zip.stream().<ZipEntry>map(e -> e).iterator()) {
        String path = entry.getName().substring(entry.getName().indexOf('/') + 1);
        byte[] content = zip.getInputStream(entry).readAllBytes();
        // The ninth storage counts batches: int64.
        if (path.startsWith("data/") && content.length > 8) {
          float[] floats = new float[content.length / 4];
          ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
          values.put(path, new TensorValues.Floats(List.of(floats.length), floats));
          entries.add(
              new StorageEntry(
                  path, NumberType.FLOAT32, floats.length, List.of(new Span(path, 0, List.of()))));
        } else {
          entries.add(new FileEntry(path, content));
        }
      }
    }
    Path again = folder.resolve("again.pt");
    Files.write(again, written(new TorchScriptModule(entries), values));
    assertEquals(8, values.size());
    float[] expected = outputs(original);
    assertArrayEquals(expected, outputs(again));
    values.put("data/8", new TensorValues.Floats(List.of(10), new float[10]));
    Files.write(again, written(new TorchScriptModule(entries), values));
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i] != 0, outputs(again)[i] != expected[i]);
    }
  }

  private static float[] outputs(Path file) throws Exception {
    try (Model model = Model.newInstance("module", "PyTorch");
        NDManager manager = NDManager.newBaseManager()) {
      model.load(file.getParent(), file.getFileName().toString());
      Block block = model.getBlock();
      NDArray input = manager.arange(128f).sin().reshape(new Shape(2, 1, 8, 8));
      return block
          .forward(new ParameterStore(manager, false), new NDList(input), false)
          .singletonOrThrow()
          .toFloatArray();
    }
  }

  private static ByteBuffer storage(StorageEntry entry, TensorValues values) throws IOException {
    byte[] file = written(new TorchScriptModule(List.of(entry)), Map.of("t", values));
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(file))) {
      zip.getNextEntry();
      return ByteBuffer.wrap(zip.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private static byte[] written(TorchScriptModule module, Map<String, TensorValues> values)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ModuleFile.write(out, module, values::get);
    return out.toByteArray();
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i + part.length <= bytes.length; i++) {
      if (java.util.Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("is not there");
  }
}
