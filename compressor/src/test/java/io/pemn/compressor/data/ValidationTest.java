package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValidationTest {
  /**
   * Images of two pixels that tell which they are, in 4 classes, the first three times as often.
   */
  private static ImageSet images(int size) {
    byte[] pixels = new byte[2 * size];
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      pixels[2 * i] = (byte) (i >> 8);
      pixels[2 * i + 1] = (byte) i;
      labels[i] = Math.max(0, i % 6 - 2);
    }
    return new ImageSet(1, 1, 2, 4, pixels, labels);
  }

  @ParameterizedTest
  @CsvSource({"30000, 3000", "12000, 1200", "6000, 1000", "600, 120"})
  void aTenthOfEveryClassIsKeptAndOfFewSamplesMore(int size, int expected) {
    Validation parts = Validation.of(images(size), 1);
    assertEquals(expected, parts.held().size(), 2);
    assertEquals(size, parts.learn().size() + parts.held().size());
    int[] held = ((ImageSet) parts.held()).imagesPerClass();
    int[] expectedPerClass = {expected / 2, expected / 6, expected / 6, expected / 6};
    for (int label = 0; label < 4; label++) {
      assertEquals(expectedPerClass[label], held[label], 1);
    }
  }

  /** Of 600 samples the classes have 300, 100, 100, 100. */
  @ParameterizedTest
  @CsvSource({
    "60, '30,10,10,10'",
    "1, '1,0,0,0'",
    "2, '1,1,0,0'",
    "8, '4,2,1,1'",
    "599, '299,100,100,100'"
  })
  void asManyAreKeptAsAreAskedForOfEveryClassItsShare(int count, String perClass) {
    Validation parts = Validation.of(images(600), count, 1);
    assertEquals(count, parts.held().size());
    assertEquals(600 - count, parts.learn().size());
    int[] held = ((ImageSet) parts.held()).imagesPerClass();
    assertEquals("[" + perClass.replace(",", ", ") + "]", Arrays.toString(held));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 600, 601})
  void keepingNoneOrAllIsRefused(int count) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Validation.of(images(600), count, 1))
            .getMessage();
    assertTrue(message.contains("hold out 1..599."), message);
  }

  @Test
  void everySampleIsInOnePart() {
    Validation parts = Validation.of(images(600), 1);
    BitSet seen = new BitSet();
    for (SampleSet part : new SampleSet[] {parts.learn(), parts.held()}) {
      for (int i = 0; i < part.size(); i++) {
        ImageSet images = (ImageSet) part;
        int id = images.pixel(i, 0, 0, 0) << 8 | images.pixel(i, 0, 0, 1);
        assertTrue(!seen.get(id), "twice: " + id);
        seen.set(id);
        assertEquals(Math.max(0, id % 6 - 2), images.label(i));
      }
    }
    assertEquals(600, seen.cardinality());
  }

  @Test
  void theSeedDecides() {
    SampleSet images = images(600);
    assertEquals(
        Validation.of(images, 1).held().checksum(), Validation.of(images, 1).held().checksum());
    assertNotEquals(
        Validation.of(images, 1).held().checksum(), Validation.of(images, 2).held().checksum());
    assertArrayEquals(
        ((ImageSet) Validation.of(images, 1).held()).imagesPerClass(),
        ((ImageSet) Validation.of(images, 2).held()).imagesPerClass());
  }

  @Test
  void tooFewSamplesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Validation.of(images(4), 1));
  }
}
