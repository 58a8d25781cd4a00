package io.pemn.loader.torchscript;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.ModuleEntry;
import io.pemn.format.proto.StoredTensor;
import io.pemn.format.proto.TensorStorage;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.Span;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import io.pemn.loader.torchscript.TorchScriptModule.TensorShape;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchScriptModuleTest {
  private static final TorchScriptModule MODULE =
      new TorchScriptModule(
          List.of(
              new FileEntry("data.pkl", new byte[] {1, 2, 3}),
              new StorageEntry(
                  "data/0",
                  NumberType.FLOAT32,
                  20,
                  List.of(
                      new Span("a.weight", 0, List.of()),
                      new Span("b.weight", 6, List.of(1L, 2L)))),
              new StorageEntry("data/1", NumberType.INT64, 1, List.of(new Span("n", 0, List.of()))),
              new StorageEntry("data/2", NumberType.BOOL, 0, List.of()),
              new FileEntry("code/empty.py", new byte[0])));

  private static final Map<String, TensorShape> TENSORS =
      Map.of(
          "a.weight", shape(NumberType.FLOAT32, 2, 3),
          "b.weight", shape(NumberType.FLOAT32, 2, 3),
          "n", shape(NumberType.INT64));

  @Test
  void aModuleComesBackFromItsBytes() throws PemnFormatException {
    TorchScriptModule back = TorchScriptModule.parse(MODULE.toBytes());
    assertEquals(MODULE, back);
    assertEquals(MODULE.hashCode(), back.hashCode());
    back.check(TENSORS, 88);
    assertEquals(new TorchScriptModule(List.of()), TorchScriptModule.parse(new byte[0]));
  }

  @Test
  void everyTruncationIsRefusedOrAnotherModule() {
    byte[] bytes = MODULE.toBytes();
    for (int length = 0; length < bytes.length; length++) {
      parseOrRefuse(Arrays.copyOf(bytes, length));
    }
  }

  @Test
  void changedBytesAreRefusedOrAnotherModule() {
    byte[] bytes = MODULE.toBytes();
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] changed = bytes.clone();
      for (int j = 0; j <= i % 3; j++) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      }
      parseOrRefuse(changed);
    }
  }

  private static void parseOrRefuse(byte[] bytes) {
    try {
      TorchScriptModule module = TorchScriptModule.parse(bytes);
      assertEquals(0, Arrays.compare(bytes, module.toBytes()));
      module.check(TENSORS, 1000);
    } catch (PemnFormatException e) {
      assertTrue(e.getMessage().length() > 20);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/data.pkl",
        "a//b",
        "a/",
        "..",
        "a/../b",
        "./a",
        "a\\b",
        "a\nb",
        "a\u0000b",
        "a\u202eb"
      })
  void pathsThatLeaveTheFolderOrDoNotPrintAreRefused(String path) {
    assertCorrupt(module(ModuleEntry.newBuilder().setPath(path)));
    assertThrows(IllegalArgumentException.class, () -> new FileEntry(path, new byte[0]));
  }

  @Test
  void longPathsAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new FileEntry("\u00e9".repeat(2049), new byte[0]));
    assertEquals(4096, new FileEntry("a".repeat(4096), new byte[0]).path().length());
  }

  @Test
  void twoEntriesOfOnePathAreRefused() {
    ModuleEntry.Builder entry = ModuleEntry.newBuilder().setPath("a");
    assertCorrupt(module(entry, entry));
  }

  @Test
  void aTensorInTwoPlacesIsRefused() {
    StoredTensor.Builder tensor = StoredTensor.newBuilder().setName("t");
    assertCorrupt(module(storage("a", 1, tensor), storage("b", 1, tensor)));
    assertCorrupt(module(storage("a", 1, tensor, tensor)));
  }

  @Test
  void contentAndStorageInOneEntryAreRefused() {
    assertCorrupt(module(storage("a", 1).setContent(ByteString.copyFromUtf8("x"))));
  }

  @Test
  void impossibleNumbersAreRefused() {
    assertCorrupt(module(storage("a", -1)));
    assertCorrupt(module(storage("a", 1L << 40)));
    StoredTensor.Builder tensor = StoredTensor.newBuilder().setName("t");
    assertCorrupt(module(storage("a", 1, tensor.clone().setOffset(-1))));
    assertCorrupt(module(storage("a", 1, tensor.clone().addStrides(-1))));
    assertCorrupt(
        module(storage("a", 1, tensor.clone().addAllStrides(Collections.nCopies(65, 1L)))));
    assertCorrupt(module(storage("a", 1, tensor.clone().setName("a\nb"))));
    assertCorrupt(module(storage("a", 1, tensor.clone().clearName())));
  }

  @Test
  void anUnknownNumberTypeIsUnsupported() {
    ModuleEntry.Builder entry = ModuleEntry.newBuilder().setPath("a");
    entry.getStorageBuilder().setTypeValue(99);
    assertThrows(
        PemnFormatException.Unsupported.class, () -> TorchScriptModule.parse(module(entry)));
  }

  @Test
  void otherFormsOfTheSameMessageAreRefused() throws PemnFormatException {
    byte[] plain = module(ModuleEntry.newBuilder().setPath("a"));
    TorchScriptModule.parse(plain);
    // An unknown field; an empty content, spelt out; a length of two bytes; a path twice.
    assertCorrupt(new byte[] {0x0A, 5, 0x0A, 1, 'a', 0x20, 0});
    assertCorrupt(new byte[] {0x0A, 5, 0x0A, 1, 'a', 0x12, 0});
    assertCorrupt(new byte[] {0x0A, 4, 0x0A, (byte) 0x81, 0, 'a'});
    assertCorrupt(new byte[] {0x0A, 6, 0x0A, 1, 'b', 0x0A, 1, 'a'});
    assertCorrupt(new byte[] {0x12, 3, 0x0A, 1, 'a'});
    assertCorrupt(new byte[] {0x0A, 3, 0x0A, 1, (byte) 0xFF});
    assertCorrupt(new byte[] {0x0A, -1, -1, -1, -1, 0x07, 0x0A, 1, 'a'});
  }

  @Test
  void countlessEntriesAndTensorsAreRefusedBeforeTheyAreKept() {
    ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    ByteArrayOutputStream entries = new ByteArrayOutputStream();
    for (int i = 0; i <= TorchScriptModule.MAX_TENSORS; i++) {
      byte[] name = Integer.toString(i).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
      byte[] message = new byte[name.length + 4];
      message[1] = (byte) (name.length + 2);
      message[2] = 0x0A;
      message[3] = (byte) name.length;
      System.arraycopy(name, 0, message, 4, name.length);
      message[0] = 0x1A;
      tensors.writeBytes(message);
      message[0] = 0x0A;
      entries.writeBytes(message);
    }
    ModuleEntry.Builder entry = ModuleEntry.newBuilder().setPath("a");
    assertThrows(
        PemnFormatException.LimitExceeded.class,
        () ->
            TorchScriptModule.parse(
                module(entry.setStorage(TensorStorage.parseFrom(tensors.toByteArray())))));
    assertThrows(
        PemnFormatException.LimitExceeded.class,
        () -> TorchScriptModule.parse(entries.toByteArray()));
  }

  @Test
  void entriesTensorsAndStridesAreCountedBeforeTheyAreKept() throws PemnFormatException {
    StoredTensor.Builder first = StoredTensor.newBuilder().setName("s");
    StoredTensor.Builder second = StoredTensor.newBuilder().setName("t");
    byte[] two = module(storage("a", 1, first), storage("b", 1, second));
    assertEquals(2, TorchScriptModule.parse(two, 2).entries().size());
    assertExceeded("2 entries or more", two, 1);
    byte[] tensors = module(storage("a", 1, first, second));
    assertEquals(2, TorchScriptModule.parse(tensors, 2).tensors().size());
    assertExceeded("2 tensors or more", tensors, 1);
    // 16 strides for each tensor that is allowed, and 64 for one.
    StoredTensor.Builder many = first.clone().addAllStrides(Collections.nCopies(16, 1L));
    assertEquals(1, TorchScriptModule.parse(module(storage("a", 1, many)), 1).tensors().size());
    byte[] more = module(storage("a", 1, many.clone().addStrides(1)));
    assertExceeded("17 strides or more", more, 1);
    assertEquals(1, TorchScriptModule.parse(more, 2).tensors().size());
    assertEquals(0, TorchScriptModule.parse(new byte[0], 0).entries().size());
  }

  private static void assertExceeded(String found, byte[] module, int most) {
    PemnFormatException e =
        assertThrows(
            PemnFormatException.LimitExceeded.class, () -> TorchScriptModule.parse(module, most));
    assertEquals(found, e.found());
    assertTrue(e.getMessage().contains("raise the limit"), e.getMessage());
  }

  @Test
  void tensorsThatTheArchiveHasOtherwiseAreRefused() {
    assertChecked(
        "the tensor b.weight, which is neither", Map.of("a.weight", shape(NumberType.FLOAT32, 6)));
    assertChecked("has no c", with("c", shape(NumberType.FLOAT32)));
    assertChecked("in a storage of type FLOAT32", with("a.weight", shape(NumberType.INT32, 2, 3)));
    assertChecked("in a storage of type INT64", with("n", shape(NumberType.FLOAT32)));
    assertChecked("within the 20 elements", with("a.weight", shape(NumberType.FLOAT32, 21)));
    assertChecked("within the 20 elements", with("b.weight", shape(NumberType.FLOAT32, 2, 8)));
    assertChecked("as many of one", with("b.weight", shape(NumberType.FLOAT32, 6)));
    assertChecked(
        "has 2^63 elements or more",
        with("a.weight", shape(NumberType.FLOAT32, 2147483647, 2147483647, 2147483647)));
    assertThrows(PemnFormatException.LimitExceeded.class, () -> MODULE.check(TENSORS, 87));
  }

  @Test
  void floatsMayStandInAnyFloatingPointStorage() throws PemnFormatException {
    for (NumberType type : NumberType.values()) {
      TorchScriptModule module =
          new TorchScriptModule(
              List.of(new StorageEntry("a", type, 1, List.of(new Span("t", 0, List.of())))));
      module.check(Map.of("t", shape(type)), 8);
      if (type.isFloat()) {
        module.check(Map.of("t", shape(NumberType.FLOAT32)), 8);
      } else {
        assertThrows(
            PemnFormatException.Corrupt.class,
            () -> module.check(Map.of("t", shape(NumberType.FLOAT32)), 8));
      }
    }
  }

  @Test
  void noTwoElementsStandInOnePlace() throws PemnFormatException {
    Span first = new Span("a", 0, List.of(2L, 4L)); // 0 4 8 2 6 10
    TensorShape shape = shape(NumberType.FLOAT32, 2, 3);
    between(first, new Span("b", 1, List.of(2L, 4L))).check(Map.of("a", shape, "b", shape), 48);
    between(new Span("a", 0, List.of()), new Span("b", 6, List.of()))
        .check(Map.of("a", shape, "b", shape), 48);

    for (TorchScriptModule shared :
        List.of(
            between(new Span("a", 0, List.of(0L, 1L)), new Span("b", 6, List.of())),
            between(new Span("a", 0, List.of(1L, 1L)), new Span("b", 6, List.of())),
            between(first, new Span("b", 2, List.of(2L, 3L))),
            between(new Span("a", 0, List.of()), new Span("b", 5, List.of())),
            between(new Span("a", 5, List.of()), new Span("b", 0, List.of())))) {
      PemnFormatException e =
          assertThrows(
              PemnFormatException.Corrupt.class,
              () -> shared.check(Map.of("a", shape, "b", shape), 48));
      assertTrue(e.getMessage().contains("in the place of another"), e.getMessage());
    }
  }

  /** Two tensors in a storage of twelve numbers. */
  private static TorchScriptModule between(Span first, Span second) {
    return new TorchScriptModule(
        List.of(new StorageEntry("data/0", NumberType.FLOAT32, 12, List.of(first, second))));
  }

  private static void assertChecked(String message, Map<String, TensorShape> tensors) {
    PemnFormatException e =
        assertThrows(PemnFormatException.Corrupt.class, () -> MODULE.check(tensors, 1000));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private static Map<String, TensorShape> with(String name, TensorShape shape) {
    Map<String, TensorShape> tensors = new java.util.HashMap<>(TENSORS);
    tensors.put(name, shape);
    return tensors;
  }

  private static TensorShape shape(NumberType type, Integer... shape) {
    return new TensorShape(type, List.of(shape));
  }

  private static ModuleEntry.Builder storage(
      String path, long elements, StoredTensor.Builder... tensors) {
    ModuleEntry.Builder entry = ModuleEntry.newBuilder().setPath(path);
    entry.getStorageBuilder().setElements(elements);
    Arrays.stream(tensors).forEach(entry.getStorageBuilder()::addTensors);
    return entry;
  }

  private static byte[] module(ModuleEntry.Builder... entries) {
    io.pemn.format.proto.TorchScriptModule.Builder module =
        io.pemn.format.proto.TorchScriptModule.newBuilder();
    Arrays.stream(entries).forEach(module::addEntries);
    return module.build().toByteArray();
  }

  private static void assertCorrupt(byte[] message) {
    PemnFormatException e =
        assertThrows(PemnFormatException.Corrupt.class, () -> TorchScriptModule.parse(message));
    assertTrue(e.getMessage().contains("TorchScript module"), e.getMessage());
  }
}
