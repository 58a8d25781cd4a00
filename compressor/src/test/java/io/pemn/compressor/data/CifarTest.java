package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Normalization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CifarTest {
  private static final Path FIXTURES =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/cifar");

  @TempDir Path folder;

  static Stream<Arguments> cifar10() {
    return Stream.of(
        Arguments.of("cifar-10-batches-bin", "cifar-10-binary.tar.gz", CifarBytes.binary10()),
        Arguments.of("cifar-10-batches-py", "cifar-10-python.tar.gz", CifarBytes.python10()));
  }

  static Stream<Arguments> cifar100() {
    return Stream.of(
        Arguments.of("cifar-100-binary", "cifar-100-binary.tar.gz", CifarBytes.binary100()),
        Arguments.of("cifar-100-python", "cifar-100-python.tar.gz", CifarBytes.python100()));
  }

  @ParameterizedTest
  @MethodSource("cifar10")
  void cifar10IsFoundInItsFolderTheFolderAboveAndItsArchive(
      String subfolder, String archive, Map<String, byte[]> files) throws IOException {
    Path unpacked = folder.resolve("unpacked");
    CifarBytes.write(unpacked, files);
    CifarBytes.write(folder.resolve("above").resolve(subfolder), files);
    Path packed = Files.createDirectory(folder.resolve("packed"));
    Path file = CifarBytes.writeArchive(packed.resolve(archive), subfolder, files);
    Path renamed = Files.copy(file, folder.resolve("cifar.tgz"));
    for (Path place : List.of(unpacked, folder.resolve("above"), packed, file, renamed)) {
      assertIsCifar10(load("cifar10:" + place + "?part"));
    }
  }

  private static void assertIsCifar10(Dataset dataset) {
    assertEquals("cifar10 (part)", dataset.name());
    assertEquals("6 images of 3x32x32 in 10 classes", dataset.train().toString());
    assertEquals("1 images of 3x32x32 in 10 classes", dataset.test().toString());
    assertEquals(
        List.of(1, 2, 3, 4, 5, 9), IntStream.range(0, 6).mapToObj(dataset.train()::label).toList());
    ImageSet train = (ImageSet) dataset.train();
    assertEquals(
        List.of(1, 2, 3, 4, 5, 99),
        IntStream.range(0, 6).mapToObj(image -> train.pixel(image, 2, 31, 31)).toList());
    assertEquals(7, dataset.test().label(0));
    assertEquals("class 9", dataset.labels().get(9));
    assertEquals(
        Normalization.parse("0.4914,0.4822,0.4465/0.2470,0.2435,0.2616"), dataset.normalization());
  }

  @ParameterizedTest
  @MethodSource("cifar100")
  void cifar100HasFineLabels(String subfolder, String archive, Map<String, byte[]> files)
      throws IOException {
    Path unpacked = folder.resolve("unpacked");
    CifarBytes.write(unpacked, files);
    CifarBytes.write(folder.resolve("above").resolve(subfolder), files);
    Path file = CifarBytes.writeArchive(folder.resolve(archive), subfolder, files);
    for (Path place : List.of(unpacked, folder.resolve("above"), folder, file)) {
      Dataset dataset = load("cifar100:" + place + "?part");
      assertEquals("2 images of 3x32x32 in 100 classes", dataset.train().toString());
      assertArrayEquals(
          new int[] {99, 0}, new int[] {dataset.train().label(0), dataset.train().label(1)});
      assertEquals(2, ((ImageSet) dataset.train()).pixel(1, 0, 0, 0));
      assertEquals(42, dataset.test().label(0));
      assertEquals("class 99", dataset.labels().get(99));
    }
  }

  @Test
  void anImageIsRedGreenBlueRowByRowInBothVersions() throws IOException {
    byte[] image = CifarBytes.image(0);
    image[2 * 32 + 5] = 11;
    image[1024 + 31 * 32 + 31] = 22;
    image[2048] = (byte) 233;
    Map<String, byte[]> binary = CifarBytes.binary10();
    binary.put("test_batch.bin", CifarBytes.join(new byte[] {4}, image));
    Map<String, byte[]> python = CifarBytes.python10();
    python.put("test_batch", CifarBytes.batch("labels", image, 4));
    for (Map<String, byte[]> files : List.of(binary, python)) {
      Path place = folder.resolve("at " + files.size() + files.containsKey("test_batch"));
      CifarBytes.write(place, files);
      ImageSet test = (ImageSet) load("cifar10:" + place + "?part").test();
      assertEquals(4, test.label(0));
      assertEquals(11, test.pixel(0, 0, 2, 5));
      assertEquals(22, test.pixel(0, 1, 31, 31));
      assertEquals(233, test.pixel(0, 2, 0, 0));
    }
  }

  /** Those that {@code testdata/cifar/make_cifar.py} made. */
  @ParameterizedTest
  @ValueSource(ints = {10, 100})
  void archivesThatPython3PickledAreRead(int classes) throws IOException {
    Dataset dataset = load("cifar" + classes + ":" + FIXTURES + "?part");
    ImageSet train = (ImageSet) dataset.train();
    int files = classes == 10 ? 5 : 1;
    assertEquals(2 * files + " images of 3x32x32 in " + classes + " classes", train.toString());
    for (int file = 0; file <= files; file++) {
      ImageSet set = file == files ? (ImageSet) dataset.test() : train;
      for (int image = 0; image < 2; image++) {
        int index = (file == files ? 0 : 2 * file) + image;
        assertEquals((3 * file + image) % classes, set.label(index));
        byte[] pixels = new byte[CifarBytes.PIXELS];
        set.pixels(index).get(pixels);
        for (int j = 0; j < pixels.length; j++) {
          assertEquals((7 * j + 31 * image + 5 * file) % 256, pixels[j] & 0xff);
        }
      }
    }
    assertEquals(classes == 10 ? "truck" : "fine 99", dataset.labels().get(classes - 1));
  }

  @Test
  void theWholeDataSetNeedsNoWordAboutAPart() throws IOException {
    Map<String, byte[]> files = CifarBytes.binary10();
    byte[] batch = new byte[10_000 * 3073];
    CifarBytes.imageFiles(files).forEach(name -> files.put(name, batch));
    Path archive = CifarBytes.writeArchive(folder.resolve("cifar-10-binary.tar.gz"), "x", files);
    Dataset dataset = load("cifar10:" + archive);
    assertEquals("cifar10", dataset.name());
    assertEquals("50000 images of 3x32x32 in 10 classes", dataset.train().toString());
    assertEquals("10000 images of 3x32x32 in 10 classes", dataset.test().toString());
  }

  @Test
  void fewerImagesThanTheOfficialOnesMustBeMeant() throws IOException {
    CifarBytes.write(folder, CifarBytes.binary10());
    assertRefused(
        "cifar10:" + folder,
        "data_batch_1.bin has 3,073 bytes with 1 images",
        "the official file has 10,000 images in 30,730,000 bytes",
        "download or unpack it again",
        "cifar10:DIR?part");
    Path python = folder.resolve("python");
    CifarBytes.write(python, CifarBytes.python100());
    assertRefused("cifar100:" + python, "with 2 images", "has 50,000 images;", "cifar100:DIR?part");
  }

  @Test
  void whatIsUnpackedComesBeforeArchivesAndWhatIsWholeBeforeWhatIsNot() throws IOException {
    Map<String, byte[]> incomplete = CifarBytes.binary10();
    incomplete.remove("data_batch_3.bin");
    CifarBytes.write(folder, incomplete);
    assertRefused("cifar10:" + folder + "?part", "no file", "data_batch_3.bin");
    Path archive = folder.resolve("cifar-10-python.tar.gz");
    CifarBytes.writeArchive(archive, "any", CifarBytes.python10());
    assertIsCifar10(load("cifar10:" + folder + "?part"));
    Files.writeString(archive, "never read now");
    CifarBytes.write(folder.resolve("cifar-10-batches-py"), CifarBytes.python10());
    assertIsCifar10(load("cifar10:" + folder + "?part"));
  }

  @Test
  void whatIsMissingIsNamedWithWhereToGetIt() throws IOException {
    String page = "https://www.cs.toronto.edu/~kriz/cifar.html";
    assertRefused("cifar10", "names no folder", "cifar-10-binary.tar.gz", page);
    assertRefused("cifar10:" + folder.resolve("no"), "There is no folder", page);
    assertRefused(
        "cifar10:" + folder, "has no file data_batch_1.bin", "cifar-10-python.tar.gz", page);
    assertRefused(
        "cifar100:" + folder, "has no file train.bin, train", "cifar-100-python.tar.gz", page);
    for (Map<String, byte[]> files : List.of(CifarBytes.binary10(), CifarBytes.python10())) {
      for (String name : files.keySet()) {
        Path place = Files.createTempDirectory(folder, "missing");
        CifarBytes.write(place, files);
        Files.delete(place.resolve(name));
        assertRefused("cifar10:" + place + "?part", "no file " + place.resolve(name), page);
        Map<String, byte[]> others = new LinkedHashMap<>(files);
        others.remove(name);
        Path archive = CifarBytes.writeArchive(folder.resolve("a.tar.gz"), "x", others);
        assertRefused("cifar10:" + archive + "?part", "a.tar.gz has no file " + name, page);
      }
    }
  }

  @Test
  void theArchiveOfTheOtherDataSetIsRefused() throws IOException {
    Path archive = CifarBytes.writeArchive(folder.resolve("c.tar.gz"), "x", CifarBytes.python100());
    assertRefused(
        "cifar10:" + archive, "c.tar.gz has neither data_batch_1.bin nor data_batch_1", "CIFAR-10");
  }

  @Test
  void binaryFilesThatAreNotWhatTheyShouldBeAreRefused() throws IOException {
    CifarBytes.write(folder, CifarBytes.binary10());
    Path batch = folder.resolve("data_batch_2.bin");
    byte[] good = Files.readAllBytes(batch);
    String spec = "cifar10:" + folder + "?part";

    Files.write(batch, new byte[0]);
    assertRefused(spec, "data_batch_2.bin has 0 bytes", "take 30,730,000 bytes, 3,073 each");
    Files.write(batch, new byte[3072]);
    assertRefused(spec, "data_batch_2.bin has 3,072 bytes", "30,730,000");
    Files.write(batch, new byte[30_730_001]);
    assertRefused(spec, "data_batch_2.bin has 30,730,001 bytes", "at most 30,730,000");
    Files.write(batch, CifarBytes.record(0, 10));
    assertRefused(spec, "image 0 the label 10", "0..9");

    Files.write(batch, good);
    Files.writeString(folder.resolve("batches.meta.txt"), "one\ntwo\n");
    assertRefused(spec, "names 2 classes", "has 10");
    Files.write(folder.resolve("batches.meta.txt"), new byte[1 << 17]);
    assertRefused(spec, "131,072 bytes");
  }

  @Test
  void picklesThatAreNotWhatTheyShouldBeAreRefused() throws IOException {
    CifarBytes.write(folder, CifarBytes.python10());
    byte[] image = CifarBytes.image(1);

    assertBatchRefused(CifarBytes.batch("labels", image, 10), "image 0 the label 10", "0..9");
    assertBatchRefused(CifarBytes.batch("labels", image, -1), "the label -1");
    assertBatchRefused(CifarBytes.batch("fine_labels", image, 1), "1 images and 0 \"labels\"");
    assertBatchRefused(CifarBytes.batch("labels", 1, image, 1, 2), "1 images and 2 \"labels\"");
    assertBatchRefused(CifarBytes.batch("labels", 2, image, 1, 2), "2 images in 3,072 bytes");
    assertBatchRefused(CifarBytes.batch("labels", 0, new byte[0]), "0 images in 0 bytes");
    assertBatchRefused(new CifarBytes.Pickle().ops("].").bytes(), "holds no dictionary");
    assertBatchRefused(new CifarBytes.Pickle().ops("}.").bytes(), "has no \"data\"");
    String good = new String(CifarBytes.batch("labels", image, 1), StandardCharsets.ISO_8859_1);
    for (String type : List.of("i1", "f4", "O8")) {
      assertBatchRefused(
          CifarBytes.text(good.replace("U\2u1", "U\2" + type)), "array of unsigned bytes");
    }
    assertBatchRefused(
        CifarBytes.text(good.replace("K\1e", "Ne")), "a label that is no whole number");
    Files.write(folder.resolve("batches.meta"), new CifarBytes.Pickle().ops("}.").bytes());
    CifarBytes.write(folder, Map.of("data_batch_2", CifarBytes.batch("labels", image, 1)));
    assertRefused("cifar10:" + folder + "?part", "batches.meta names 0 classes", "has 10");
  }

  @Test
  void aPickleThatWantsToRunSomethingIsRefused() throws IOException {
    CifarBytes.write(folder, CifarBytes.python10());
    CifarBytes.Pickle pickle = new CifarBytes.Pickle().ops("cos\nsystem\n").string("true");
    Files.write(folder.resolve("data_batch_2"), pickle.ops("\u0085R.").bytes());
    assertRefused(
        "cifar10:" + folder + "?part",
        "data_batch_2 wants to call os.system at byte 2",
        "but the pickles of CIFAR hold lists and arrays; nothing was run");
    CifarBytes.Pickle loads = new CifarBytes.Pickle().ops("cnumpy\nload\n)R.");
    assertBatchRefused(loads.bytes(), "numpy.load");
  }

  @Test
  void aPickleIsRefusedWhereverItEnds() throws IOException {
    CifarBytes.write(folder, CifarBytes.python10());
    byte[] whole = CifarBytes.batch("labels", CifarBytes.image(1), 1);
    int data = whole.length - CifarBytes.PIXELS;
    for (int length = 0; length < whole.length; length += length < data ? 1 : 301) {
      assertBatchRefused(Arrays.copyOf(whole, length), "data_batch_2 ", "download or unpack it");
    }
    assertBatchRefused(
        Arrays.copyOf(whole, whole.length - 100), "announces a string of 3072 bytes where 30");
  }

  private void assertBatchRefused(byte[] batch, String... found) throws IOException {
    Files.write(folder.resolve("data_batch_2"), batch);
    assertRefused("cifar10:" + folder + "?part", found);
  }

  @Test
  void anArchiveIsRefusedWhereverItEnds() throws IOException {
    byte[] whole = Files.readAllBytes(FIXTURES.resolve("cifar-10-python.tar.gz"));
    Path cut = folder.resolve("cut.tar.gz");
    for (int length = 0; length < whole.length; length += 1 + whole.length / 50) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertRefused(
          "cifar10:" + cut + "?part",
          "cut.tar.gz ",
          "have 170,052,171 and 170,498,071 bytes",
          "https://www.cs.toronto.edu/~kriz/cifar.html");
    }
    Files.write(cut, Arrays.copyOf(whole, whole.length - 1));
    assertRefused("cifar10:" + cut + "?part", "has " + (whole.length - 1) + " bytes and ends in");
    byte[] changed = whole.clone();
    changed[whole.length - 8] ^= 1;
    Files.write(cut, changed);
    assertRefused("cifar10:" + cut + "?part", "no sound gzip file");
    Files.writeString(cut, "no archive at all, but something else");
    assertRefused("cifar10:" + cut, "no sound gzip file");
  }

  @Test
  void anArchiveWithAFileThatIsTooLongIsRefused() throws IOException {
    Map<String, byte[]> files = CifarBytes.binary10();
    files.put("test_batch.bin", new byte[30_730_001]);
    Path archive = CifarBytes.writeArchive(folder.resolve("a.tar.gz"), "x", files);
    assertRefused(
        "cifar10:" + archive + "?part",
        "test_batch.bin of 30730001 bytes, but at most 30730000 were");
  }

  /** Such a name takes a thousandth of its bytes in the file, and all of them in memory. */
  @ParameterizedTest
  @ValueSource(bytes = {TarConstants.LF_GNUTYPE_LONGNAME, TarConstants.LF_PAX_EXTENDED_HEADER_LC})
  void anArchiveWithAnEndlessNameIsRefused(byte kind) throws IOException {
    String name = "a".repeat(3 << 20);
    // Its own length counts in an attribute, and the digits of that.
    String attribute = name.length() + 14 + " path=" + name + "\n";
    byte[] header = CifarBytes.text(kind == TarConstants.LF_GNUTYPE_LONGNAME ? name : attribute);
    Path archive = folder.resolve("a.tar.gz");
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(archive)))) {
      TarArchiveEntry entry = new TarArchiveEntry("header", kind);
      entry.setSize(header.length);
      tar.putArchiveEntry(entry);
      tar.write(header);
      tar.closeArchiveEntry();
    }
    assertTrue(Files.size(archive) < 1 << 16);
    assertRefused(
        "cifar10:" + archive, "a.tar.gz has more than 1048576 bytes of names and attributes");
  }

  @Test
  void whatIsNoTarIsSaidWithoutTheNameOfAnException() throws IOException {
    Path archive = folder.resolve("a.tar.gz");
    try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
      out.write(CifarBytes.text("no tar at all".repeat(100)));
    }
    String message =
        assertThrows(DataException.class, () -> load("cifar10:" + archive)).getMessage();
    assertTrue(message.contains("a.tar.gz cannot be read ("), message);
    assertFalse(message.contains("Exception"), message);
  }

  private static Dataset load(String spec) throws IOException {
    return DataSources.load(spec, Path.of("unused"));
  }

  private static void assertRefused(String spec, String... found) {
    String message = assertThrows(DataException.class, () -> load(spec)).getMessage();
    for (String part : found) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.contains("; ") && message.endsWith("."), message);
  }
}
