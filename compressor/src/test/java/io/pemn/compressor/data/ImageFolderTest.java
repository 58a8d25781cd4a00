package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Normalization;
import io.pemn.format.network.ImageShape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFolderTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"test", "val"})
  void foldersOfTrainingAndTestImagesAreRead(String test) throws IOException {
    grey("train/cat/b.png", 20);
    grey("train/cat/a.png", 10);
    grey("train/ant/c.png", 30);
    grey(test + "/ant/d.png", 40);
    grey(test + "/cat/e.png", 50);
    Files.writeString(folder.resolve("train/cat/.hidden"), "no image");
    Files.createDirectory(folder.resolve("train/.cache"));

    Dataset dataset = load("");

    assertEquals("image-folder", dataset.name());
    assertEquals(List.of("ant", "cat"), dataset.labels());
    assertEquals("3 images of 1x2x3 in 2 classes", dataset.train().toString());
    assertEquals("2 images of 1x2x3 in 2 classes", dataset.test().toString());
    assertEquals(Optional.of(new ImageShape(1, 2, 3)), dataset.image());
    assertEquals(List.of(30, 10, 20), firstPixels(dataset.train()));
    assertEquals(List.of(40, 50), firstPixels(dataset.test()));
    assertEquals(0, dataset.train().label(0));
    assertEquals(1, dataset.train().label(2));
  }

  @Test
  void testIsPreferredToVal() throws IOException {
    grey("train/a/1.png", 1);
    grey("val/a/2.png", 2);
    grey("test/a/3.png", 3);

    assertEquals(List.of(3), firstPixels(load("").test()));
  }

  @Test
  void aFifthOfEveryClassIsHeldOutByTheNamesAlone() throws IOException {
    for (int i = 0; i < 100; i++) {
      grey("a/" + i + ".png", i);
      grey("b/" + i + ".png", 100 + i);
    }
    Dataset before = load("");
    assertEquals(200, before.train().size() + before.test().size());
    int[] perClass = ((ImageSet) before.test()).imagesPerClass();
    assertEquals(20, perClass[0], 12);
    // The same names are held out of either class.
    assertEquals(perClass[0], perClass[1]);

    for (int i = 100; i < 120; i++) {
      grey("a/" + i + ".png", 255);
    }
    Set<Integer> after = new TreeSet<>(firstPixels(load("").test()));
    after.remove(255);

    assertEquals(new TreeSet<>(firstPixels(before.test())), after);
  }

  @Test
  void imagesWithoutFoldersHaveNoLabels() throws IOException {
    for (int i = 0; i < 20; i++) {
      grey(i + ".png", i);
    }

    Dataset dataset = load("");

    assertFalse(dataset.train().labelled());
    assertEquals(0, dataset.train().classes());
    assertEquals(List.of(), dataset.labels());
    assertEquals(20, dataset.train().size() + dataset.test().size());
    assertTrue(dataset.test().size() >= 1);
  }

  @Test
  void unlabelledImagesMayComeInTwoParts() throws IOException {
    grey("train/1.png", 1);
    grey("test/2.png", 2);

    Dataset dataset = load("");

    assertFalse(dataset.train().labelled());
    assertEquals(List.of(1), firstPixels(dataset.train()));
    assertEquals(List.of(2), firstPixels(dataset.test()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"train/a/2.png", "test/a/2.png"})
  void oneImageInColourMakesThreeChannelsOfAll(String coloured) throws IOException {
    grey("train/a/1.png", 7);
    grey("train/a/3.png", 9);
    grey("test/a/1.png", 8);
    image(coloured, 3, 2, 0x010203);

    Dataset dataset = load("");

    ImageSet train = (ImageSet) dataset.train();
    ImageSet test = (ImageSet) dataset.test();
    assertEquals(3, train.channels());
    assertEquals(3, test.channels());
    for (int channel = 0; channel < 3; channel++) {
      assertEquals(7, train.pixel(0, channel, 1, 2));
      assertEquals(9, train.pixel(train.size() - 1, channel, 1, 2));
      assertEquals(8, test.pixel(0, channel, 0, 0));
      ImageSet part = coloured.startsWith("train") ? train : test;
      assertEquals(channel + 1, part.pixel(1, channel, 0, 0));
    }
  }

  @Test
  void imagesAreBroughtToTheSizeOfTheFirstOrToThatOfTheOption() throws IOException {
    image("train/a/1.png", 4, 6, 0x646464);
    image("train/a/2.png", 9, 3, 0x646464);
    image("test/a/3.png", 1, 1, 0x646464);

    assertEquals("2 images of 1x6x4 in 1 classes", load("").train().toString());
    assertEquals("1 images of 1x6x4 in 1 classes", load("").test().toString());
    Dataset resized = load("?size=5x7");
    assertEquals("2 images of 1x5x7 in 1 classes", resized.train().toString());
    assertEquals(100, ((ImageSet) resized.train()).pixel(1, 0, 4, 6));
  }

  @Test
  void theNormalizationIsMeasuredOnTheTrainingImages() throws IOException {
    image("train/a/1.png", 1, 1, 0x0000ff);
    image("train/a/2.png", 1, 1, 0x00ffff);
    image("test/a/3.png", 1, 1, 0xff0000);

    assertEquals(Normalization.parse("0,0.5,1/1,0.5,1"), load("").normalization());
  }

  @Test
  void theSameFolderGivesTheSameData() throws IOException {
    for (int i = 0; i < 10; i++) {
      image("a/" + i + ".jpeg", 5 + i, 9, i * 123456);
    }

    assertEquals(load("").train().checksum(), load("").train().checksum());
    assertArrayEquals(
        ((ImageSet) load("").train()).pixelArray(), ((ImageSet) load("").train()).pixelArray());
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    assertRefused("", "is empty");
    assertTrue(messageOf("image-folder").contains("names no folder"));
    assertTrue(messageOf("image-folder:" + folder + "/no").contains("There is no folder"));
    Files.createDirectory(folder.resolve("a"));
    assertRefused("", "a is taken for the folder of a class, but has no images");
    grey("a/1.png", 1);
    assertRefused("", "one image a class", "at least 2");
    Files.createDirectory(folder.resolve("a/b"));
    assertRefused("", "holds the folder b");
    Files.delete(folder.resolve("a/b"));
    grey("x.png", 1);
    assertRefused("", "holds the folder a and the file x.png");
  }

  @Test
  void partsThatDoNotFitAreRefused() throws IOException {
    grey("test/a/1.png", 1);
    assertRefused("", "folder test but no folder train");
    Files.move(folder.resolve("test"), folder.resolve("train"));
    assertRefused("", "neither test nor val");
    grey("test/b/1.png", 1);
    assertRefused("", "class folders b, but", "has a;");
    grey("test/c.png", 1);
    assertRefused("", "holds the folder b and the file c.png");
  }

  @Test
  void aFileThatIsNoImageIsNamed() throws IOException {
    grey("a/1.png", 1);
    Files.writeString(folder.resolve("a/notes.txt"), "hello");

    assertRefused("", "notes.txt is no image");
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "0x5", "5x0", "70000x1", "5X5", "-1x5", "5x5x5", "", "999999x1"})
  void aSizeThatIsNoneIsRefused(String size) throws IOException {
    grey("a/1.png", 1);
    grey("a/2.png", 1);

    assertRefused("?size=" + size, "given as '" + size + "'");
  }

  @Test
  void imagesThatWouldNotFitIntoMemoryAreRefusedBeforeTheyAreRead() throws IOException {
    grey("a/1.png", 1);
    grey("a/2.png", 1);

    assertRefused("?size=65536x65536", "4294967296 bytes", "?size=HxW");
  }

  @Test
  void anUnknownOptionIsHinted() {
    assertRefused("?width=3", "the only option is ?size=HxW");
  }

  private void assertRefused(String option, String... found) {
    String message = messageOf("image-folder:" + folder + option);
    for (String part : found) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.contains("; ") && message.endsWith("."), message);
  }

  private static String messageOf(String spec) {
    return assertThrows(DataException.class, () -> DataSources.load(spec, Path.of("unused")))
        .getMessage();
  }

  private Dataset load(String option) throws IOException {
    return DataSources.load("image-folder:" + folder + option, Path.of("unused"));
  }

  private void grey(String name, int value) throws IOException {
    image(name, 3, 2, value * 0x010101);
  }

  private void image(String name, int width, int height, int rgb) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, rgb);
    }
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    String format = name.substring(name.lastIndexOf('.') + 1);
    assertTrue(ImageIO.write(image, format, file.toFile()));
  }

  private static List<Integer> firstPixels(SampleSet set) {
    ImageSet images = (ImageSet) set;
    return IntStream.range(0, images.size())
        .mapToObj(image -> images.pixel(image, 0, 0, 0))
        .toList();
  }
}
