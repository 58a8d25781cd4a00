package io.pemn.packager.torchscript;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.packager.torchscript.ModuleBytes.Pickle;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no modules, damaged, or made to do harm. */
class HostileModuleTest {
  @TempDir Path folder;

  @Test
  void whatIsNoTorchScriptFileIsNamed() throws IOException {
    assertRefused(folder.resolve("none.pt"), "There is no file");
    assertRefused(folder, "is a folder or a device");
    Path empty = Files.createFile(folder.resolve("empty.pt"));
    assertRefused(empty, "is no zip");
    assertRefused(Files.writeString(empty, "PK"), "is a damaged zip");
    assertRefused(Files.writeString(empty, "GGUF..."), "is no zip");
    assertRefused(Fixtures.tiny("legacy-pickle.pt"), "is a Python pickle, as torch.save writes it");
    assertRefused(Fixtures.tiny("plain-pickle.pt"), "has tensors but no code, as torch.save");
    assertRefused(Fixtures.tiny("not-a-model.zip"), "is a zip without data.pkl");
    for (String name : List.of("legacy-pickle.pt", "plain-pickle.pt", "not-a-model.zip")) {
      assertRefused(Fixtures.tiny(name), "torch.jit.script(model).save(...) or torch.jit.trace");
    }
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    for (String name : List.of("views-scripted.pt", "quantized.pt", "frozen.pt")) {
      byte[] file = Files.readAllBytes(Fixtures.tiny(name));
      Path cut = folder.resolve("cut.pt");
      for (int length = 0; length < file.length; length += 1 + length % 97) {
        Files.write(cut, Arrays.copyOf(file, length));
        assertThrows(TorchScriptException.class, () -> useAll(cut));
      }
    }
  }

  @Test
  void changedBytesOfAFileAreRefusedOrHarmless() throws IOException {
    Random random = new Random(1);
    for (String name : List.of("views-scripted.pt", "tied-traced.pt")) {
      byte[] file = Files.readAllBytes(Fixtures.tiny(name));
      for (int i = 0; i < 500; i++) {
        byte[] changed = file.clone();
        // Half of the changes in the central directory, at the end.
        int from = i % 2 == 0 ? 0 : file.length - 800;
        changed[from + random.nextInt(file.length - from)] = (byte) random.nextInt();
        useOrRefuse(Files.write(folder.resolve("changed.pt"), changed));
      }
    }
  }

  @Test
  void changedBytesOfThePickleAreRefusedOrHarmless() throws IOException {
    Random random = new Random(2);
    for (String name : List.of("views-scripted.pt", "tied-scripted.pt", "quantized.pt")) {
      ModuleBytes module = ModuleBytes.of(Fixtures.tiny(name));
      byte[] pickle = module.entries.get("data.pkl");
      for (int i = 0; i < 600; i++) {
        byte[] changed = pickle.clone();
        for (int j = 0; j <= i % 3; j++) {
          changed[random.nextInt(changed.length)] = (byte) random.nextInt();
        }
        useOrRefuse(module.with("data.pkl", changed).writeTo(folder));
      }
    }
  }

  @Test
  void aDamagedEntryIsFoundByItsChecksum() throws IOException {
    byte[] file = Files.readAllBytes(Fixtures.tiny("views-scripted.pt"));
    byte[] changed = file.clone();
    // Within the numbers of the first storage.
    changed[500] ^= 1;
    Path path = Files.write(folder.resolve("changed.pt"), changed);
    try (TorchScriptFile opened = TorchScriptFile.open(path)) {
      TorchScriptException e =
          assertThrows(TorchScriptException.class, () -> opened.floats(opened.tensors().get(0)));
      assertTrue(e.getMessage().contains("its checksum differs"), e.getMessage());
    }
  }

