package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Masks against {@link BitSet}. */
class MaskTest {
  private final Random random = new Random(1);

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 127, 128, 1000})
  void keepsWhatItWasMadeFrom(int size) {
    BitSet bits = randomBits(size);
    Mask mask = Mask.of(bits.toLongArray(), size);
    assertKeeps(bits, size, mask);
    byte[] bytes = mask.toBytes();
    assertEquals(size, bytes.length);
    assertEquals(mask, Mask.ofBytes(bytes));
    assertEquals(mask.hashCode(), Mask.ofBytes(bytes).hashCode());
    assertEquals((size + 63) / 64, mask.toWords().length);
    assertArrayEquals(bits.toLongArray(), BitSet.valueOf(mask.toWords()).toLongArray());
    assertEquals("Mask[" + bits.cardinality() + " of " + size + " kept]", mask.toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 127, 128, 1000})
  void aSliceKeepsThatPart(int size) {
    BitSet bits = randomBits(size);
    Mask mask = Mask.of(bits.toLongArray(), size);
    for (int from = 0; from <= size; from += 1 + size / 70) {
      for (int count : new int[] {0, 1, 63, 64, 65, 128, size - from}) {
        if (from + count <= size) {
          assertKeeps(bits.get(from, from + count), count, mask.slice(from, count));
        }
      }
    }
    assertThrows(IndexOutOfBoundsException.class, () -> mask.slice(0, size + 1));
    assertThrows(IndexOutOfBoundsException.class, () -> mask.slice(-1, 1));
  }

  @Test
  void masksLaidEndToEndAreSlicedBackApart() {
    int[] sizes = {0, 1, 63, 64, 65, 127, 128, 1000};
    for (int round = 0; round < 200; round++) {
      List<Mask> masks = new ArrayList<>();
      BitSet all = new BitSet();
      int total = 0;
      for (int i = random.nextInt(6); i > 0; i--) {
        int size = sizes[random.nextInt(sizes.length)];
        BitSet bits = randomBits(size);
        masks.add(Mask.of(bits.toLongArray(), size));
        int start = total;
        bits.stream().forEach(bit -> all.set(start + bit));
        total += size;
      }
      Mask joined = Mask.concat(masks);
      assertKeeps(all, total, joined);
      int from = 0;
      for (Mask mask : masks) {
        assertEquals(mask, joined.slice(from, mask.size()));
        from += mask.size();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 127, 128, 1000})
  void differencesAreThePositionsThatOneMaskKeepsAlone(int size) {
    BitSet a = randomBits(size);
    BitSet b = randomBits(size);
    Mask first = Mask.of(a.toLongArray(), size);
    Mask second = Mask.of(b.toLongArray(), size);
    a.xor(b);
    assertEquals(a.cardinality(), first.differences(second));
    assertEquals(0, first.differences(first));
    assertThrows(
        IllegalArgumentException.class, () -> first.differences(Mask.of(new long[0], size + 1)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 200})
  void noneKeepsNothingAndAllKeepsEverything(int size) {
    BitSet everything = new BitSet();
    everything.set(0, size);
    assertKeeps(new BitSet(), size, Mask.none(size));
    assertKeeps(everything, size, Mask.all(size));
    assertEquals(Mask.of(new long[0], size), Mask.none(size));
    assertEquals(Mask.of(everything.toLongArray(), size), Mask.all(size));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 200})
  void gatherTakesThePositionsThatAnotherMaskKeepsAndScatterPutsThemBack(int size) {
    List<BitSet> choices = new ArrayList<>(List.of(new BitSet(), new BitSet()));
    choices.get(1).set(0, size);
    for (int round = 0; round < 50; round++) {
      choices.add(randomBits(size));
    }
    for (BitSet choice : choices) {
      BitSet bits = randomBits(size);
      BitSet gathered = new BitSet();
      BitSet both = (BitSet) bits.clone();
      both.and(choice);
      int count = 0;
      for (int i = choice.nextSetBit(0); i >= 0; i = choice.nextSetBit(i + 1), count++) {
        gathered.set(count, bits.get(i));
      }
      Mask chosen = Mask.of(choice.toLongArray(), size);
      Mask part = Mask.of(bits.toLongArray(), size).gather(chosen);
      assertKeeps(gathered, count, part);
      assertKeeps(both, size, part.scatter(chosen));
      assertEquals(part, part.scatter(chosen).gather(chosen));
    }
  }

  @Test
  void gatherAndScatterNeedMasksThatFit() {
    assertThrows(IllegalArgumentException.class, () -> Mask.all(64).gather(Mask.all(65)));
    assertThrows(IllegalArgumentException.class, () -> Mask.all(65).gather(Mask.all(64)));
    assertThrows(IllegalArgumentException.class, () -> Mask.all(63).gather(Mask.none(64)));
    assertThrows(IllegalArgumentException.class, () -> Mask.all(3).scatter(Mask.all(4)));
    assertThrows(IllegalArgumentException.class, () -> Mask.none(1).scatter(Mask.none(4)));
    assertThrows(IllegalArgumentException.class, () -> Mask.none(-1));
    assertThrows(IllegalArgumentException.class, () -> Mask.all(-64));
  }

  @Test
  void masksAreEqualWhereSizeAndPositionsAre() {
    assertEquals(Mask.of(new long[] {5}, 64), Mask.of(new long[] {5, 0, 0}, 64));
    assertNotEquals(Mask.of(new long[] {5}, 64), Mask.of(new long[] {5}, 63));
    assertNotEquals(Mask.of(new long[] {5}, 64), Mask.of(new long[] {4}, 64));
    assertNotEquals(Mask.of(new long[] {5}, 64), null);
  }

  @Test
  void aKeptPositionBeyondTheSizeIsRefused() {
    for (int size : new int[] {0, 1, 63, 64, 65, 127, 128}) {
      BitSet beyond = new BitSet();
      beyond.set(size);
      long[] words = beyond.toLongArray();
      assertThrows(IllegalArgumentException.class, () -> Mask.of(words, size));
    }
    assertThrows(IllegalArgumentException.class, () -> Mask.of(new long[] {0, 0, 1}, 64));
    assertThrows(IllegalArgumentException.class, () -> Mask.of(new long[0], -1));
  }

  @Test
  void positionsOutsideTheMaskAreRefused() {
    Mask mask = Mask.of(new long[] {5}, 3);
    assertThrows(IndexOutOfBoundsException.class, () -> mask.keeps(3));
    assertThrows(IndexOutOfBoundsException.class, () -> mask.keeps(-1));
  }

  @Test
  void aMaskNeitherSharesNorExposesItsWords() {
    long[] words = {1};
    Mask mask = Mask.of(words, 64);
    words[0] = 2;
    mask.toWords()[0] = 4;
    assertEquals(Mask.of(new long[] {1}, 64), mask);
  }

  private BitSet randomBits(int size) {
    BitSet bits = new BitSet();
    for (int i = 0; i < size; i++) {
      bits.set(i, random.nextBoolean());
    }
    return bits;
  }

  private static void assertKeeps(BitSet expected, int size, Mask mask) {
    assertEquals(size, mask.size());
    assertEquals(expected.cardinality(), mask.kept());
    for (int i = 0; i < size; i++) {
      assertEquals(expected.get(i), mask.keeps(i));
    }
  }
}
