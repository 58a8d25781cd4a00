package io.pemn.packager.tensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {

  @TempDir Path folder;

  /** Worked out by hand from the format's page. */
  @Test
  void aSmallFileIsTheBytesOfTheFormat() throws IOException {
    String header =
        "{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\"},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
            + "\"m\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}}  ";
    assertEquals(144, header.length());
    byte[] expected =
        HexFormat.of()
            .parseHex(
                "9000000000000000"
                    + HexFormat.of().formatHex(header.getBytes(StandardCharsets.US_ASCII))
                    + "0000803f"
                    + "000000c0"
                    + "0001ff");
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("b", "2");
    metadata.put("a", "1");
    assertArrayEquals(expected, written(metadata, smallTensors()));
  }

  @Test
  void everyTypeAndShapeComesBackAsItWasWritten() throws IOException {
    Random random = new Random(2);
    List<TensorEntry> tensors = new ArrayList<>();
    for (TensorType type : TensorType.values()) {
      for (long[] shape : new long[][] {{}, {0}, {1}, {7}, {2, 3, 5}, {4, 0, 2}}) {
        byte[] values = new byte[(int) type.bytes(shape)];
        random.nextBytes(values);
        tensors.add(TensorEntry.bytes(type + " " + Arrays.toString(shape), type, shape, values));
      }
    }
    SafetensorsFile file = read(written(Map.of("k", "v"), tensors));
    assertEquals(Map.of("k", "v"), file.metadata());
    assertEquals(tensors.stream().map(TensorEntry::name).toList(), file.names());
    for (TensorEntry tensor : tensors) {
      assertEquals(tensor.type(), file.type(tensor.name()));
      assertArrayEquals(tensor.shape(), file.shape(tensor.name()));
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      tensor.writeTo(expected);
      ByteBuffer found = file.tensor(tensor.name());
      assertTrue(found.isReadOnly());
      assertEquals(ByteOrder.LITTLE_ENDIAN, found.order());
      assertEquals(ByteBuffer.wrap(expected.toByteArray()), found);
    }
  }

  @Test
  void floatsAndBytesComeBackThroughSeveralChunks() throws IOException {
    Random random = new Random(3);
    float[] floats = new float[700_003];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) random.nextGaussian();
    }
    byte[] bytes = new byte[2_500_001];
    random.nextBytes(bytes);
    SafetensorsFile file =
        read(
            written(
                Map.of(),
                List.of(
                    TensorEntry.bytes("b", TensorType.U8, new long[] {bytes.length}, bytes),
                    TensorEntry.floats("f", new long[] {floats.length}, floats))));
    assertArrayEquals(floats, file.floats("f"));
    assertArrayEquals(bytes, file.bytes("b"));
  }

  @Test
  void someOfTheFloatsComeFromAnywhereInTheirTensor() throws IOException {
    float[] values = new float[600_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    SafetensorsFile file =
        read(
            written(
                Map.of(),
                List.of(
                    TensorEntry.bytes("before", TensorType.U8, new long[] {3}, new byte[3]),
                    TensorEntry.floats("w", new long[] {600, 1000}, values))));
    for (int[] stretch : new int[][] {{0, 1}, {7, 300_000}, {599_999, 1}, {0, 600_000}}) {
      float[] found = new float[stretch[1] + 1];
      file.floats("w", stretch[0], found, stretch[1]);
      float[] expected = Arrays.copyOfRange(values, stretch[0], stretch[0] + stretch[1] + 1);
      expected[stretch[1]] = 0;
      assertArrayEquals(expected, found);
    }
    assertThrows(IndexOutOfBoundsException.class, () -> file.floats("w", 599_999, new float[2], 2));
    assertThrows(IndexOutOfBoundsException.class, () -> file.floats("w", 0, new float[1], 2));
    Files.delete(file.path());
    isOneSentence(
        assertThrows(SafetensorsException.class, () -> file.floats("w", 0, new float[1], 1)));
  }

  @Test
  void namesAndMetadataMayBeAnyText() throws IOException {
    List<String> names =
        List.of(
            "",
            " ",
            "a.b",
            "a/b",
            "..",
            "\"\\",
            "\n\t\u0000",
            "é",
            "\u2028",
            "\ud83d\ude00",
            "</script>",
            "__METADATA__");
    Map<String, String> metadata = new LinkedHashMap<>();
    names.forEach(name -> metadata.put(name, name + name));
    SafetensorsFile file =
        read(
            written(
                metadata,
                names.stream()
                    .map(n -> TensorEntry.floats(n, new long[0], new float[] {n.length()}))
                    .toList()));
    assertEquals(names, file.names());
    assertEquals(metadata, file.metadata());
    for (String name : names) {
      assertTrue(file.contains(name));
      assertArrayEquals(new float[] {name.length()}, file.floats(name));
    }
  }

  @Test
  void aFileMayHoldNoTensorAndNoMetadata() throws IOException {
    byte[] file = written(Map.of(), List.of());
    assertEquals("0800000000000000" + "7b7d202020202020", HexFormat.of().formatHex(file));
    assertEquals(List.of(), read(file).names());
    assertEquals(Map.of(), read(file).metadata());
  }

  @Test
  void theSameTensorsGiveTheSameBytesWhateverTheOrderOfTheMetadata() throws IOException {
    Map<String, String> forwards = new LinkedHashMap<>();
    Map<String, String> backwards = new LinkedHashMap<>();
    for (int i = 0; i < 50; i++) {
      forwards.put("k" + i, "v" + i);
      backwards.put("k" + (49 - i), "v" + (49 - i));
    }
    assertArrayEquals(written(forwards, smallTensors()), written(backwards, smallTensors()));
  }

  @Test
  void aNameGivenTwiceAndTheReservedNameAreRefusedBeforeTheFirstByte() {
    TensorEntry x = TensorEntry.floats("x", new long[] {1}, new float[1]);
    refusesToWrite(
        "Two tensors are named \"x\", expected each name once; rename one of them.",
        Map.of(),
        x,
        x);
    refusesToWrite(
        "A tensor is named \"__metadata__\", which safetensors keeps for itself; rename the"
            + " tensor.",
        Map.of(),
        TensorEntry.floats("__metadata__", new long[] {1}, new float[1]));
  }

  @Test
  void halfASurrogatePairIsRefusedBeforeTheFirstByte() {
    String message =
        "A tensor's name or a metadata text holds half a surrogate pair, expected Unicode text;"
            + " rename it.";
    refusesToWrite(message, Map.of("k", "\udc00"));
    refusesToWrite(message, Map.of(), TensorEntry.floats("x\ud800", new long[] {1}, new float[1]));
  }

  @Test
  void tensorsOfMoreThanALongOfBytesAreRefused() {
    TensorEntry huge = TensorEntry.of("a", TensorType.U8, new long[] {Long.MAX_VALUE}, out -> {});
    TensorEntry more = TensorEntry.of("b", TensorType.U8, new long[] {1}, out -> {});
    refusesToWrite("The tensors up to \"b\" count 2^63 bytes or more.", Map.of(), huge, more);
  }

  private static void refusesToWrite(
      String message, Map<String, String> metadata, TensorEntry... tensors) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsException e =
        assertThrows(
            SafetensorsException.class,
            () -> SafetensorsWriter.write(out, metadata, List.of(tensors)));
    assertEquals(message, e.getMessage());
    assertEquals(0, out.size());
  }

  @Test
  void aHeaderMayBeInAnyOrderAndSpacedAsJsonAllows() throws IOException {
    SafetensorsFile file =
        read(
            file(
                "{ \"b\" : {\n\"data_offsets\":[4, 5], \"shape\":[1],\t\"dtype\":\"BOOL\"},"
                    + "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                    + "\"__metadata__\":{\"\\u0041\":\"\\\"\"} }  ",
                new byte[] {0, 0, 0, 0x40, 1}));
    assertEquals(List.of("b", "a"), file.names());
    assertArrayEquals(new float[] {2}, file.floats("a"));
    assertArrayEquals(new byte[] {1}, file.bytes("b"));
    assertEquals(Map.of("A", "\""), file.metadata());
  }

  /** Single quotes stand for double quotes; each file has four bytes of data. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':{'dtype':'F31','shape':[1],'data_offsets':[0,4]}} | tensor \"a\" has the dtype"
            + " \"F31\", expected one of [F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL]",
        "{'a':{'dtype':'f32','shape':[1],'data_offsets':[0,4]}} | has the dtype \"f32\"",
        "{'a':{'dtype':1,'shape':[1],'data_offsets':[0,4]}} | a number, expected a text",
        "{'a':{'dtype':null,'shape':[1],'data_offsets':[0,4]}} | null, expected a text",
        "{'a':{'shape':[1],'data_offsets':[0,4]}} | tensor \"a\" lacks dtype",
        "{'a':{'dtype':'F32','data_offsets':[0,4]}} | tensor \"a\" lacks shape",
        "{'a':{'dtype':'F32','shape':[1]}} | tensor \"a\" lacks data_offsets",
        "{'a':{}} | tensor \"a\" lacks dtype",
        "{'a':{'dtype':'F32','dtype':'F32','shape':[1],'data_offsets':[0,4]}} | has the key"
            + " \"dtype\" twice",
        "{'a':{'dtype':'F32','shape':[1],'shape':[1],'data_offsets':[0,4]}} | has the key"
            + " \"shape\" twice",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'data_offsets':[0,4]}} | has the key"
            + " \"data_offsets\" twice",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'x':1}} | has the key \"x\"",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | names \"a\" twice",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'\\u0061':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | names \"a\" twice",
        "{'__metadata__':{},'__metadata__':{}} | names \"__metadata__\" twice",
        "{'__metadata__':{'k':'1','k':'2'}} | metadata names \"k\" twice",
        "{'__metadata__':{'k':1}} | a number, expected a text",
        "{'__metadata__':{'k':{}}} | an object, expected a text",
        "{'__metadata__':null} | null, expected an object",
        "{'__metadata__':[]} | an array, expected an object",
        "{'a':[]} | an array, expected an object",
        "{'a':7} | a number, expected an object",
        "{'a':{'dtype':'F32','shape':{},'data_offsets':[0,4]}} | an object, expected an array",
        "{'a':{'dtype':'F32','shape':1,'data_offsets':[0,4]}} | a number, expected an array",
        "{'a':{'dtype':'F32','shape':['1'],'data_offsets':[0,4]}} | a text, expected a number",
        "{'a':{'dtype':'F32','shape':[[1]],'data_offsets':[0,4]}} | an array, expected a number",
        "{'a':{'dtype':'F32','shape':[null],'data_offsets':[0,4]}} | null, expected a number",
        "{'a':{'dtype':'F32','shape':[true],'data_offsets':[0,4]}} | true or false",
        "{'a':{'dtype':'F32','shape':[1.0],'data_offsets':[0,4]}} | holds \"1.0\"",
        "{'a':{'dtype':'F32','shape':[1e0],'data_offsets':[0,4]}} | holds \"1e0\"",
        "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | holds \"-1\"",
        "{'a':{'dtype':'F32','shape':[-0],'data_offsets':[0,4]}} | holds \"-0\"",
        "{'a':{'dtype':'F32','shape':[01],'data_offsets':[0,4]}} | not valid JSON",
        "{'a':{'dtype':'F32','shape':[NaN],'data_offsets':[0,4]}} | not valid JSON",
        "{'a':{'dtype':'F32','shape':[Infinity],'data_offsets':[0,4]}} | not valid JSON",
        "{'a':{'dtype':'F32','shape':[1,],'data_offsets':[0,4]}} | not valid JSON",
        "{'a':{'dtype':'F32','shape':[1;1],'data_offsets':[0,4]}} | not valid JSON",
        "{'a':{'dtype':'F32','shape':[9223372036854775808],'data_offsets':[0,4]}} | holds"
            + " \"9223372036854775808\", expected integers from 0 to 2^63 - 1",
        "{'a':{'dtype':'F32','shape':[99999999999999999999999],'data_offsets':[0,4]}} | holds",
        "{'a':{'dtype':'F32','shape':[4611686018427387905],'data_offsets':[0,4]}} | expected fewer"
            + " than 2^63 bytes of F32",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,4]}} | expected"
            + " fewer than 2^63 bytes of F32",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | has 4 bytes between its"
            + " data_offsets, expected 8 for F32 of shape [2]",
        "{'a':{'dtype':'F32','shape':[0],'data_offsets':[0,4]}} | expected 0 for F32",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}} | an end not before it",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0]}} | an end not before it",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4,4]}} | more than 2 numbers",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | the file ends after 4 bytes of"
            + " tensor data, expected 8: it is truncated",
        "{'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3]}} | 1 bytes follow the last tensor",
        "{} | 4 bytes follow the last tensor",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},"
            + "'b':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}} | tensor \"b\" begins at data"
            + " offset 2, expected 1: there is a hole",
        "{'a':{'dtype':'U8','shape':[3],'data_offsets':[1,4]}} | expected 0: there is a hole",
        "{'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3]},"
            + "'b':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}} | tensor \"b\" begins at data"
            + " offset 2, expected 3: there is an overlap",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},"
            + "'b':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}} | an overlap",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},"
            + "'b':{'dtype':'U8','shape':[0],'data_offsets':[2,2]}} | an overlap",
        "{'\\ud800':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}} | half a surrogate pair",
        "{'__metadata__':{'k':'\\udc00'}} | half a surrogate pair",
        "{'\\u00zz':1} | not valid JSON",
        "{'a':1}{'b':2} | a number, expected an object",
        "{}{} | the header is not valid JSON",
        "{}} | the header is not valid JSON",
        "{{} | not valid JSON",
        "{'a'} | not valid JSON",
        "{a:1} | not valid JSON",
        "{'a'=1} | not valid JSON",
        "{'a':TRUE} | not valid JSON",
        "{/**/} | not valid JSON",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]} | not valid JSON",
        "[] | begins with byte 0x5b at byte 8, expected '{'",
        "'{}' | begins with byte 0x22",
        "{ | ends with byte 0x7b at byte 8, expected '}'",
        "{}x | ends with byte 0x78 at byte 10, expected '}'",
      })
  void aHeaderThatIsNotAsTheFormatSaysIsRefused(String header, String expected) {
    refuses(expected, file(header.replace('\'', '"'), new byte[4]));
  }

  @Test
  void aHeaderOfOtherWhitespaceOrControlCharactersIsRefused() {
    refuses("ends with byte 0x0a at byte 10", file("{}\n", new byte[0]));
    refuses("ends with byte 0x00 at byte 10", file("{}\0", new byte[0]));
    refuses("begins with byte 0x20 at byte 8", file(" {}", new byte[0]));
    refuses("begins with byte 0xef at byte 8", file("\ufeff{}", new byte[0]));
    refuses("begins with nothing", file("", new byte[0]));
    refuses("not valid JSON", file("{\"a\nb\":1}", new byte[0]));
  }

  @Test
  void aHeaderThatIsNotUtf8IsRefusedWithItsByteOffset() {
    byte[] bytes = file("{\"__metadata__\":{\"k\":\"x\"}}", new byte[0]);
    bytes[8 + 22] = (byte) 0xff;
    refuses("not valid UTF-8 at byte 30", bytes);
  }

  @Test
  void deepNestingIsRefusedWithoutExhaustingTheStack() {
    refuses("expected a", file("{\"a\":" + "[".repeat(100_000) + "}", new byte[0]));
    refuses("expected dtype", file("{\"a\":".repeat(100_000) + "}", new byte[0]));
  }

  @Test
  void aTensorOfTooManyDimensionsIsRefused() {
    String ones = "1" + ",1".repeat(64);
    refuses(
        "more than 64 numbers",
        file(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + ones + "],\"data_offsets\":[0,1]}}",
            new byte[1]));
  }

  @Test
  void aHeaderLengthIsCheckedBeforeAnythingIsAllocated() {
    for (long length : new long[] {100_000_001, Integer.MAX_VALUE, Long.MAX_VALUE, -1}) {
      byte[] bytes = file("{}", new byte[0]);
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
      refuses(
          "give a header of "
              + Long.toUnsignedString(length)
              + " bytes, expected at most 100000000",
          bytes);
    }
    byte[] bytes = file("{}", new byte[0]);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(100_000_000);
    refuses("the file has 10 bytes, expected at least 100000008 for its header", bytes);
  }

  @Test
  void aFileCutAtAnyByteIsRefused() throws IOException {
    byte[] whole = written(Map.of("k", "v"), smallTensors());
    read(whole);
    for (int length = 0; length < whole.length; length++) {
      refuses("", Arrays.copyOf(whole, length));
    }
    refuses("1 bytes follow the last tensor", Arrays.copyOf(whole, whole.length + 1));
  }

  @Test
  void aHeaderWithAnyByteChangedIsReadOrRefusedAndNeverCrashes() throws IOException {
    byte[] whole = written(Map.of("k", "v"), smallTensors());
    int headerEnd = whole.length - 11;
    Path path = folder.resolve("flipped.safetensors");
    int refused = 0;
    for (int i = 0; i < headerEnd; i++) {
      byte was = whole[i];
      int[] values =
          IntStream.concat(
                  IntStream.range(0, 8).map(bit -> was ^ 1 << bit),
                  IntStream.concat(IntStream.of(~was), "\"{}[],:019-. e\\\n\0".chars()))
              .filter(value -> (byte) value != was)
              .toArray();
      for (int value : values) {
        byte[] flipped = whole.clone();
        flipped[i] = (byte) value;
        Files.write(path, flipped);
        try {
          SafetensorsFile file = SafetensorsFile.read(path);
          for (String name : file.names()) {
            file.tensor(name);
          }
        } catch (SafetensorsException e) {
          isOneSentence(e);
          refused++;
        }
      }
    }
    assertTrue(refused > 0);
  }

  @Test
  void randomHeadersAreRefusedAndNeverCrash() throws IOException {
    String[] words = {
      "{", "}", "[", "]", ":", ",", "\"a\"", "\"dtype\"", "\"F32\"", "\"shape\"",
      "\"data_offsets\"", "0", "4", "[0,4]", "[1]", "\"__metadata__\"", "null", "1e9", " ", "\\"
    };
    Random random = new Random(4);
    Path path = folder.resolve("random.safetensors");
    for (int i = 0; i < 5000; i++) {
      StringBuilder header = new StringBuilder("{");
      for (int j = random.nextInt(20); j > 0; j--) {
        header.append(words[random.nextInt(words.length)]);
      }
      byte[] bytes = file(header.append('}').toString(), new byte[4]);
      Files.write(path, bytes);
      SafetensorsException e =
          assertThrows(
              SafetensorsException.class, () -> SafetensorsFile.read(path), header.toString());
      isOneSentence(e);
    }
  }

  @Test
  void aMissingTensorIsNamedBesideThoseThatAreThere() throws IOException {
    SafetensorsFile file = read(written(Map.of(), smallTensors()));
    assertFalse(file.contains("x"));
    String message =
        file.path()
            + ": there is no tensor \"x\", expected it beside the 2 that the file has: \"w\","
            + " \"m\".";
    for (SafetensorsException e :
        List.of(
            assertThrows(SafetensorsException.class, () -> file.floats("x")),
            assertThrows(SafetensorsException.class, () -> file.bytes("x")),
            assertThrows(SafetensorsException.class, () -> file.tensor("x")),
            assertThrows(SafetensorsException.class, () -> file.type("x")),
            assertThrows(SafetensorsException.class, () -> file.shape("x")))) {
      assertEquals(message, e.getMessage());
    }
  }

  @Test
  void aTensorOfAnotherTypeIsNamedWithBothTypes() throws IOException {
    SafetensorsFile file = read(written(Map.of(), smallTensors()));
    assertEquals(
        file.path() + ": tensor \"m\" is U8, expected F32; save it as float32.",
        assertThrows(SafetensorsException.class, () -> file.floats("m")).getMessage());
    assertEquals(
        file.path() + ": tensor \"w\" is F32, expected U8 or BOOL; save it as uint8.",
        assertThrows(SafetensorsException.class, () -> file.bytes("w")).getMessage());
  }

  @Test
  void aFileThatIsMissingOrAFolderIsRefused() {
    Path missing = folder.resolve("missing");
    assertEquals(
        "There is no file " + missing + ", expected a safetensors file; check the path.",
        assertThrows(SafetensorsException.class, () -> SafetensorsFile.read(missing)).getMessage());
    assertEquals(
        folder + " is a folder or a device, expected a safetensors file.",
        assertThrows(SafetensorsException.class, () -> SafetensorsFile.read(folder)).getMessage());
  }

  @Test
  void aFileThatShrinksAfterItsHeaderWasReadIsRefused() throws IOException {
    byte[] whole = written(Map.of(), smallTensors());
    SafetensorsFile file = read(whole);
    Files.write(file.path(), Arrays.copyOf(whole, whole.length - 4));
    assertEquals(
        String.format(
            "%s: the file ends at byte %d, expected it to reach byte %d: it shrank while it was"
                + " read.",
            file.path(), whole.length - 4, whole.length - 3),
        assertThrows(SafetensorsException.class, () -> file.floats("w")).getMessage());
    assertThrows(SafetensorsException.class, () -> file.bytes("m"));
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "a sparse file needs asking for there")
  void aTensorBeyondTwoGibibytesIsReadAndOneTooLargeForAnArrayIsRefused() throws IOException {
    long large = 3L << 30;
    String header =
        "{\"large\":{\"dtype\":\"U8\",\"shape\":["
            + large
            + "],\"data_offsets\":[0,"
            + large
            + "]},\"last\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":["
            + large
            + ","
            + (large + 4)
            + "]}}";
    Path path = Files.write(folder.resolve("sparse.safetensors"), file(header, new byte[0]));
    try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
      sparse.seek(sparse.length() + large);
      sparse.write(new byte[] {0, 0, 0x40, 0x40});
    }
    SafetensorsFile file = SafetensorsFile.read(path);
    assertArrayEquals(new float[] {3}, file.floats("last"));
    assertTrue(
        assertThrows(SafetensorsException.class, () -> file.bytes("large"))
            .getMessage()
            .contains("has 3221225472 bytes, expected at most 2147483639"));
  }

  private static List<TensorEntry> smallTensors() {
    return List.of(
        TensorEntry.floats("w", new long[] {1, 2}, new float[] {1, -2}),
        TensorEntry.bytes("m", TensorType.U8, new long[] {3}, new byte[] {0, 1, -1}));
  }

  private static byte[] written(Map<String, String> metadata, List<TensorEntry> tensors)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(out, metadata, tensors);
    return out.toByteArray();
  }

  /** A file with that header, whatever it is, and that data. */
  private static byte[] file(String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .put(data)
        .array();
  }

  private SafetensorsFile read(byte[] bytes) throws IOException {
    return SafetensorsFile.read(Files.write(folder.resolve("x.safetensors"), bytes));
  }

  private void refuses(String expected, byte[] bytes) {
    SafetensorsException e = assertThrows(SafetensorsException.class, () -> read(bytes));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    isOneSentence(e);
  }

  private void isOneSentence(SafetensorsException e) {
    assertTrue(e.getMessage().startsWith(folder.toString()), e.getMessage());
    assertTrue(e.getMessage().endsWith("."), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
  }
}