  @Test
  void anInstructionThatTorchScriptDoesNotWriteIsNamed() throws IOException {
    // INST, OBJ, EXT1, DUP, POP, STACK_GLOBAL: what a pickle that runs code could use.
    for (int opcode : new int[] {'i', 'o', 0x82, '2', '0', 0x93, 0xFF}) {
      Pickle pickle = Pickle.module();
      int at = pickle.length();
      assertRefused(
          ModuleBytes.of(pickle.op(opcode)),
          String.format("has the instruction %#04x at byte %d", opcode, at));
    }
  }

  @Test
  void nothingThatAPickleNamesIsRun() throws IOException {
    Pickle pickle = Pickle.module().text("x").global("os", "system").text("false").ops("\u0085R");
    try (TorchScriptFile file =
        TorchScriptFile.open(ModuleBytes.of(pickle.end()).writeTo(folder))) {
      assertEquals(List.of(), file.tensors());
    }
  }

  @Test
  void picklesThatDoNotHoldTogetherAreRefused() throws IOException {
    for (String pickle :
        List.of(
            "",
            ".",
            "t.",
            "(",
            ")R.",
            "N}s.",
            "N}u.",
            "(N}.u",
            "Nb.",
            "))b.",
            "]]a",
            "h\u0007.",
            "q\u0000.",
            "\u0085.",
            "(\u0085.",
            "N(\u0085.",
            "}(Nu.",
            "(Nd.",
            "e.",
            "]e.",
            ")Na.",
            "\u0080\u0004.",
            "X\u00ff\u00ff\u00ff\u00ff.",
            "X\u0001\u0000\u0000\u0000",
            "cabc",
            "ca\nbc",
            "\u008a\u0009",
            "\u008a\u0009.........",
            "J\u0001",
            "G\u0001",
            "K",
            "Q.")) {
      assertRefused(
          ModuleBytes.of(new Pickle().ops(pickle)), "the file is damaged, save it again.");
    }
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    int depth = 200_000;
    assertRefused(
        ModuleBytes.of(new Pickle().ops("]".repeat(depth) + "a".repeat(depth - 1) + ".")),
        "nested deeper than");
    assertRefused(
        ModuleBytes.of(new Pickle().ops(")" + "\u0085".repeat(depth) + ".")), "nested deeper than");
  }

  @Test
  void objectsThatContainThemselvesAreWalkedOnce() throws IOException {
    Pickle list = Pickle.module().text("x").ops("]q\u0000h\u0000h\u0000aa");
    Pickle dictionary = Pickle.module().text("x").ops("}q\u0000").text("y").ops("h\u0000s");
    for (Pickle pickle : List.of(list, dictionary)) {
      try (TorchScriptFile file =
          TorchScriptFile.open(ModuleBytes.of(pickle.end()).writeTo(folder))) {
        assertEquals(List.of(), file.tensors());
      }
    }
  }

  @Test
  void listsOfListsThatGrowWithoutBoundAreRefused() throws IOException {
    Pickle laughs = Pickle.module().text("x").ops("(]q\u0000");
    for (int i = 1; i < 60; i++) {
      laughs.ops("](h").op(i - 1).ops("h").op(i - 1).ops("eq").op(i);
    }
    assertRefused(ModuleBytes.of(laughs.ops("t").end()), "which no network needs");
    Pickle names = Pickle.module();
    names.text("x").ops("(]q\u0000").tensor("FloatStorage", "0", 1, 0).ops("a");
    for (int i = 1; i < 60; i++) {
      names.ops("](h").op(i - 1).ops("h").op(i - 1).ops("eq").op(i);
    }
    assertRefused(ModuleBytes.of(names.ops("t").end()).withStorages(4), "which no network needs");
  }

  @Test
  void moreValuesThanANetworkHasAreRefused() throws IOException {
    for (String opcodes : List.of("(", "]Na")) {
      assertRefused(
          ModuleBytes.of(new Pickle().ops(opcodes.repeat((1 << 23) / opcodes.length()))),
          "which no network needs");
    }
    assertRefused(
        ModuleBytes.of(new Pickle().ops("N".repeat((1 << 24) + 1))), "expected at most 16,777,216");
  }

