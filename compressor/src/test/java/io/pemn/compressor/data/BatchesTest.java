package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The timeout only ends a test that hangs; nothing here depends on how long anything takes. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BatchesTest {
  private static final Normalization BYTES = Normalization.parse("0,1");
  private static final Augmentation SHIFT_AND_FLIP = Augmentation.shiftAndFlip(2);

  /** One image as a batch held it. */
  private record Seen(List<Float> floats, int label) {}

  @Test
  void withoutShuffleTheImagesComeInTheirOrderNormalized() {
    ImageSet set =
        ImageSet.copyOf(
            2, 1, 2, 3, new byte[] {0, 51, 102, (byte) 255, 1, 2, 3, 4}, new int[] {2, 0});
    Normalization normalization = Normalization.parse("0,0.5/1,0.25");

    List<Seen> seen = epoch(new Batches(set, normalization, Augmentation.NONE, 2, false, 1), 0);

    assertEquals(new Seen(List.of(0f, 0.2f, (102 / 255f - 0.5f) / 0.25f, 2f), 2), seen.get(0));
    assertEquals(0, seen.get(1).label());
    assertEquals(1 / 255f, seen.get(1).floats().get(0));
  }

  @Test
  void aBatchHoldsExactlyItsImagesInADirectBufferOfNativeOrder() {
    Batches batches = new Batches(numbered(5), BYTES, Augmentation.NONE, 3, false, 1);

    try (BatchStream stream = batches.epoch(0)) {
      Batch batch = stream.next();
      ByteBuffer images = batch.input(0);
      assertTrue(images.isDirect());
      assertEquals(ByteOrder.nativeOrder(), images.order());
      assertEquals(3 * 16 * Float.BYTES, images.remaining());
      images.get();
      assertEquals(3 * 16 * Float.BYTES, batch.input(0).remaining());
      assertEquals(3, batch.size());
      assertEquals(1, batch.inputs());
      assertArrayEquals(new int[] {0, 1, 2}, batch.labels());
      assertArrayEquals(new int[] {0, 1, 2}, batch.positions());
      assertThrows(IndexOutOfBoundsException.class, () -> batch.input(1));
      assertThrows(IllegalStateException.class, batch::target);
    }
  }

  @Test
  void theLastBatchIsSmallerAndKept() {
    Batches batches = new Batches(numbered(10), BYTES, Augmentation.NONE, 4, true, 1);

    List<Integer> sizes = new ArrayList<>();
    try (BatchStream stream = batches.epoch(0)) {
      while (stream.hasNext()) {
        Batch batch = stream.next();
        sizes.add(batch.size());
        assertEquals(batch.size() * 16 * Float.BYTES, batch.input(0).remaining());
        assertEquals(batch.size(), batch.labels().length);
      }
      assertThrows(NoSuchElementException.class, stream::next);
    }

    assertEquals(3, batches.batchesPerEpoch());
    assertEquals(List.of(4, 4, 2), sizes);
  }

  @Test
  void aBatchSizeThatDividesTheSetLeavesNoEmptyBatch() {
    assertEquals(
        2, new Batches(numbered(10), BYTES, Augmentation.NONE, 5, true, 1).batchesPerEpoch());
    assertEquals(
        1,
        new Batches(numbered(10), BYTES, Augmentation.NONE, Integer.MAX_VALUE, true, 1)
            .batchesPerEpoch());
  }

  @Test
  void everyImageComesExactlyOnceAnEpochWithItsLabel() {
    Batches batches = new Batches(numbered(100), BYTES, Augmentation.NONE, 7, true, 3);

    for (int epoch = 0; epoch < 3; epoch++) {
      List<Seen> seen = epoch(batches, epoch);
      seen.forEach(image -> assertEquals(image.label(), Math.round(image.floats().get(0) * 255)));
      assertEquals(
          IntStream.range(0, 100).boxed().toList(),
          seen.stream().map(Seen::label).sorted().toList());
    }
  }

  @Test
  void theSeedAndTheEpochAloneDecideEveryFloat() {
    Batches batches = new Batches(numbered(100), BYTES, SHIFT_AND_FLIP, 7, true, 3);
    List<Seen> third = epoch(batches, 2);

    Batches resumed = new Batches(numbered(100), BYTES, SHIFT_AND_FLIP, 7, true, 3);

    assertEquals(third, epoch(batches, 2));
    assertEquals(third, epoch(resumed, 2));
  }

  @Test
  void theBatchSizeDoesNotChangeWhatAnEpochShows() {
    assertEquals(
        epoch(new Batches(numbered(100), BYTES, SHIFT_AND_FLIP, 7, true, 3), 2),
        epoch(new Batches(numbered(100), BYTES, SHIFT_AND_FLIP, 32, true, 3), 2));
  }

  @Test
  void rawBatchesHoldThePixelsInTheOrderOfAllOthersAndSayWhereTheyCome() {
    ImageSet set = numbered(50);
    int[] order = new Batches(set, BYTES, SHIFT_AND_FLIP, 7, true, 3).order(2);
    int place = 0;
    try (BatchStream stream = Batches.ofPixels(set, 7, true, 3).epoch(2)) {
      while (stream.hasNext()) {
        Batch batch = stream.next();
        assertTrue(batch.isRaw());
        assertEquals(2, batch.epoch());
        FloatBuffer floats = batch.input(0).asFloatBuffer();
        for (int i = 0; i < batch.size(); i++, place++) {
          assertEquals(place, batch.places()[i]);
          assertEquals(order[place], batch.positions()[i]);
          for (int pixel = 0; pixel < 16; pixel++) {
            assertEquals(set.pixel(order[place], 0, pixel / 4, pixel % 4), floats.get());
          }
        }
      }
    }
    assertEquals(50, place);
    try (BatchStream stream = new Batches(set, BYTES, SHIFT_AND_FLIP, 7, true, 3).epoch(2)) {
      assertFalse(stream.next().isRaw());
    }
  }

  @Test
  void someSamplesOfAnEpochComeJustAsTheyDoInIt() {
    Batches batches = new Batches(numbered(100), BYTES, SHIFT_AND_FLIP, 7, true, 3);
    List<Seen> whole = epoch(batches, 2);
    int[] places = {99, 0, 40, 7, 8, 9, 10, 11, 12};
    List<Seen> some = new ArrayList<>();
    try (BatchStream stream = batches.epoch(2, places)) {
      while (stream.hasNext()) {
        some.addAll(imagesOf(stream.next()));
      }
    }
    assertEquals(IntStream.of(places).mapToObj(whole::get).toList(), some);
    assertThrows(IndexOutOfBoundsException.class, () -> batches.epoch(2, new int[] {100}));
    assertThrows(IllegalArgumentException.class, () -> batches.epoch(2, new int[0]));
    assertThrows(IllegalArgumentException.class, () -> batches.order(-1));
  }

  @Test
  void anotherEpochOrSeedHasAnotherOrderAndOtherChanges() {
    Set<List<Integer>> orders = new HashSet<>();
    Set<List<Seen>> changes = new HashSet<>();
    for (int seed = 0; seed < 3; seed++) {
      for (int epoch = 0; epoch < 3; epoch++) {
        orders.add(
            epoch(new Batches(numbered(100), BYTES, Augmentation.NONE, 7, true, seed), epoch)
                .stream()
                .map(Seen::label)
                .toList());
        changes.add(
            epoch(new Batches(numbered(100), BYTES, SHIFT_AND_FLIP, 7, false, seed), epoch));
      }
    }

    assertEquals(9, orders.size());
    assertEquals(9, changes.size());
  }

  @Test
  void paddingIsBlackBeforeNormalization() {
    byte[] white = new byte[16];
    Arrays.fill(white, (byte) 255);
    ImageSet set = ImageSet.copyOf(1, 4, 4, 1, white, new int[] {0});
    Batches batches =
        new Batches(set, Normalization.parse("0.5,0.5"), new Augmentation(3, false), 1, true, 1);

    Set<Float> values = new HashSet<>();
    for (int epoch = 0; epoch < 10; epoch++) {
      values.addAll(epoch(batches, epoch).get(0).floats());
    }

    assertEquals(Set.of(-1f, 1f), values);
  }

  @Test
  void twoStreamsAtOnceDoNotDisturbEachOther() {
    Batches batches = new Batches(numbered(60), BYTES, SHIFT_AND_FLIP, 4, true, 3);
    List<Seen> first = epoch(batches, 0);
    List<Seen> second = epoch(batches, 1);

    List<Seen> firstAgain = new ArrayList<>();
    List<Seen> secondAgain = new ArrayList<>();
    try (BatchStream one = batches.epoch(0);
        BatchStream two = batches.epoch(1)) {
      while (one.hasNext()) {
        firstAgain.addAll(imagesOf(one.next()));
        secondAgain.addAll(imagesOf(two.next()));
      }
    }

    assertEquals(first, firstAgain);
    assertEquals(second, secondAgain);
    assertNotEquals(first, second);
  }

  @Test
  void closingInTheMiddleEndsTheThreadAndTheStream() {
    Batches batches = new Batches(numbered(100), BYTES, SHIFT_AND_FLIP, 1, true, 3);
    BatchStream stream = batches.epoch(0);
    Batch batch = stream.next();
    assertTrue(stream.preparer().isDaemon());
    assertTrue(stream.preparer().isAlive());

    stream.close();
    stream.close();

    assertFalse(stream.preparer().isAlive());
    assertFalse(stream.hasNext());
    assertThrows(IllegalStateException.class, stream::next);
    assertThrows(IllegalStateException.class, () -> batch.input(0));
    assertEquals(100, epoch(batches, 1).size());
  }

  @Test
  void closingInterruptsABatchThatIsBeingPrepared() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    BatchStream stream =
        new BatchStream(
            1,
            (batch, buffer) -> {
              begun.countDown();
              new CountDownLatch(1).await();
            },
            () -> new BatchBuffer(1, numbered(1)),
            buffer -> {});
    begun.await();

    stream.close();

    assertFalse(stream.preparer().isAlive());
  }

  @Test
  void aThreadThatIsInterruptedWhileClosingStillWaitsAndStaysInterrupted() {
    BatchStream stream = new Batches(numbered(100), BYTES, SHIFT_AND_FLIP, 1, true, 3).epoch(0);

    Thread.currentThread().interrupt();
    stream.close();

    assertTrue(Thread.interrupted());
    assertFalse(stream.preparer().isAlive());
  }

  @Test
  void anInterruptEndsTheWaitForABatch() {
    try (BatchStream stream =
        new BatchStream(
            1,
            (batch, buffer) -> new CountDownLatch(1).await(),
            () -> new BatchBuffer(1, numbered(1)),
            buffer -> {})) {
      Thread.currentThread().interrupt();

      assertThrows(IllegalStateException.class, stream::next);
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void aFailureOfTheThreadReachesTheReaderAfterTheBatchesBeforeIt() {
    IllegalStateException fault = new IllegalStateException("no more");
    try (BatchStream stream =
        new BatchStream(
            3,
            (batch, buffer) -> {
              if (batch == 1) {
                throw fault;
              }
              buffer.add(new float[16], numbered(1), 0, batch);
            },
            () -> new BatchBuffer(1, numbered(1)),
            buffer -> {})) {
      assertEquals(1, stream.next().size());
      for (int attempt = 0; attempt < 2; attempt++) {
        IllegalStateException met = assertThrows(IllegalStateException.class, stream::next);
        assertSame(fault, met.getCause());
        assertTrue(met.getMessage().contains("batch 2 of 3"), met.getMessage());
      }
    }
  }

  @Test
  void anErrorWhileMemoryIsTakenReachesTheReaderToo() {
    OutOfMemoryError fault = new OutOfMemoryError("a test");
    try (BatchStream stream =
        new BatchStream(
            1,
            (batch, buffer) -> {},
            () -> {
              throw fault;
            },
            buffer -> {})) {
      assertSame(fault, assertThrows(IllegalStateException.class, stream::next).getCause());
    }
  }

  @Test
  void memoryIsBoundedAndGivenBackOnceEach() {
    AtomicInteger made = new AtomicInteger();
    List<BatchBuffer> givenBack = new ArrayList<>();
    try (BatchStream stream =
        new BatchStream(
            50,
            (batch, buffer) -> buffer.add(new float[16], numbered(50), batch, batch),
            () -> {
              made.incrementAndGet();
              return new BatchBuffer(1, numbered(1));
            },
            givenBack::add)) {
      for (int batch = 0; batch < 50; batch++) {
        assertArrayEquals(new int[] {batch}, stream.next().labels());
      }
    }

    assertTrue(made.get() <= BatchStream.PREPARED_AHEAD + 1, made.toString());
    Set<BatchBuffer> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
    distinct.addAll(givenBack);
    assertEquals(made.get(), distinct.size());
    assertEquals(made.get(), givenBack.size());
  }

  @Test
  void aBatchIsValidUntilItIsClosedOrTheNextIsTaken() {
    Batches batches = new Batches(numbered(10), BYTES, Augmentation.NONE, 2, false, 1);
    try (BatchStream stream = batches.epoch(0)) {
      Batch first = stream.next();
      Batch second = stream.next();
      IllegalStateException met = assertThrows(IllegalStateException.class, () -> first.input(0));
      assertTrue(met.getMessage().startsWith("This batch was released"), met.getMessage());
      assertThrows(IllegalStateException.class, first::labels);
      assertThrows(IllegalStateException.class, first::size);

      assertArrayEquals(new int[] {2, 3}, second.labels());
      second.close();
      second.close();
      assertThrows(IllegalStateException.class, () -> second.input(0));
      first.close();

      List<Integer> rest = new ArrayList<>();
      while (stream.hasNext()) {
        try (Batch batch = stream.next()) {
          imagesOf(batch).forEach(image -> rest.add(image.label()));
        }
      }
      assertEquals(List.of(4, 5, 6, 7, 8, 9), rest);
    }
  }

  @Test
  void positionsSayWhichImageEachIs() {
    Batches batches = new Batches(numbered(50), BYTES, SHIFT_AND_FLIP, 8, true, 3);

    try (BatchStream stream = batches.epoch(1)) {
      while (stream.hasNext()) {
        Batch batch = stream.next();
        assertArrayEquals(batch.labels(), batch.positions());
      }
    }
  }

  @Test
  void imagesWithoutLabelsGiveNone() {
    ImageSet set = ImageSet.unlabelledCopyOf(2, 1, 1, 2, new byte[] {0, 51, 102, (byte) 255});

    try (BatchStream stream = new Batches(set, BYTES, Augmentation.NONE, 2, false, 1).epoch(0)) {
      Batch batch = stream.next();
      assertArrayEquals(new int[0], batch.labels());
      assertEquals(0.2f, batch.input(0).getFloat(4));
      assertEquals(1f, batch.input(0).getFloat(12));
    }
  }

  @Test
  void tensorsComeAsTheyAreWithTheirTargets() {
    Batches batches = new Batches(tensors(11), BYTES, Augmentation.NONE, 4, true, 5);

    for (int epoch = 0; epoch < 2; epoch++) {
      Set<Integer> seen = new HashSet<>();
      try (BatchStream stream = batches.epoch(epoch)) {
        while (stream.hasNext()) {
          Batch batch = stream.next();
          assertEquals(2, batch.inputs());
          ByteBuffer longs = batch.input(0);
          ByteBuffer bytes = batch.input(1);
          ByteBuffer target = batch.target();
          for (ByteBuffer buffer : List.of(longs, bytes, target)) {
            assertTrue(buffer.isDirect());
            assertEquals(ByteOrder.nativeOrder(), buffer.order());
          }
          assertEquals(batch.size() * 2 * Long.BYTES, longs.remaining());
          assertEquals(batch.size(), bytes.remaining());
          assertEquals(batch.size() * Float.BYTES, target.remaining());
          assertArrayEquals(new int[0], batch.labels());
          for (int position : batch.positions()) {
            assertEquals(position, longs.getLong());
            assertEquals(-position, longs.getLong());
            assertEquals(position, bytes.get());
            assertEquals(position / 2f, target.getFloat());
            seen.add(position);
          }
        }
      }
      assertEquals(11, seen.size());
    }
  }

  @Test
  void theOrderOfTensorsIsThatOfAsManyImages() {
    List<Integer> images = new ArrayList<>();
    List<Integer> tensors = new ArrayList<>();
    try (BatchStream one = new Batches(numbered(11), BYTES, SHIFT_AND_FLIP, 4, true, 5).epoch(3);
        BatchStream two = new Batches(tensors(11), BYTES, Augmentation.NONE, 3, true, 5).epoch(3)) {
      one.forEachRemaining(batch -> addAll(images, batch.positions()));
      two.forEachRemaining(batch -> addAll(tensors, batch.positions()));
    }

    assertEquals(images, tensors);
  }

  @Test
  void onlyImagesAreAugmented() {
    assertRefused(
        "only images can be shifted and flipped",
        () -> new Batches(tensors(3), BYTES, new Augmentation(0, true), 1, true, 1));
    // A normalization of three channels does not matter either.
    new Batches(tensors(3), Normalization.parse("0,0,0/1,1,1"), Augmentation.NONE, 1, true, 1);
  }

  @Test
  void argumentsOutOfRangeAreRefused() {
    ImageSet set = numbered(10);
    assertRefused("batch size is 0", () -> new Batches(set, BYTES, Augmentation.NONE, 0, true, 1));
    assertRefused(
        "for 2 channels",
        () -> new Batches(set, Normalization.parse("0,0/1,1"), Augmentation.NONE, 1, true, 1));
    assertRefused(
        "at most 3", () -> new Batches(set, BYTES, Augmentation.shiftAndFlip(4), 1, true, 1));
    assertRefused("at most 1023", () -> Batches.requireAddressable(1024, 1L << 21));
    Batches.requireAddressable(1023, 1L << 21);
    assertRefused("smaller samples", () -> Batches.requireAddressable(1, 8L * Integer.MAX_VALUE));
    Batches batches = new Batches(set, BYTES, Augmentation.NONE, 1, true, 1);
    assertRefused("Epoch -1", () -> batches.epoch(-1).close());
  }

  private static void assertRefused(String found, Runnable call) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(message.contains(found), message);
  }

  private static List<Seen> epoch(Batches batches, int epoch) {
    List<Seen> seen = new ArrayList<>();
    try (BatchStream stream = batches.epoch(epoch)) {
      while (stream.hasNext()) {
        seen.addAll(imagesOf(stream.next()));
      }
    }
    return seen;
  }

  private static List<Seen> imagesOf(Batch batch) {
    List<Seen> seen = new ArrayList<>();
    FloatBuffer images = batch.input(0).asFloatBuffer();
    int length = images.remaining() / batch.size();
    for (int label : batch.labels()) {
      List<Float> floats = new ArrayList<>();
      for (int i = 0; i < length; i++) {
        floats.add(images.get());
      }
      seen.add(new Seen(floats, label));
    }
    return seen;
  }

  private static void addAll(List<Integer> list, int[] values) {
    IntStream.of(values).forEach(list::add);
  }

  /** Two inputs and a target that all tell the number of the sample. */
  private static TensorSet tensors(int count) {
    ByteBuffer longs = ByteBuffer.allocate(count * 16).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer bytes = ByteBuffer.allocate(count);
    ByteBuffer targets = ByteBuffer.allocate(count * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      longs.putLong(i).putLong(-i);
      bytes.put((byte) i);
      targets.putFloat(i / 2f);
    }
    return TensorSet.withTargets(
        List.of(
            new InputTensor(List.of(2), NumberType.INT64),
            new InputTensor(List.of(), NumberType.UINT8)),
        List.of(longs.flip(), bytes.flip()),
        new InputTensor(List.of(), NumberType.FLOAT32),
        targets.flip());
  }

  /** Images of 4x4 whose first pixel and label are the number of the image. */
  private static ImageSet numbered(int count) {
    byte[] pixels = new byte[count * 16];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % 16 == 0 ? i / 16 : i * 37 + 11);
    }
    return ImageSet.copyOf(1, 4, 4, count, pixels, IntStream.range(0, count).toArray());
  }
}
