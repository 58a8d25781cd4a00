package io.pemn.format.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import io.pemn.format.storage.BytePlanes.Numbers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Bytes sorted by significance, and frames whose blocks begin where the kind of bytes changes. */
class BytePlanesTest {
  private static Numbers numbers(int width, int... bytes) {
    ByteBuffer data = ByteBuffer.allocate(bytes.length + 1).position(1);
    for (int value : bytes) {
      data.put((byte) value);
    }
    return new Numbers(width, data.position(1));
  }

  @Test
  void planesHaveTheTensorsInOrderFromTheLowestByteOn() {
    List<Numbers> tensors =
        List.of(
            numbers(2, 1, 2, 3, 4),
            numbers(1, 5, 6),
            numbers(4, 7, 8, 9, 10),
            numbers(8), //
            numbers(2, 11, 12));
    assertArrayEquals(
        new byte[] {1, 3, 5, 6, 7, 11, 2, 4, 8, 12, 9, 10}, BytePlanes.split(tensors));
    assertEquals(6, BytePlanes.size(tensors, 0));
    assertEquals(4, BytePlanes.size(tensors, 1));
    assertEquals(1, BytePlanes.size(tensors, 3));
    assertEquals(0, BytePlanes.size(tensors, 4));
    assertEquals(List.of(2, 2, 1, 0, 1), tensors.stream().map(Numbers::count).toList());
  }

  @Test
  void whatIsSplitIsJoined() {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      List<Numbers> tensors = new ArrayList<>();
      List<Numbers> empty = new ArrayList<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        int width = 1 << random.nextInt(4);
        byte[] bytes = new byte[width * random.nextInt(5)];
        random.nextBytes(bytes);
        tensors.add(new Numbers(width, ByteBuffer.wrap(bytes)));
        empty.add(new Numbers(width, ByteBuffer.allocate(bytes.length)));
      }
      byte[] planes = BytePlanes.split(tensors);
      BytePlanes.join(ByteBuffer.wrap(planes), empty);
      assertEquals(tensors, empty);
    }
  }

  @Test
  void anotherNumberOfBytesIsRefused() {
    List<Numbers> tensors = List.of(numbers(2, 1, 2), numbers(1, 3));
    for (int size : new int[] {0, 2, 4}) {
      ByteBuffer planes = ByteBuffer.allocate(size);
      assertThrows(IllegalArgumentException.class, () -> BytePlanes.join(planes, tensors));
    }
  }

  @Test
  void framesWithCutsAreReadAsAnyOtherAndAreNeverLarger() throws IOException {
    Random random = new Random(2);
    byte[] content = new byte[6000];
    for (int i = 0; i < content.length; i++) {
      content[i] = (byte) (i < 3000 ? random.nextInt(256) : random.nextInt(5));
    }
    byte[] whole = ZstdFrame.compress(content);
    byte[] cut = ZstdFrame.compress(content, List.of(0, 3000, 3000, 6000));
    assertTrue(cut.length < whole.length - 50, cut.length + " and " + whole.length);
    for (List<Integer> cuts : List.of(List.of(3000), List.of(0, 3000), List.<Integer>of())) {
      byte[] frame = ZstdFrame.compress(content, cuts);
      assertTrue(frame.length <= whole.length);
      assertArrayEquals(
          content,
          ZstdFrame.decompressUpTo(ByteBuffer.wrap(frame), 6000, ArchiveSection.REMAINDER));
      assertArrayEquals(
          content, ZstdFrame.decompress(ByteBuffer.wrap(frame), 6000, ArchiveSection.REMAINDER));
      assertThrows(
          PemnFormatException.LimitExceeded.class,
          () -> ZstdFrame.decompressUpTo(ByteBuffer.wrap(frame), 5999, ArchiveSection.REMAINDER));
    }
    assertArrayEquals(
        new byte[0],
        ZstdFrame.decompressUpTo(
            ByteBuffer.wrap(ZstdFrame.compress(new byte[0], List.of(0))),
            0,
            ArchiveSection.REMAINDER));
  }

  @Test
  void indicesTakeAsManyBytesAsTheGreatestNeeds() {
    int[][] widths = {{0, 1}, {1, 1}, {2, 1}, {256, 1}, {257, 2}, {65_536, 2}, {65_537, 3}};
    for (int[] width : widths) {
      assertEquals(width[1], BytePlanes.indexWidth(width[0]), width[0] + " things");
    }
    assertEquals(3, BytePlanes.indexWidth(1 << 24));
    assertEquals(4, BytePlanes.indexWidth((1 << 24) + 1));
    assertEquals(4, BytePlanes.indexWidth(Integer.MAX_VALUE));
  }
}