  @Test
  void longNamesAreRefused() throws IOException {
    String name = "n".repeat(5000);
    assertRefused(
        ModuleBytes.of(Pickle.module().tensor(name, "FloatStorage", "0", 1, 0).end())
            .withStorages(4),
        "under a name of more than 4096 characters");
    assertEquals(
        0, opened(ModuleBytes.of(Pickle.module().text(name).ops("N").end())).tensors().size());
  }

  @Test
  void tensorsThatDoNotFitTheirStorageAreRefused() throws IOException {
    assertTensorRefused("reaches beyond the 8 elements", 8, 0, 9, 1);
    assertTensorRefused("reaches beyond the 8 elements", 8, 8, 1, 1);
    assertTensorRefused("reaches beyond the 8 elements", 8, 0, 2, 8);
    assertTensorRefused("reaches beyond the 8 elements", 8, 9, 0, 1);
    assertTensorRefused("reaches beyond 2^63", 8, 0, 3, Long.MAX_VALUE);
    assertTensorRefused("reaches beyond 2^63", 8, Long.MAX_VALUE, 1, 1);
    assertTensorRefused("can be negative", 8, -1, 1, 1);
    assertTensorRefused("can be negative", 8, 0, 1, -1);
    assertTensorRefused("a dimension of -1", 8, 0, -1, 1);
    assertTensorRefused("a dimension of 2147483648", 8, 0, 1L << 31, 0);
    assertTensorRefused("as many of one as of the other", 8, 0, 1, 1, 1);
    assertTensorRefused("of 32 bytes, expected 9 numbers of 4", 9, 0, 1, 1);
    assertTensorRefused("of 32 bytes, expected 7 numbers of 4", 7, 0, 1, 1);
    assertTensorRefused("something else than a storage", -1, 0, 1, 1);
    assertTensorRefused(
        "expected 9223372036854775807 numbers", Long.MAX_VALUE, Long.MAX_VALUE - 1, 1, 1);
  }

  private void assertTensorRefused(String message, long elements, long offset, long... rest)
      throws IOException {
    assertRefused(
        ModuleBytes.of(
                Pickle.module().tensor("t", "FloatStorage", "0", elements, offset, rest).end())
            .withStorages(32),
        message);
  }

  @Test
  void tensorsThatAreMadeOfSomethingElseAreRefused() throws IOException {
    for (String arguments : List.of(")", "N", "(NNNNNt", "(KKKt")) {
      Pickle pickle = Pickle.module().text("t").global("torch._utils", "_rebuild_tensor_v2");
      assertRefused(ModuleBytes.of(pickle.ops(arguments + "R").end()), "the file is damaged");
    }
  }

  @Test
  void aMissingStorageIsNamed() throws IOException {
    assertRefused(
        ModuleBytes.of(Pickle.module().tensor("t", "FloatStorage", "0", 8, 0, 8, 1).end()),
        "lacks the entry \"data/0\"");
    assertRefused(
        ModuleBytes.of(Pickle.module().tensor("t", "FloatStorage", "../x\n", 8, 0, 8, 1).end()),
        "lacks the entry \"data/../x\\u000a\"");
  }

  @Test
  void aStorageOfTwoTypesIsRefused() throws IOException {
    assertRefused(
        ModuleBytes.of(
                Pickle.module()
                    .tensor("a", "FloatStorage", "0", 8, 0, 8, 1)
                    .tensor("b", "IntStorage", "0", 8, 0, 8, 1)
                    .end())
            .withStorages(32),
        "with another type or length");
  }

