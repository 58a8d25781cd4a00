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
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TensorSetTest {
  private static final InputTensor PAIR = new InputTensor(List.of(2), NumberType.INT32);
  private static final InputTensor BYTE = new InputTensor(List.of(), NumberType.UINT8);
  private static final InputTensor NUMBER = new InputTensor(List.of(1), NumberType.FLOAT32);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void samplesLieOneAfterTheOtherInEveryTensor(boolean direct) {
    ByteBuffer pairs =
        (direct ? ByteBuffer.allocateDirect(28) : ByteBuffer.allocate(28))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 7; i++) {
      pairs.putInt(i);
    }
    pairs.position(4);

    TensorSet set =
        TensorSet.unlabelled(
            List.of(PAIR, BYTE), List.of(pairs, ByteBuffer.wrap(new byte[] {7, 8, 9})));

    assertEquals(3, set.size());
    assertEquals(4, set.input(0, 1).getInt(4));
    assertEquals(8, set.input(0, 1).remaining());
    assertEquals(9, set.input(1, 2).get());
    assertTrue(set.input(0, 0).isReadOnly());
    assertFalse(set.labelled());
    assertEquals(0, set.classes());
    assertEquals(Optional.empty(), set.target());
    assertThrows(IllegalStateException.class, () -> set.label(0));
    assertThrows(IllegalStateException.class, () -> set.target(0));
    assertThrows(IndexOutOfBoundsException.class, () -> set.input(0, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> set.input(2, 0));
    assertEquals("3 samples of INT32 (2) and UINT8 ()", set.toString());
  }

  @Test
  void aSubsetIsBalancedByClassInTheOrderOfTheSet() {
    TensorSet set = labelled(99);

    TensorSet subset = set.subset(31, 5);

    assertEquals(31, subset.size());
    int[] counts = new int[3];
    int before = -1;
    for (int i = 0; i < subset.size(); i++) {
      int number = subset.input(0, i).getInt(0);
      assertEquals(number % 3, subset.label(i));
      assertTrue(number > before);
      before = number;
      counts[subset.label(i)]++;
    }
    for (int count : counts) {
      assertTrue(count == 10 || count == 11);
    }
    assertEquals(subset.checksum(), set.subset(31, 5).checksum());
    assertNotEquals(subset.checksum(), set.subset(31, 6).checksum());
    // Of a subset, too: it is a set like any other.
    assertEquals(9, subset.subset(9, 1).size());
    assertThrows(IllegalArgumentException.class, () -> set.subset(100, 1));
  }

  @Test
  void aSubsetWithoutLabelsTakesAnySamplesWithTheirTargets() {
    TensorSet set = TensorSet.withTargets(List.of(NUMBER), List.of(floats(50)), NUMBER, floats(50));

    TensorSet subset = set.subset(20, 3);

    assertEquals(20, subset.size());
    Set<Float> seen = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      assertEquals(subset.input(0, i).getFloat(0), subset.target(i).getFloat(0));
      seen.add(subset.target(i).getFloat(0));
    }
    assertEquals(20, seen.size());
    assertThrows(IllegalArgumentException.class, () -> set.subset(51, 1));
    assertThrows(IllegalArgumentException.class, () -> set.subset(0, 1));
  }

  @Test
  void anyDifferenceChangesTheChecksum() {
    ByteBuffer four = ByteBuffer.wrap(new byte[] {1, 2, 3, 4});
    Set<Long> checksums = new HashSet<>();
    List<TensorSet> sets =
        List.of(
            TensorSet.unlabelled(List.of(BYTE), List.of(four)),
            TensorSet.unlabelled(
                List.of(new InputTensor(List.of(2), NumberType.UINT8)), List.of(four)),
            TensorSet.unlabelled(
                List.of(new InputTensor(List.of(), NumberType.INT8)), List.of(four)),
            TensorSet.unlabelled(List.of(BYTE), List.of(ByteBuffer.wrap(new byte[] {1, 2, 4, 3}))),
            TensorSet.labelled(List.of(BYTE), List.of(four), 999, new int[] {0, 1, 2, 3}),
            TensorSet.labelled(List.of(BYTE), List.of(four), 999, new int[] {0, 1, 2, 259}),
            TensorSet.withTargets(List.of(BYTE), List.of(four), NUMBER, floats(4)));

    sets.forEach(set -> checksums.add(set.checksum()));

    assertEquals(sets.size(), checksums.size());
  }

  @Test
  void partsThatDoNotFitAreRefused() {
    ByteBuffer four = ByteBuffer.wrap(new byte[4]);
    assertRefused("0 inputs", () -> TensorSet.unlabelled(List.of(), List.of()));
    assertRefused("1 inputs", () -> TensorSet.unlabelled(List.of(BYTE), List.of(four, four)));
    assertRefused("at least one sample", () -> TensorSet.unlabelled(List.of(PAIR), List.of(four)));
    assertRefused(
        "4 bytes for input 1",
        () ->
            TensorSet.unlabelled(List.of(BYTE, BYTE), List.of(ByteBuffer.wrap(new byte[3]), four)));
    assertRefused(
        "12 bytes for input 0",
        () -> TensorSet.unlabelled(List.of(PAIR), List.of(ByteBuffer.allocate(12))));
    assertRefused(
        "3 labels", () -> TensorSet.labelled(List.of(BYTE), List.of(four), 2, new int[3]));
    assertRefused(
        "0 classes", () -> TensorSet.labelled(List.of(BYTE), List.of(four), 0, new int[4]));
    assertRefused(
        "Sample 3 has the label 2",
        () -> TensorSet.labelled(List.of(BYTE), List.of(four), 2, new int[] {0, 1, 0, 2}));
    assertRefused(
        "12 bytes for the target",
        () -> TensorSet.withTargets(List.of(BYTE), List.of(four), NUMBER, floats(3)));
    assertRefused(
        "must be FLOAT32", () -> TensorSet.withTargets(List.of(BYTE), List.of(four), BYTE, four));
  }

  @Test
  void labelsAreACopy() {
    int[] labels = {0, 1};
    TensorSet set = TensorSet.labelled(List.of(BYTE), List.of(ByteBuffer.allocate(2)), 2, labels);

    labels[0] = 1;

    assertEquals(0, set.label(0));
    assertArrayEquals(
        new int[] {1, 0}, IntStream.of(1, 0).map(set.select(new int[] {0, 1})::label).toArray());
  }

  private static void assertRefused(String found, Runnable call) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(message.contains(found) && message.contains("; "), message);
  }

  /** Pairs that begin with the number of the sample; the label is the number modulo 3. */
  private static TensorSet labelled(int samples) {
    ByteBuffer pairs = ByteBuffer.allocate(samples * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < samples; i++) {
      pairs.putInt(i).putInt(-i);
    }
    return TensorSet.labelled(
        List.of(PAIR),
        List.of(pairs.flip()),
        3,
        IntStream.range(0, samples).map(i -> i % 3).toArray());
  }

  private static ByteBuffer floats(int count) {
    ByteBuffer floats = ByteBuffer.allocate(count * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      floats.putFloat(i);
    }
    return floats.flip();
  }
}
