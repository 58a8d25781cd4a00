package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Normalization;
import io.pemn.format.network.ImageShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataSourcesTest {
  @TempDir Path folder;

  @Test
  void theBundledDataHasAThousandTrainingAndTwoHundredTestImagesOfEveryClass() throws IOException {
    Dataset bundled = DataSources.load("bundled", Path.of(System.getProperty("pemn.home")));
    ImageSet train = (ImageSet) bundled.train();
    ImageSet test = (ImageSet) bundled.test();

    assertEquals("10000 images of 1x28x28 in 10 classes", train.toString());
    assertEquals("2000 images of 1x28x28 in 10 classes", test.toString());
    assertArrayEquals(all(1000), train.imagesPerClass());
    assertArrayEquals(all(200), test.imagesPerClass());
    assertEquals("Ankle boot", bundled.labels().get(bundled.train().label(0)));
    assertEquals(Normalization.parse("0.2860,0.3530"), bundled.normalization());
  }

  @Test
  void theNormalizationIsThatOfThePixels() throws IOException {
    ImageSet train =
        (ImageSet) DataSources.load("bundled", Path.of(System.getProperty("pemn.home"))).train();
    double sum = 0;
    double squares = 0;
    for (byte pixel : train.pixelArray()) {
      double value = (pixel & 0xff) / 255.0;
      sum += value;
      squares += value * value;
    }
    double mean = sum / train.pixelArray().length;
    double deviation = Math.sqrt(squares / train.pixelArray().length - mean * mean);

    // Those of all 60,000 images; a sixth of them comes close.
    assertEquals(0.2860, mean, 0.005);
    assertEquals(0.3530, deviation, 0.005);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFolderOfPlainOrCompressedFilesIsRead(boolean compressed) throws IOException {
    IdxBytes.writeFashionMnist(folder, compressed);

    Dataset dataset = DataSources.load("fashion-mnist:" + folder, Path.of("unused"));

    assertEquals("fashion-mnist", dataset.name());
    assertEquals("2 images of 1x1x2 in 10 classes", dataset.train().toString());
    assertEquals(4, ((ImageSet) dataset.train()).pixel(1, 0, 0, 1));
    assertEquals(9, dataset.train().label(0));
    assertEquals(255, ((ImageSet) dataset.test()).pixel(0, 0, 0, 0));
    assertEquals(5, dataset.test().label(0));
    assertEquals(
        List.of(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot"),
        dataset.labels());
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "raw", "MNIST/raw"})
  void mnistIsFoundWhereItIsUsuallyLeft(String place) throws IOException {
    Path files = Files.createDirectories(folder.resolve(place));
    IdxBytes.writeFashionMnist(files, false);
    Files.move(files.resolve("train-images-idx3-ubyte"), files.resolve("train-images.idx3-ubyte"));

    Dataset dataset = DataSources.load("mnist:" + folder, Path.of("unused"));

    assertEquals("mnist", dataset.name());
    assertEquals("2 images of 1x1x2 in 10 classes", dataset.train().toString());
    assertEquals(List.of("0", "1", "2"), dataset.labels().subList(0, 3));
    assertEquals(Normalization.parse("0.1307,0.3081"), dataset.normalization());
  }

  @Test
  void mnistThatIsNotThereIsToldWithWhereToGetIt() {
    String message = messageOf("mnist:" + folder);

    assertTrue(message.contains("neither train-images-idx3-ubyte nor"), message);
    assertTrue(message.contains("http://yann.lecun.com/exdb/mnist"), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte"
      })
  void aMissingFileIsNamedWithWhereToGetIt(String file) throws IOException {
    IdxBytes.writeFashionMnist(folder, true);
    Files.delete(folder.resolve(file + ".gz"));

    String message = messageOf("fashion-mnist:" + folder);

    assertTrue(message.contains("neither " + file + " nor " + file + ".gz"), message);
    assertTrue(message.contains("Debian package dataset-fashion-mnist"), message);
    assertTrue(message.contains("github.com/zalandoresearch/fashion-mnist"), message);
  }

  @Test
  void aMissingFolderIsNamedWithWhereToGetTheData() {
    Path missing = folder.resolve("missing");

    String message = messageOf("fashion-mnist:" + missing);

    assertTrue(message.contains("no folder " + missing), message);
    assertTrue(message.contains("Debian package dataset-fashion-mnist"), message);
  }

  @Test
  void aHomeFolderWithoutTheBundledDataSaysHowToRestoreIt() {
    String message = messageOf("bundled");

    assertTrue(message.contains(folder.resolve("testdata/fashion-mnist").toString()), message);
    assertTrue(message.contains("restore testdata/fashion-mnist"), message);
  }

  @Test
  void aFolderMustBeNamedWhereThereIsOneAndOnlyThere() {
    assertTrue(messageOf("fashion-mnist").contains("names no folder"));
    assertTrue(messageOf("fashion-mnist:").contains("names no folder"));
    assertTrue(messageOf("fashion-mnist:a\0b").contains("names no folder that could exist"));
    assertTrue(messageOf("bundled:here").contains("names a location"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nist:dir", "Bundled", ":dir"})
  void anUnknownKindListsTheKnownOnes(String spec) {
    String message = messageOf(spec);

    assertTrue(message.startsWith("The data spec '" + spec + "' names the unknown kind"), message);
    for (DataSource source : DataSources.known()) {
      assertTrue(message.contains(source.scheme()), message);
      assertTrue(message.contains(source.syntax()), message);
    }
  }

  @Test
  void everyKnownKindHasASchemeOfItsOwnThatItsSyntaxBeginsWith() {
    List<String> schemes = DataSources.known().stream().map(DataSource::scheme).toList();

    assertEquals(schemes.size(), schemes.stream().distinct().count());
    for (DataSource source : DataSources.known()) {
      assertTrue(source.scheme().matches("[a-z0-9-]+"), source.scheme());
      assertTrue(source.syntax().startsWith(source.scheme()), source.syntax());
    }
  }

  @Test
  void trainingAndTestImagesOfDifferentSizesAreRefused() throws IOException {
    IdxBytes.writeFashionMnist(folder, false);
    Files.write(folder.resolve("t10k-images-idx3-ubyte"), IdxBytes.images(1, 2, 1, 8, 9));

    String message = messageOf("fashion-mnist:" + folder);

    assertTrue(message.contains("1 images of 1x2x1"), message);
    assertTrue(message.contains("2 images of 1x1x2"), message);
  }

  @Test
  void aDatasetWhosePartsDoNotFitIsRefused() {
    ImageSet set = ImageSet.copyOf(1, 1, 1, 2, new byte[1], new int[1]);
    ImageSet wider = ImageSet.copyOf(1, 1, 2, 2, new byte[2], new int[1]);
    Normalization one = Normalization.parse("0,1");
    List<String> names = List.of("a", "b");

    assertEquals(names, new Dataset("x", set, set, names, one).labels());
    assertEquals(List.of(), new Dataset("x", set, set, List.of(), one).labels());
    assertEquals(new ImageShape(1, 1, 1), new Dataset("x", set, set, names, one).image().get());
    ImageSet unlabelled = ImageSet.unlabelledCopyOf(1, 1, 1, 1, new byte[1]);
    assertThrows(
        IllegalArgumentException.class, () -> new Dataset("x", unlabelled, unlabelled, names, one));
    assertThrows(
        IllegalArgumentException.class, () -> new Dataset("x", set, unlabelled, List.of(), one));
    TensorSet tensors = TensorSet.unlabelled(unlabelled.inputs(), List.of(ByteBuffer.allocate(4)));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Dataset("x", unlabelled, tensors, List.of(), one));
    TensorSet targets =
        TensorSet.withTargets(
            unlabelled.inputs(),
            List.of(ByteBuffer.allocate(4)),
            unlabelled.inputs().get(0),
            ByteBuffer.allocate(4));
    assertThrows(
        IllegalArgumentException.class, () -> new Dataset("x", tensors, targets, List.of(), one));
    assertEquals(
        Optional.empty(),
        new Dataset("x", tensors, tensors, List.of(), Normalization.parse("0,0/1,1")).image());
    assertThrows(IllegalArgumentException.class, () -> new Dataset("x", set, wider, names, one));
    assertThrows(
        IllegalArgumentException.class, () -> new Dataset("x", set, set, List.of("a"), one));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Dataset("x", set, set, names, Normalization.parse("0,0/1,1")));
  }

  private String messageOf(String spec) {
    return assertThrows(DataException.class, () -> DataSources.load(spec, folder)).getMessage();
  }

  private static int[] all(int count) {
    int[] counts = new int[10];
    Arrays.fill(counts, count);
    return counts;
  }
}
