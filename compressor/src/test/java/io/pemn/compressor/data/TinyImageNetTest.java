package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TinyImageNetTest {
  private static final String PAGE = "http://cs231n.stanford.edu/tiny-imagenet-200.zip";

  @TempDir Path folder;

  /** Three classes, of which two share a name, with two training images each; four to test with. */
  @BeforeEach
  void writeADataSetInTheOfficialLayout() throws IOException {
    Files.writeString(folder.resolve("wnids.txt"), "n02124075\nn01443537\nn03126707\n");
    Files.writeString(
        folder.resolve("words.txt"),
        "n00001740\tentity\nn01443537\tgoldfish, Carassius auratus\n"
            + "n02124075\tcrane, Egyptian bird\nn03126707\tcrane\n");
    int number = 0;
    for (String wnid : List.of("n01443537", "n02124075", "n03126707")) {
      Path images = Files.createDirectories(folder.resolve("train/" + wnid + "/images"));
      Files.writeString(folder.resolve("train/" + wnid + "/" + wnid + "_boxes.txt"), "boxes");
      for (int i : new int[] {0, 1}) {
        number++;
        Files.write(images.resolve(wnid + "_" + i + ".JPEG"), jpeg(64, 10 * number, 20, 200));
      }
    }
    Path images = Files.createDirectories(folder.resolve("val/images"));
    StringBuilder annotations = new StringBuilder();
    List<String> wnids = List.of("n03126707", "n01443537", "n02124075", "n01443537");
    for (int i = 0; i < 4; i++) {
      Files.write(images.resolve("val_" + i + ".JPEG"), jpeg(64, 100 + 10 * i, 30, 40));
      annotations.append("val_" + i + ".JPEG\t" + wnids.get(i) + "\t0\t32\t44\t62\n");
    }
    Files.writeString(folder.resolve("val/val_annotations.txt"), annotations);
    Files.createDirectories(folder.resolve("test/images"));
    Files.writeString(folder.resolve("test/images/test_0.JPEG"), "is not read");
  }

  @Test
  void trainingImagesAreInFoldersOfTheirClassAndTestImagesInAList() throws IOException {
    Dataset dataset = load("?part");
    assertEquals("tiny-imagenet (part)", dataset.name());
    assertEquals("6 images of 3x64x64 in 3 classes", dataset.train().toString());
    assertEquals("4 images of 3x64x64 in 3 classes", dataset.test().toString());
    assertEquals(List.of(0, 0, 1, 1, 2, 2), labels(dataset.train()));
    assertEquals(List.of(2, 0, 1, 0), labels(dataset.test()));
    ImageSet train = (ImageSet) dataset.train();
    ImageSet test = (ImageSet) dataset.test();
    for (int image = 0; image < 6; image++) {
      assertEquals(10 * (image + 1), train.pixel(image, 0, 63, 31), 3);
      assertEquals(20, train.pixel(image, 1, 0, 0), 3);
      assertEquals(200, train.pixel(image, 2, 40, 63), 3);
    }
    assertEquals(130, test.pixel(3, 0, 5, 5), 3);
  }

  @Test
  void classesAreInTheOrderOfTheirNumbersAndCalledByTheirFirstWord() throws IOException {
    assertEquals(List.of("goldfish", "crane n02124075", "crane n03126707"), load("?part").labels());
  }

  @Test
  void theNormalizationIsThatOfTheTrainingImages() throws IOException {
    Dataset dataset = load("?part");
    ImageSet train = (ImageSet) dataset.train();
    for (int channel = 0; channel < 3; channel++) {
      double sum = 0;
      for (int image = 0; image < 6; image++) {
        for (int i = 0; i < 64 * 64; i++) {
          sum += train.pixel(image, channel, i / 64, i % 64) / 255.0;
        }
      }
      assertEquals(
          sum / (6 * 64 * 64), dataset.normalization().means().get(channel), 6e-5, "" + channel);
    }
  }

  @Test
  void aGreyImageGetsThreeEqualChannels() throws IOException {
    BufferedImage grey = new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setSample(7, 9, 0, 250);
    Files.write(folder.resolve("train/n01443537/images/n01443537_1.JPEG"), jpeg(grey));
    ImageSet train = (ImageSet) load("?part").train();
    for (int channel = 0; channel < 3; channel++) {
      assertEquals(train.pixel(1, 0, 9, 7), train.pixel(1, channel, 9, 7));
      assertTrue(train.pixel(1, channel, 9, 7) > 100);
    }
  }

  @Test
  void theOfficialFolderIsFoundInTheOneAbove() throws IOException {
    Path above = Files.createDirectory(folder.resolve("above"));
    for (String name : List.of("wnids.txt", "words.txt", "train", "val")) {
      Files.createDirectories(above.resolve("tiny-imagenet-200"));
      Files.move(folder.resolve(name), above.resolve("tiny-imagenet-200").resolve(name));
    }
    assertEquals(6, DataSources.load("tiny-imagenet:" + above + "?part", folder).train().size());
  }

  @Test
  void hiddenFilesAndOtherFilesBesideTheImagesAreIgnored() throws IOException {
    Files.writeString(folder.resolve("train/n01443537/images/.DS_Store"), "x");
    Files.writeString(folder.resolve("train/n01443537/images/._n01443537_0.JPEG"), "x");
    Files.writeString(folder.resolve("train/n01443537/images/notes.txt"), "x");
    assertEquals(6, load("?part").train().size());
  }

  @Test
  void fewerClassesOrImagesThanTheOfficialOnesMustBeMeant() throws IOException {
    assertRefused("", "wnids.txt names 3 classes", "has 200", "tiny-imagenet:DIR?part", PAGE);
    StringBuilder wnids = new StringBuilder();
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      wnids.append(String.format("n%08d%n", i));
      words.append(String.format("n%08d\tthing %d%n", i, i));
    }
    Files.writeString(folder.resolve("wnids.txt"), wnids);
    Files.writeString(folder.resolve("words.txt"), words);
    Path images = folder.resolve("train/n00000000/images");
    Files.createDirectories(images);
    Files.write(images.resolve("n00000000_0.JPEG"), jpeg(64, 1, 2, 3));
    assertRefused("", images + " has 1 images", "has 500", "?part");
    for (int i = 1; i <= 500; i++) {
      Files.createFile(images.resolve("n00000000_" + i + ".JPEG"));
    }
    assertRefused("?part", images + " has 501 images", "has 500");
    Files.writeString(folder.resolve("wnids.txt"), wnids + "n00000200\n");
    assertRefused("?part", "wnids.txt names 201 classes", "has 200");
  }

  @Test
  void whatIsMissingIsNamedWithWhereToGetIt() throws IOException {
    assertRefusedAt("tiny-imagenet", "names no folder", PAGE);
    assertRefusedAt("tiny-imagenet:" + folder.resolve("no"), "There is no folder", PAGE);
    assertRefusedAt("tiny-imagenet:" + folder.resolve("wnids.txt"), "is no folder", PAGE);
    for (String name :
        List.of(
            "wnids.txt",
            "words.txt",
            "train/n02124075/images",
            "val/val_annotations.txt",
            "val/images",
            "val/images/val_2.JPEG")) {
      Path away = folder.resolve("away");
      Files.move(folder.resolve(name), away);
      assertRefused("?part", "There is no ", folder.resolve(name).toString(), PAGE);
      Files.move(away, folder.resolve(name));
    }
    for (int i = 0; i < 2; i++) {
      Files.delete(folder.resolve("train/n03126707/images/n03126707_" + i + ".JPEG"));
    }
    assertRefused("?part", "n03126707/images has 0 images");
  }

  @Test
  void listsThatAreNotWhatTheyShouldBeAreRefused() throws IOException {
    Path wnids = folder.resolve("wnids.txt");
    String good = Files.readString(wnids);
    for (String bad : List.of("n123", "../../etc", "n02124075", "n02124075\t")) {
      Files.writeString(wnids, good + bad + "\n");
      assertRefused("?part", "wnids.txt has a line", "that is no class such as n02124075");
    }
    Files.writeString(wnids, "");
    assertRefused("?part", "names 0 classes");
    Files.writeString(wnids, good);
    Path words = folder.resolve("words.txt");
    Files.writeString(words, Files.readString(words).replace("n02124075", "n02124076"));
    assertRefused("?part", "words.txt does not say what n02124075 is called");
    Files.write(words, new byte[(1 << 24) + 1]);
    assertRefused("?part", "words.txt has 16777217 bytes");
    Files.writeString(words, "n01443537\ta\nn02124075\tb\nn03126707\tc\n");
    Path annotations = folder.resolve("val/val_annotations.txt");
    for (String bad :
        List.of(
            "val_0.JPEG",
            "val_0.JPEG\tn00000001",
            "../images/val_0.JPEG\tn01443537",
            ".val_0.JPEG\tn01443537",
            "val_3.JPEG\tn01443537\nval_3.JPEG\tn01443537")) {
      Files.writeString(annotations, "val_1.JPEG\tn01443537\n" + bad + "\n");
      assertRefused("?part", "val_annotations.txt has in line ", "a class of wnids.txt");
    }
    Files.writeString(annotations, "");
    assertRefused("?part", "val_annotations.txt names 0 images");
  }

  @Test
  void theFirstImageThatCannotBeUsedIsNamed() throws IOException {
    Path second = folder.resolve("train/n01443537/images/n01443537_1.JPEG");
    Path last = folder.resolve("train/n03126707/images/n03126707_1.JPEG");
    byte[] good = Files.readAllBytes(second);
    Files.writeString(last, "no image");
    for (int i = 0; i < 5; i++) {
      Files.write(second, Arrays.copyOf(good, good.length / 2));
      assertRefused("?part", second.toString());
      Files.write(second, jpeg(32, 1, 2, 3));
      assertRefused("?part", second + " has 32x32 pixels", "64x64");
      Files.write(second, good);
      assertRefused("?part", last + " is no image");
    }
  }

  @Test
  void imagesThatDoNotFitIntoMemoryAreRefusedBeforeTheyAreRead() {
    String message =
        assertThrows(
                DataException.class,
                () -> ColourPictures.requireMemory("Tiny-ImageNet", 110_000, 64, 1L << 30))
            .getMessage();
    assertEquals(
        "The images of Tiny-ImageNet take 1289 MiB, but pemn may use only 1024 MiB; allow it more,"
            + " such as with PEMN_JAVA_OPTS=-Xmx3g.",
        message);
  }

  private Dataset load(String suffix) throws IOException {
    return DataSources.load("tiny-imagenet:" + folder + suffix, folder);
  }

  private void assertRefused(String suffix, String... found) {
    assertRefusedAt("tiny-imagenet:" + folder + suffix, found);
  }

  private void assertRefusedAt(String spec, String... found) {
    String message =
        assertThrows(DataException.class, () -> DataSources.load(spec, folder)).getMessage();
    for (String part : found) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.contains("; ") && message.endsWith("."), message);
  }

  private static List<Integer> labels(SampleSet set) {
    return IntStream.range(0, set.size()).mapToObj(set::label).toList();
  }

  private static byte[] jpeg(int side, int red, int green, int blue) throws IOException {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < side * side; i++) {
      image.setRGB(i % side, i / side, red << 16 | green << 8 | blue);
    }
    return jpeg(image);
  }

  private static byte[] jpeg(BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "jpeg", out);
    return out.toByteArray();
  }
}
