package io.pemn.packager.torchscript;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.format.NumberType;
import io.pemn.packager.torchscript.ModuleBytes.Pickle;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of a module's tensors own the numbers. */
class TensorSelectionTest {
  @TempDir Path folder;

  @Test
  void aParameterOwnsItsNumbersWhateverComesBeforeIt() throws IOException {
    Pickle pickle =
        Pickle.module()
            .tensor("cache", "FloatStorage", "0", 6, 0, 6, 1)
            .tensor("transposed", "FloatStorage", "0", 6, 0, 3, 2, 1, 3)
            .tensor("weight", "FloatStorage", "0", 6, 0, 2, 3, 3, 1)
            .tensor("row", "FloatStorage", "0", 6, 3, 3, 1);
    assertOwners(
        List.of("weight PARAMETER [cache, transposed, row]"),
        ModuleBytes.of(pickle.end(), "weight").withStorages(24));
  }

  @Test
  void partsOfOneStorageOwnItTogether() throws IOException {
    Pickle pickle =
        Pickle.module()
            .tensor("flat", "FloatStorage", "0", 6, 0, 6, 1)
            .tensor("a", "FloatStorage", "0", 6, 0, 2, 1)
            .tensor("b", "FloatStorage", "0", 6, 2, 4, 1)
            .tensor("empty", "FloatStorage", "0", 6, 0, 0, 1);
    assertOwners(
        List.of("a PARAMETER [flat]", "b PARAMETER []", "empty ATTRIBUTE []"),
        ModuleBytes.of(pickle.end(), "a", "b").withStorages(24));
  }

  @Test
  void tensorsInListsAndDictionariesGoByNumberAndKey() throws IOException {
    Pickle pickle = Pickle.module().text("list").ops("](");
    pickle.tensor("FloatStorage", "0", 1, 0).tensor("LongStorage", "1", 1, 0).ops("e");
    pickle.text("dict").ops("}(").tensor("key", "BoolStorage", "2", 1, 0).ops("K\u0007");
    pickle.tensor("ByteStorage", "3", 1, 0).ops("u").text("typed");
    pickle.global("torch.jit._pickle", "build_tensorlist").ops("](");
    pickle.tensor("ShortStorage", "4", 1, 0).ops("e\u0085R");
    assertOwners(
        List.of(
            "list.0 ATTRIBUTE []",
            "list.1 ATTRIBUTE []",
            "dict.key ATTRIBUTE []",
            "dict.7 ATTRIBUTE []",
            "typed.0 ATTRIBUTE []"),
        ModuleBytes.of(pickle.end()).withStorages(4, 8, 1, 1, 2));
  }

  @Test
  void storagesWithElementsInOnePlaceStayAsTheyAre() throws IOException {
    Pickle pickle =
        Pickle.module()
            .tensor("expanded", "FloatStorage", "0", 1, 0, 2147483647, 2147483647, 0, 0)
            .tensor("windows", "FloatStorage", "1", 4, 0, 3, 2, 1, 1)
            .tensor("great", "FloatStorage", "2", 4, 0, 2, 2, 1, 1)
            .tensor("other", "FloatStorage", "2", 4, 3, 1, 1)
            .tensor("base", "FloatStorage", "3", 2, 0, 2, 1)
            .tensor("repeated", "FloatStorage", "3", 2, 0, 9, 2, 0, 1)
            .tensor("overlap", "FloatStorage", "3", 2, 0, 2, 2, 1, 0);
    ModuleBytes module =
        ModuleBytes.of(pickle.end(), "expanded", "base").withStorages(4, 16, 16, 8);
    assertOwners(List.of("base PARAMETER [repeated, overlap]"), module);
    try (TorchScriptFile file = TorchScriptFile.open(module.writeTo(folder))) {
      assertEquals(List.of("data/0", "data/1", "data/2"), file.opaqueStorages());
    }
  }

  @Test
  void complexAndConjugatedAndSparseTensorsStayAsTheyAre() throws IOException {
    Pickle pickle = Pickle.module().tensor("complex", "ComplexFloatStorage", "0", 1, 0);
    pickle.text("sparse").global("torch._utils", "_rebuild_sparse_tensor").ops("(");
    pickle.tensor("FloatStorage", "1", 1, 0).ops("tR");
    pickle.text("negative").global("torch._utils", "_rebuild_tensor_v2").ops("(");
    pickle.storage("FloatStorage", "2", 1).number(0).ops("))\u0089");
    pickle.global("collections", "OrderedDict").ops(")R}").text("neg").ops("\u0088stR");
    pickle.text("custom").global("__torch__.torch.classes.lib", "Thing").ops(")\u0081(");
    pickle.tensor("FloatStorage", "3", 1, 0).ops("tb");
    ModuleBytes module = ModuleBytes.of(pickle.end()).withStorages(8, 4, 4, 4);
    assertOwners(List.of(), module);
    try (TorchScriptFile file = TorchScriptFile.open(module.writeTo(folder))) {
      assertEquals(List.of("data/0", "data/1", "data/2", "data/3"), file.opaqueStorages());
    }
  }

  @Test
  void onlyStoragesOfListedTensorsChangeTheirType() throws IOException {
    // The class is kept at its first use and taken from there afterwards, as PyTorch does.
    Pickle pickle = Pickle.module().text("a");
    half(pickle, "0", true).text("sparse");
    pickle.global("torch._utils", "_rebuild_sparse_tensor").ops("(");
    half(pickle, "1", false).ops("tR").text("b");
    half(pickle, "2", false).end();
    Path changed = folder.resolve("changed.pt");
    float[] a;
    try (TorchScriptFile file =
            TorchScriptFile.open(ModuleBytes.of(pickle).withStorages(4, 4, 4).writeTo(folder));
        OutputStream out = Files.newOutputStream(changed)) {
      assertEquals(List.of(NumberType.FLOAT16, NumberType.FLOAT16), types(file));
      a = file.floats(file.tensors().get(0));
      file.writeVariant(out, new TrainingVariant(false, true, Map.of()));
    }
    try (TorchScriptFile file = TorchScriptFile.open(changed)) {
      assertEquals(List.of(NumberType.FLOAT32, NumberType.FLOAT32), types(file));
      assertEquals(List.of("data/1"), file.opaqueStorages());
      assertArrayEquals(a, file.floats(file.tensors().get(0)));
      assertArrayEquals(a, file.floats(file.tensors().get(1)));
    }
  }

  private static Pickle half(Pickle pickle, String key, boolean first) {
    pickle.global("torch._utils", "_rebuild_tensor_v2").ops("((").text("storage");
    if (first) {
      pickle.global("torch", "HalfStorage").ops("q\u0001");
    } else {
      pickle.ops("h\u0001");
    }
    pickle.text(key).text("cpu").number(2).ops("tQ").number(0).numbers(2).numbers(1).op(0x88);
    return pickle.global("collections", "OrderedDict").ops(")RtR");
  }

  private static List<NumberType> types(TorchScriptFile file) {
    return file.tensors().stream().map(ModuleTensor::type).toList();
  }

  private void assertOwners(List<String> expected, ModuleBytes module) throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(module.writeTo(folder))) {
      assertEquals(
          expected,
          file.tensors().stream().map(t -> t.name() + " " + t.kind() + " " + t.aliases()).toList());
    }
  }
}