  @Test
  void tensorsThatOverlapInPartAreRefused() throws IOException {
    assertRefused(
        ModuleBytes.of(
                Pickle.module()
                    .tensor("a", "FloatStorage", "0", 8, 0, 5, 1)
                    .tensor("b", "FloatStorage", "0", 8, 4, 4, 1)
                    .end())
            .withStorages(32),
        "the tensor \"b\" shares some of its numbers with another and some not");
  }

  @Test
  void twoTensorsOfOneNameAreRefused() throws IOException {
    assertRefused(
        ModuleBytes.of(
                Pickle.module()
                    .tensor("a", "FloatStorage", "0", 8, 0, 8, 1)
                    .tensor("a", "FloatStorage", "1", 8, 0, 8, 1)
                    .end())
            .withStorages(32, 32),
        "has two tensors \"a\"");
  }

  @Test
  void bigEndianNumbersAreRefused() throws IOException {
    ModuleBytes module = ModuleBytes.of(Pickle.module().end());
    assertRefused(
        module.with("byteorder", "big".getBytes(StandardCharsets.US_ASCII)),
        "has the byte order \"big\", expected little");
    assertRefused(module.with("byteorder", new byte[100]), "has the byte order \"unknown\"");
    module.with("byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    assertEquals(List.of(), opened(module).tensors());
  }

  @Test
  void compressedEntriesThatGrowWithoutBoundAreRefused() throws IOException {
    ModuleBytes module = ModuleBytes.of(Pickle.module().end());
    byte[] zeros = new byte[50_000_000];
    for (int i = 0; i < 6; i++) {
      module.with("extra/" + i, zeros);
    }
    Path path = folder.resolve("bomb.pt");
    Files.write(path, module.zip(ZipEntry.DEFLATED));
    assertTrue(Files.size(path) < 400_000);
    assertRefused(path, "has compressed entries of 300,000");
  }

  @Test
  void twoModulesInOneFileAndEntriesWithBadPathsAreRefused() throws IOException {
    ModuleBytes module = ModuleBytes.of(Pickle.module().end());
    module.with("../n/data.pkl", new byte[1]).with("code/../x.py", new byte[1]);
    try (TorchScriptFile file = opened(module)) {
      TorchScriptException e = assertThrows(TorchScriptException.class, file::skeleton);
      assertTrue(e.getMessage().contains("only plain paths"), e.getMessage());
    }
    byte[] zip = ModuleBytes.of(Pickle.module().end()).with("xx/data.pkl", new byte[1]).zip(8);
    String text = new String(zip, StandardCharsets.ISO_8859_1).replace("m/xx/", "xx///");
    Path path = folder.resolve("two.pt");
    Files.write(path, text.getBytes(StandardCharsets.ISO_8859_1));
    assertFalse(text.contains("m/xx"));
    useOrRefuse(path);
  }

  private TorchScriptFile opened(ModuleBytes module) throws IOException {
    return TorchScriptFile.open(module.writeTo(folder));
  }

  private void assertRefused(ModuleBytes module, String message) throws IOException {
    assertRefused(module.writeTo(folder), message);
  }

  private static void assertRefused(Path path, String message) {
    TorchScriptException e = assertThrows(TorchScriptException.class, () -> useAll(path));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
    assertTrue(e.getMessage().endsWith(".") && !e.getMessage().contains("\n"), e.getMessage());
  }

  private static void useOrRefuse(Path path) throws IOException {
    try {
      useAll(path);
    } catch (TorchScriptException e) {
      assertTrue(e.getMessage().endsWith("."), e.getMessage());
    }
  }

  private static void useAll(Path path) throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(path)) {
      for (ModuleTensor tensor : file.tensors()) {
        assertEquals(tensor.size() * tensor.type().bytes(), file.bytes(tensor).length);
        if (tensor.type().isFloat()) {
          assertEquals(tensor.size(), file.floats(tensor).length);
        }
      }
      file.skeleton();
      file.writeVariant(OutputStream.nullOutputStream(), new TrainingVariant(true, true, Map.of()));
    }
  }
}
