package io.pemn.compressor.data;

import static io.pemn.compressor.data.IdxBytes.gzip;
import static io.pemn.compressor.data.IdxBytes.idx;
import static io.pemn.compressor.data.IdxBytes.images;
import static io.pemn.compressor.data.IdxBytes.labels;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxFileTest {
  private static final byte[] GOOD_IMAGES = images(2, 2, 3, 0, 1, 2, 3, 4, 5, 255, 6, 7, 8, 9, 128);
  private static final byte[] GOOD_LABELS = labels(9, 0);

  @TempDir Path folder;
  private Path goodImages;
  private Path goodLabels;

  @BeforeEach
  void writeGoodFiles() throws IOException {
    goodImages = write("good-images", GOOD_IMAGES);
    goodLabels = write("good-labels", GOOD_LABELS);
  }

  @Test
  void everyPixelAndLabelIsReadWhereItStands() throws IOException {
    ImageSet set = IdxFile.readImageSet(goodImages, goodLabels, 10);

    assertEquals("2 images of 1x2x3 in 10 classes", set.toString());
    assertEquals(5, set.pixel(0, 0, 1, 2));
    assertEquals(255, set.pixel(1, 0, 0, 0));
    assertEquals(128, set.pixel(1, 0, 1, 2));
    assertEquals(9, set.label(0));
    assertEquals(0, set.label(1));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1 << 20, (1 << 20) + 1, 3_000_000})
  void aCompressedFileOfAnySizeReadsAsThePlainOne(int length) throws IOException {
    byte[] header = images(1, 1, length);
    byte[] file = Arrays.copyOf(header, header.length + length);
    byte[] pixels = new byte[length];
    new Random(length).nextBytes(pixels);
    System.arraycopy(pixels, 0, file, header.length, length);
    Path plain = write("images", file);
    Path compressed = write("images.gz", gzip(file));
    Path label = write("label.gz", gzip(labels(3)));

    byte[] fromPlain = IdxFile.readImageSet(plain, label, 10).pixelArray();
    byte[] fromCompressed = IdxFile.readImageSet(compressed, label, 10).pixelArray();

    assertArrayEquals(pixels, fromPlain);
    assertArrayEquals(pixels, fromCompressed);
  }

  @Test
  void anotherMagicIsNamedBesideTheExpectedOne() throws IOException {
    refuseImages(GOOD_LABELS, "begins with 0x00000801", "must begin with 0x00000803");
    refuseLabels(GOOD_IMAGES, "begins with 0x00000803", "must begin with 0x00000801");
  }

  @Test
  void aCompressedFileWithoutTheEndingIsRecognized() throws IOException {
    Path file = write("images", gzip(GOOD_IMAGES));

    assertSentence(file, messageOf(file, goodLabels), ", which is gzip", "end in .gz");
  }

  @Test
  void aHeaderThatEndsEarlyIsRefused() throws IOException {
    refuseImages(new byte[0], "ends after 0 bytes", "takes 16");
    refuseImages(Arrays.copyOf(GOOD_IMAGES, 15), "ends after 15 bytes", "takes 16");
    refuseLabels(Arrays.copyOf(GOOD_LABELS, 7), "ends after 7 bytes", "takes 8");
  }

  @Test
  void aFileThatEndsBeforeTheLastPixelOrLabelIsRefused() throws IOException {
    refuseImages(
        Arrays.copyOf(GOOD_IMAGES, GOOD_IMAGES.length - 1),
        "has 11 bytes after its header",
        "2 images of 2x3 pixels, which take 12");
    refuseLabels(Arrays.copyOf(GOOD_LABELS, 9), "has 1 bytes after its header", "2 labels");
  }

  @Test
  void bytesBehindTheLastPixelOrLabelAreRefused() throws IOException {
    refuseImages(Arrays.copyOf(GOOD_IMAGES, GOOD_IMAGES.length + 2), "bytes behind the 12 of");
    refuseLabels(Arrays.copyOf(GOOD_LABELS, 11), "bytes behind the 2 of");
  }

  @Test
  void howMuchTooLongAPlainFileIsIsSaid() throws IOException {
    Path file = write("images", Arrays.copyOf(GOOD_IMAGES, GOOD_IMAGES.length + 2));

    assertSentence(file, messageOf(file, goodLabels), "has 2 bytes behind the 12 of");
  }

  @Test
  void noImagesOrNoPixelsAreRefused() throws IOException {
    refuseImages(images(0, 2, 3), "declares 0 images of 2x3 pixels", "at least 1");
    refuseImages(images(2, 0, 3), "declares 2 images of 0x3 pixels", "at least 1");
    refuseImages(images(2, 2, 0), "declares 2 images of 2x0 pixels", "at least 1");
    refuseLabels(labels(), "declares 0 labels");
  }

  @Test
  void aCountThatIsNotThereAllocatesNothingOfItsSize() throws IOException {
    // 2 GiB less 8 bytes, within the limit of an array and beyond the heap of the tests.
    int[] header = {IdxBytes.IMAGES, Integer.MAX_VALUE - 8, 1, 1};

    refuseImages(idx(header, 1, 2, 3), "has 3 bytes after its header", "which take 2147483639");
    refuseLabels(
        idx(new int[] {IdxBytes.LABELS, Integer.MAX_VALUE - 8}, 1), "which take 2147483639");
  }

  @Test
  void numbersAreUnsignedAndTheirProductIsCheckedBeforeItOverflows() throws IOException {
    refuseImages(images(1, -1, -1), "1 images of 4294967295x4294967295 pixels", "at most");
    refuseImages(images(-1, 1, 1), "4294967295 images of 1x1 pixels", "at most");
    // 2^16 * 2^16 * 2^32 is 0 in a long.
    refuseImages(images(1 << 16, 1 << 24, 1 << 24), "declares 65536 images", "at most");
    refuseLabels(idx(new int[] {IdxBytes.LABELS, -1}), "declares 4294967295 labels");
  }

  @Test
  void aLabelBeyondTheClassesIsRefusedWithItsImage() throws IOException {
    refuseLabels(labels(3, 10), "gives image 1 the label 10", "must be 0..9");
    refuseLabels(labels(255, 1), "gives image 0 the label 255", "must be 0..9");
  }

  @Test
  void countsThatDifferAreRefusedWithBothFiles() throws IOException {
    Path one = write("one-label", labels(1));
    Path three = write("three-labels", labels(1, 2, 3));

    assertSentence(goodImages, messageOf(goodImages, one), "2 images", one + " 1 labels");
    assertSentence(goodImages, messageOf(goodImages, three), "2 images", three + " 3 labels");
  }

  @Test
  void aTruncatedGzipStreamIsRefusedWhereverItEnds() throws IOException {
    byte[] whole = gzip(GOOD_IMAGES);

    for (int length = 0; length < whole.length; length++) {
      Path file = write("images.gz", Arrays.copyOf(whole, length));
      assertSentence(file, messageOf(file, goodLabels), "ends in the middle of its gzip stream");
    }
  }

  @Test
  void aFileThatIsNoGzipDespiteItsNameIsRefused() throws IOException {
    Path file = write("images.gz", GOOD_IMAGES);

    assertSentence(file, messageOf(file, goodLabels), "is not a sound gzip file", "drop .gz");
  }

  @Test
  void aFlippedBitInAGzipStreamIsRefused() throws IOException {
    byte[] bytes = gzip(GOOD_IMAGES);
    bytes[bytes.length - 8] ^= 1; // the first byte of the CRC, RFC 1952 section 2.3.1
    Path file = write("images.gz", bytes);

    assertSentence(file, messageOf(file, goodLabels), "is not a sound gzip file");
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path missing = folder.resolve("missing");

    assertSentence(missing, messageOf(missing, goodLabels), "cannot be read", "check that it");
  }

  /** The same fault must be found in a plain and in a compressed file. */
  private void refuseImages(byte[] bytes, String... parts) throws IOException {
    Path plain = write("images", bytes);
    Path compressed = write("images.gz", gzip(bytes));

    assertSentence(plain, messageOf(plain, goodLabels), parts);
    assertSentence(compressed, messageOf(compressed, goodLabels), parts);
  }

  private void refuseLabels(byte[] bytes, String... parts) throws IOException {
    Path plain = write("labels", bytes);
    Path compressed = write("labels.gz", gzip(bytes));

    assertSentence(plain, messageOf(goodImages, plain), parts);
    assertSentence(compressed, messageOf(goodImages, compressed), parts);
  }

  private static String messageOf(Path images, Path labels) {
    return assertThrows(DataException.class, () -> IdxFile.readImageSet(images, labels, 10))
        .getMessage();
  }

  private static void assertSentence(Path file, String message, String... parts) {
    assertTrue(message.startsWith(file.toString()), message);
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.contains(", but ") && message.contains("; "), message);
    assertTrue(message.endsWith("."), message);
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }
}
