package io.pemn.packager.tensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NpyFolderTest {

  @TempDir Path folder;

  /** Worked out by hand from the description of the format. */
  @Test
  void aSmallFileIsTheBytesOfTheFormat() throws IOException {
    String dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
    assertEquals(59, dictionary.length());
    byte[] expected =
        HexFormat.of()
            .parseHex(
                "934e554d5059"
                    + "0100"
                    + "7600"
                    + HexFormat.of().formatHex(dictionary.getBytes(StandardCharsets.US_ASCII))
                    + "20".repeat(58)
                    + "0a"
                    + "0000803f"
                    + "000000c0");
    assertArrayEquals(
        expected, npy(TensorEntry.floats("w", new long[] {1, 2}, new float[] {1, -2})));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"''|()", "0|(0,)", "5|(5,)", "2,3|(2, 3)", "2,0,3|(2, 0, 3)"})
  void aShapeIsWrittenAsAPythonTuple(String dimensions, String tuple) throws IOException {
    long[] shape =
        dimensions.isEmpty()
            ? new long[0]
            : Arrays.stream(dimensions.split(",")).mapToLong(Long::parseLong).toArray();
    byte[] file = npy(TensorEntry.floats("x", shape, new float[(int) TensorType.U8.bytes(shape)]));
    String header = new String(file, 10, file.length - 10, StandardCharsets.ISO_8859_1);
    assertTrue(header.contains("'shape': " + tuple + ", }"), header);
  }

  @Test
  void theDataBeginsAtAMultipleOf64WhateverTheShape() throws IOException {
    for (int rank = 0; rank <= TensorEntry.MAX_DIMENSIONS; rank++) {
      long[] shape = new long[rank];
      Arrays.fill(shape, rank % 2 == 0 ? 1 : Long.MAX_VALUE);
      if (rank % 2 == 1) {
        shape[0] = 0;
      }
      byte[] file = npy(TensorEntry.floats("x", shape, new float[rank % 2 == 0 ? 1 : 0]));
      int length = (file[8] & 0xff) | (file[9] & 0xff) << 8;
      assertEquals(0, (10 + length) % 64);
      assertEquals('\n', file[10 + length - 1]);
      assertEquals(file.length, 10 + length + (rank % 2 == 0 ? 4 : 0));
    }
  }

  @Test
  void everyTypeThatNumPyHasIsDescribed() throws IOException {
    for (TensorType type : TensorType.values()) {
      TensorEntry tensor = TensorEntry.bytes("x", type, new long[] {3}, new byte[3 * type.bytes()]);
      if (type.npyDescription().isPresent()) {
        String file = new String(npy(tensor), StandardCharsets.ISO_8859_1);
        assertTrue(file.contains("'descr': '" + type.npyDescription().get() + "'"), file);
      } else {
        assertEquals(
            "Tensor \"x\" is BF16, which NumPy does not have; convert it to F32.",
            assertThrows(IOException.class, () -> npy(tensor)).getMessage());
      }
    }
  }

  @Test
  void aFolderHoldsOneFileATensorNamedAfterIt() throws IOException {
    List<TensorEntry> tensors =
        List.of(floats("layer.0.weight"), floats("block/conv"), floats("../../escape"), floats(""));
    NpyFolder.write(folder, tensors);
    assertEquals(
        List.of("_.npy", "______escape.npy", "block_conv.npy", "layer.0.weight.npy"),
        namesIn(folder));
    assertArrayEquals(
        npy(tensors.get(0)), Files.readAllBytes(folder.resolve("layer.0.weight.npy")));
  }

  @Test
  void aFolderMayHoldNoTensor() throws IOException {
    NpyFolder.write(folder, List.of());
    assertEquals(List.of(), namesIn(folder));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "layer.weight|layer.weight.npy",
        "a/b|a_b.npy",
        "a\\b|a_b.npy",
        "C:x|C_x.npy",
        "a:b|a_b.npy",
        "..|__.npy",
        ".|_.npy",
        "''|_.npy",
        ".hidden|_hidden.npy",
        "...x|___x.npy",
        "a..b|a__b.npy",
        "a.|a_.npy",
        "../x|___x.npy",
        "/etc/passwd|_etc_passwd.npy",
        "con|_con.npy",
        "NUL.weight|_NUL.weight.npy",
        "console|console.npy",
        "a b|a b.npy",
        "w*?<>|w____.npy",
      })
  void aFileNameKeepsWhatIsSafeAndReplacesTheRest(String tensor, String file) {
    assertEquals(file, NpyFolder.fileName(tensor));
  }

  @Test
  void aFileNameHasNoControlCharacterAndNoHalfSurrogate() {
    assertEquals("a_b_c_\ud83d\ude00.npy", NpyFolder.fileName("a\0b\nc\ud800" + "\ud83d\ude00"));
  }

  @Test
  void noNameEverLeadsOutOfTheFolder() {
    Random random = new Random(5);
    String letters = "./\\:aC \0~\n*|";
    Path base = folder.resolve("base");
    for (int i = 0; i < 20_000; i++) {
      StringBuilder name = new StringBuilder();
      for (int j = random.nextInt(8); j > 0; j--) {
        name.append(letters.charAt(random.nextInt(letters.length())));
      }
      String file = NpyFolder.fileName(name.toString());
      Path path = base.resolve(file).normalize();
      assertEquals(base, path.getParent(), name.toString());
      assertFalse(file.startsWith("."), file);
    }
  }

  @Test
  void twoTensorsOfOneFileAreRefusedBeforeAnyIsWritten() throws IOException {
    for (List<String> names :
        List.of(
            List.of("a/b", "a_b"),
            List.of("x", "x"),
            List.of("Weight", "weight"),
            List.of("\u00e9", "e\u0301"))) {
      List<TensorEntry> tensors = names.stream().map(NpyFolderTest::floats).toList();
      IOException e = assertThrows(IOException.class, () -> NpyFolder.write(folder, tensors));
      assertEquals(
          String.format(
              "Tensors \"%s\" and \"%s\" would share the file \"%s.npy\" (letter case does not"
                  + " count), expected a file each; rename one of them.",
              names.get(0), names.get(1), names.get(1).replace('/', '_')),
          e.getMessage());
      assertEquals(List.of(), namesIn(folder));
    }
  }

  @Test
  void aNameTooLongForAFileIsRefused() throws IOException {
    NpyFolder.write(folder, List.of(floats("n".repeat(251))));
    IOException e =
        assertThrows(
            IOException.class,
            () -> NpyFolder.write(folder, List.of(floats("\u00e9".repeat(126)))));
    assertTrue(e.getMessage().contains("a name too long for a file"), e.getMessage());
  }

  @Test
  void aFileThatExistsIsNeverOverwritten() throws IOException {
    Path existing = Files.writeString(folder.resolve("x.npy"), "mine");
    IOException e =
        assertThrows(IOException.class, () -> NpyFolder.write(folder, List.of(floats("x"))));
    assertEquals(
        existing + " exists already, expected a folder without it; choose another -o.",
        e.getMessage());
    assertEquals("mine", Files.readString(existing));
  }

  private static TensorEntry floats(String name) {
    return TensorEntry.floats(name, new long[] {2}, new float[] {1, 2});
  }

  private static byte[] npy(TensorEntry tensor) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    NpyWriter.write(out, tensor);
    return out.toByteArray();
  }

  private static List<String> namesIn(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
