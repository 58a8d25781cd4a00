package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageSetTest {
  /** Two images of two channels, one row and three columns. */
  private static final byte[] PIXELS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, (byte) 200};

  @Test
  void pixelsStandInTheOrderImageChannelRowColumn() {
    ImageSet set = ImageSet.copyOf(2, 1, 3, 2, PIXELS, new int[] {1, 0});

    assertEquals(6, set.pixelsPerImage());
    assertEquals(4, set.pixel(0, 1, 0, 1));
    assertEquals(6, set.pixel(1, 0, 0, 0));
    assertEquals(200, set.pixel(1, 1, 0, 2));
    assertEquals(ByteBuffer.wrap(PIXELS, 6, 6), set.pixels(1));
    assertArrayEquals(new int[] {1, 1}, set.imagesPerClass());
  }

  @Test
  void nobodyOutsideCanChangeIt() {
    byte[] pixels = PIXELS.clone();
    int[] labels = {1, 0};
    ImageSet set = ImageSet.copyOf(2, 1, 3, 2, pixels, labels);

    pixels[0] = 77;
    labels[0] = 0;

    assertEquals(0, set.pixel(0, 0, 0, 0));
    assertEquals(1, set.label(0));
    assertTrue(set.pixels(0).isReadOnly());
  }

  @Test
  void aPixelOutsideTheImageIsNotThatOfItsNeighbour() {
    ImageSet set = ImageSet.copyOf(2, 1, 3, 2, PIXELS, new int[] {1, 0});

    assertThrows(IndexOutOfBoundsException.class, () -> set.pixel(0, 0, 0, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> set.pixel(0, 0, 1, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> set.pixel(0, 2, 0, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> set.pixel(2, 0, 0, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> set.label(2));
    assertThrows(IndexOutOfBoundsException.class, () -> set.pixels(2));
  }

  @Test
  void numbersThatDoNotFitTogetherAreRefused() {
    assertRefused("12 pixels, but 1 images", 2, 1, 3, new int[] {1});
    assertRefused("label 2, but labels must be 0..1", 2, 1, 3, new int[] {0, 2});
    assertRefused("label -1", 2, 1, 3, new int[] {-1, 1});
    assertRefused("0 images", 2, 1, 3, new int[] {});
    assertRefused("2x0x3", 2, 0, 3, new int[] {0, 1});
    assertRefused("12 pixels, but", 1 << 30, 1 << 30, 1 << 30, new int[] {0, 1});
  }

  private static void assertRefused(
      String found, int channels, int height, int width, int[] labels) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> ImageSet.copyOf(channels, height, width, 2, PIXELS, labels))
            .getMessage();
    assertTrue(message.contains(found) && message.contains("; "), message);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 30, 31, 32, 33})
  void theClassesOfASubsetDifferByAtMostOne(int count) {
    int[] counts = numbered(99).subset(count, 5).imagesPerClass();

    assertEquals(count, Arrays.stream(counts).sum());
    int least = Arrays.stream(counts).min().orElseThrow();
    assertTrue(Arrays.stream(counts).max().orElseThrow() - least <= 1, Arrays.toString(counts));
  }

  @Test
  void aSubsetHoldsImagesOfTheSetOnceEachInTheirOrderWithTheirLabels() {
    ImageSet subset = numbered(99).subset(40, 5);

    List<Integer> numbers = numbersOf(subset);
    for (int i = 0; i < numbers.size(); i++) {
      assertEquals(numbers.get(i) % 3, subset.label(i));
      assertTrue(i == 0 || numbers.get(i - 1) < numbers.get(i), numbers.toString());
    }
  }

  @Test
  void theSeedAloneDecidesTheSubset() {
    List<Integer> subset = numbersOf(numbered(99).subset(30, 5));

    assertEquals(subset, numbersOf(numbered(99).subset(30, 5)));
    assertNotEquals(subset, numbersOf(numbered(99).subset(30, 6)));
  }

  @Test
  void aSubsetTakesTheOddImagesFromClassesThatHaveThem() {
    // Two images of class 0, one of class 1, three of class 2.
    ImageSet set = ImageSet.copyOf(1, 1, 1, 3, new byte[6], new int[] {0, 0, 1, 2, 2, 2});

    for (long seed = 0; seed < 20; seed++) {
      assertArrayEquals(new int[] {2, 1, 2}, set.subset(5, seed).imagesPerClass());
    }
  }

  @Test
  void aSubsetThatTheClassesCannotFillIsRefused() {
    ImageSet set = ImageSet.copyOf(1, 1, 1, 3, new byte[6], new int[] {0, 0, 1, 2, 2, 2});

    String message =
        assertThrows(IllegalArgumentException.class, () -> set.subset(6, 1)).getMessage();

    assertTrue(message.contains("[2, 1, 3]") && message.endsWith("at most 5."), message);
    assertThrows(IllegalArgumentException.class, () -> set.subset(0, 1));
    assertThrows(IllegalArgumentException.class, () -> set.subset(7, 1));
  }

  @Test
  void withoutLabelsThereAreNoClassesAndAnySubset() {
    byte[] pixels = new byte[99];
    for (int i = 0; i < 99; i++) {
      pixels[i] = (byte) i;
    }
    ImageSet set = ImageSet.unlabelledCopyOf(99, 1, 1, 1, pixels);
    pixels[0] = 77;

    assertEquals(99, set.size());
    assertFalse(set.labelled());
    assertEquals(0, set.classes());
    assertEquals(0, set.imagesPerClass().length);
    assertEquals(0, set.pixel(0, 0, 0, 0));
    assertEquals("99 images of 1x1x1", set.toString());
    assertThrows(IllegalStateException.class, () -> set.label(0));
    List<Integer> numbers = numbersOf(set.subset(40, 5));
    assertEquals(numbers.stream().distinct().sorted().toList(), numbers);
    assertEquals(40, numbers.size());
    assertEquals(numbers, numbersOf(set.subset(40, 5)));
    assertNotEquals(numbers, numbersOf(set.subset(40, 6)));
    assertThrows(IllegalArgumentException.class, () -> set.subset(100, 1));
    assertThrows(
        IllegalArgumentException.class, () -> ImageSet.unlabelledCopyOf(2, 1, 1, 1, new byte[3]));
    assertThrows(
        IllegalArgumentException.class, () -> ImageSet.unlabelledCopyOf(0, 1, 1, 1, new byte[0]));
  }

  @Test
  void anImageIsOneFloatInput() {
    ImageSet set = ImageSet.copyOf(2, 1, 3, 2, PIXELS, new int[] {1, 0});

    assertEquals(List.of(new InputTensor(List.of(2, 1, 3), NumberType.FLOAT32)), set.inputs());
    assertTrue(set.labelled());
    assertTrue(set.target().isEmpty());
  }

  @Test
  void theChecksumSeesPixelsAndAllOfALabel() {
    long first = ImageSet.copyOf(1, 1, 1, 999, new byte[1], new int[] {3}).checksum();

    assertNotEquals(first, ImageSet.copyOf(1, 1, 1, 999, new byte[1], new int[] {259}).checksum());
    assertNotEquals(first, ImageSet.copyOf(1, 1, 1, 999, new byte[] {1}, new int[] {3}).checksum());
    // Checkpoints remember it.
    assertEquals(0x8cda0d7dL, ImageSet.copyOf(2, 1, 3, 2, PIXELS, new int[] {1, 0}).checksum());
  }

  /** Images of one pixel that is the number of the image; the label is the number modulo 3. */
  private static ImageSet numbered(int count) {
    byte[] pixels = new byte[count];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      pixels[i] = (byte) i;
      labels[i] = i % 3;
    }
    return ImageSet.copyOf(1, 1, 1, 3, pixels, labels);
  }

  private static List<Integer> numbersOf(ImageSet set) {
    List<Integer> numbers = new ArrayList<>();
    for (int image = 0; image < set.size(); image++) {
      numbers.add(set.pixel(image, 0, 0, 0));
    }
    return numbers;
  }
}
