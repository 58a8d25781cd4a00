package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.augment.ImageAugmenter;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.data.TensorSet;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that are gathered on a device are those that a thread prepares, to the bit. */
class ResidentBatchesTest {
  private static final LongSupplier EVERYTHING_FITS = () -> Long.MAX_VALUE;
  private static final Normalization GREY = Normalization.parse("0.2860,0.3530");
  private static final Normalization EACH_CHANNEL =
      Normalization.parse("0.4914,0.4822,0.4465/0.2470,0.2435,0.2616");
  private static final String PAPER = "crop-scale:0.5+flip+rand-augment:2:12+jitter:0.2+erase:0.5";
  private static final int SAMPLES = 45;
  private static final int BATCH_SIZE = 8;

  @TempDir private Path folder;

  static Stream<Arguments> batches() {
    List<Arguments> all = new ArrayList<>();
    for (String augmentation : List.of("none", "shift-and-flip", "flip", PAPER)) {
      all.add(Arguments.of(images(1, 9, 7), GREY, augmentation));
      all.add(Arguments.of(images(3, 8, 8), EACH_CHANNEL, augmentation));
      all.add(Arguments.of(images(3, 3, 5), GREY, augmentation));
      all.add(
          Arguments.of(
              ImageSet.unlabelledCopyOf(SAMPLES, 1, 6, 6, bytes(SAMPLES * 36)),
              GREY,
              augmentation));
    }
    all.add(Arguments.of(images(2, 4, 4), Normalization.parse("0.5,0.25"), "none"));
    all.add(Arguments.of(images(2, 4, 4), Normalization.parse("0.5,0.25"), "shift-and-flip"));
    all.add(Arguments.of(tensors(), GREY, "none"));
    all.add(Arguments.of(labelledTensors(), GREY, "none"));
    all.add(Arguments.of(tensorsWithTargets(), GREY, "none"));
    all.add(Arguments.of(tensors().subset(21, 3), GREY, "none"));
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("batches")
  void everyBatchIsTheOneThatAThreadPrepares(
      SampleSet set, Normalization normalization, String augmentation) {
    AugmentationChoice choice = AugmentationChoice.parse(augmentation);
    for (long seed : new long[] {1, -7}) {
      Batches batches = TrainingBatches.of(choice, set, normalization, BATCH_SIZE, seed);
      Optional<ImageAugmenter> augmenter = TrainingBatches.augmenter(choice, normalization, seed);
      try (SampleStore store = new SampleStore(Device.cpu(), EVERYTHING_FITS)) {
        DeviceBatches resident = store.batches(batches, normalization, augmenter);
        assertInstanceOf(ResidentBatches.class, resident);
        DeviceBatches prepared = new PreparedBatches(batches, augmenter);
        // In any order, as a resumed run begins anywhere.
        for (int epoch : new int[] {3, 0, 1}) {
          assertSameEpoch(prepared, resident, epoch, NumberType.FLOAT32);
        }
        assertSameEpoch(prepared, resident, 2, NumberType.FLOAT16);
      }
    }
  }

  @Test
  void whatIsMeasuredComesInTheOrderOfTheSet() {
    ImageSet set = images(1, 5, 5);
    try (SampleStore store = new SampleStore(Device.cpu(), EVERYTHING_FITS)) {
      DeviceBatches resident = store.batches(Evaluation.batches(set, GREY), GREY, Optional.empty());
      assertSameEpoch(Evaluation.prepared(set, GREY), resident, 0, NumberType.FLOAT32);
      assertEquals(1, resident.batchesPerEpoch());
    }
  }

  @Test
  void anEpochLeavesNothingOnTheDevice() throws ReflectiveOperationException {
    AugmentationChoice choice = AugmentationChoice.parse("shift-and-flip");
    Batches batches = TrainingBatches.of(choice, images(3, 8, 8), GREY, BATCH_SIZE, 1);
    try (SampleStore store = new SampleStore(Device.cpu(), EVERYTHING_FITS);
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      DeviceBatches resident = store.batches(batches, GREY, Optional.empty());
      int before = LiveArrays.count();
      for (int number = 0; number < 3; number++) {
        try (DeviceBatches.Epoch epoch = resident.epoch(number)) {
          int begun = LiveArrays.count();
          while (epoch.hasNext()) {
            try (DeviceBatch batch = epoch.next();
                NDManager scratch = manager.newSubManager()) {
              BatchArrays arrays = batch.arrays(NumberType.FLOAT32, scratch);
              // The input, the labels and the positions; views of the input are no copies.
              assertEquals(SAMPLES % BATCH_SIZE == arrays.size(), !epoch.hasNext());
            }
            assertEquals(begun, LiveArrays.count());
          }
        }
        assertEquals(before, LiveArrays.count());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "shift-and-flip", PAPER})
  void aTrainingOnThemEndsWithTheSameArchive(String augmentation) throws IOException {
    TrainingOptions options = TinyTraining.convMixer("augmentation", augmentation);
    byte[] prepared =
        TinyTraining.archive(TinyTraining.run(options, folder.resolve("prepared")).start());
    Path run = folder.resolve("resident");
    byte[] resident = TinyTraining.archive(resident(options, run).start());
    assertArrayEquals(prepared, resident);
  }

  private static TrainingRun resident(TrainingOptions options, Path directory) {
    return TinyTraining.run(options, directory)
        .withStore(device -> new SampleStore(device, EVERYTHING_FITS));
  }

  @Test
  void onlyWhatFitsIsKept() {
    ImageSet set = images(3, 8, 8);
    long bytes = SAMPLES * (3 * 8 * 8 + Long.BYTES);
    assertEquals(bytes, ResidentSamples.bytes(set));
    assertInstanceOf(ResidentBatches.class, batchesWhere(bytes, set));
    assertInstanceOf(PreparedBatches.class, batchesWhere(bytes - 1, set));
    assertEquals(SAMPLES * (2L * 8 + 3 + 2 * 2 * 2), ResidentSamples.bytes(tensors()));
    assertEquals(SAMPLES * (4L * 4 + 2 * 4), ResidentSamples.bytes(tensorsWithTargets()));
    try (SampleStore store = SampleStore.on(Device.cpu())) {
      DeviceBatches batches = store.batches(Evaluation.batches(set, GREY), GREY, Optional.empty());
      assertInstanceOf(PreparedBatches.class, batches, "The CPU has the samples anyway.");
    }
  }

  private static DeviceBatches batchesWhere(long spare, ImageSet set) {
    try (SampleStore store = new SampleStore(Device.cpu(), () -> spare)) {
      return store.batches(Evaluation.batches(set, GREY), GREY, Optional.empty());
    }
  }

  @Test
  void aSetIsKeptOnce() throws ReflectiveOperationException {
    ImageSet set = images(1, 4, 4);
    try (SampleStore store = new SampleStore(Device.cpu(), EVERYTHING_FITS)) {
      store.batches(Evaluation.batches(set, GREY), GREY, Optional.empty());
      int once = LiveArrays.count();
      store.batches(Evaluation.batches(set, GREY), GREY, Optional.empty());
      // The normalization of these batches alone.
      assertEquals(once + 2, LiveArrays.count());
    }
  }

  @Test
  void rawImagesNeedWhatNormalizesThem() {
    Batches raw = Batches.ofPixels(images(1, 4, 4), 3, true, 1);
    try (SampleStore store = new SampleStore(Device.cpu(), EVERYTHING_FITS)) {
      assertThrows(IllegalStateException.class, () -> store.batches(raw, GREY, Optional.empty()));
    }
  }

  private static void assertSameEpoch(
      DeviceBatches expected, DeviceBatches found, int number, NumberType floats) {
    assertEquals(expected.batchesPerEpoch(), found.batchesPerEpoch());
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        DeviceBatches.Epoch one = expected.epoch(number);
        DeviceBatches.Epoch two = found.epoch(number)) {
      while (one.hasNext()) {
        assertTrue(two.hasNext());
        try (DeviceBatch first = one.next();
            DeviceBatch second = two.next();
            NDManager scratch = manager.newSubManager()) {
          assertEquals(first.size(), second.size());
          assertSame(first.arrays(floats, scratch), second.arrays(floats, scratch), scratch);
        }
      }
      assertFalse(two.hasNext());
    }
  }

  private static void assertSame(BatchArrays one, BatchArrays two, NDManager scratch) {
    assertArrayEquals(one.positions(), two.positions());
    assertArrayEquals(
        Arrays.stream(one.positions()).asLongStream().toArray(), two.rows(scratch).toLongArray());
    assertSame(one.inputs(), two.inputs());
    assertSame(list(one.labels()), list(two.labels()));
    assertSame(list(one.target()), list(two.target()));
  }

  private static NDList list(Optional<NDArray> array) {
    return array.map(NDList::new).orElseGet(NDList::new);
  }

  private static void assertSame(NDList expected, NDList found) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).getShape(), found.get(i).getShape());
      assertEquals(expected.get(i).getDataType(), found.get(i).getDataType());
      assertEquals(expected.get(i).toByteBuffer(), found.get(i).toByteBuffer());
    }
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static ImageSet images(int channels, int height, int width) {
    return ImageSet.copyOf(
        channels,
        height,
        width,
        7,
        bytes(SAMPLES * channels * height * width),
        IntStream.range(0, SAMPLES).map(i -> i % 7).toArray());
  }

  private static ByteBuffer buffer(int length) {
    return ByteBuffer.wrap(bytes(length)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Whole numbers, truth values and half floats, as sequences and their masks are. */
  private static TensorSet tensors() {
    ByteBuffer flags = ByteBuffer.allocate(SAMPLES * 3);
    for (int i = 0; i < flags.capacity(); i++) {
      flags.put(i, (byte) (i % 2));
    }
    return TensorSet.unlabelled(
        List.of(
            new InputTensor(List.of(2), NumberType.INT64),
            new InputTensor(List.of(3), NumberType.BOOL),
            new InputTensor(List.of(2, 2), NumberType.FLOAT16)),
        List.of(buffer(SAMPLES * 16), flags, halves(SAMPLES * 4)));
  }

  /** 1.0, 1.001, and so on: no two are the same, and none is NaN. */
  private static ByteBuffer halves(int count) {
    ByteBuffer halves = ByteBuffer.allocate(count * 2).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      halves.putShort(2 * i, (short) (0x3c00 + i));
    }
    return halves;
  }

  private static ByteBuffer floats(int count) {
    ByteBuffer floats = ByteBuffer.allocate(count * 4).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(count);
    for (int i = 0; i < count; i++) {
      floats.putFloat(4 * i, (float) random.nextGaussian());
    }
    return floats;
  }

  private static TensorSet labelledTensors() {
    return TensorSet.labelled(
        List.of(new InputTensor(List.of(2, 3), NumberType.FLOAT32)),
        List.of(floats(SAMPLES * 6)),
        5,
        IntStream.range(0, SAMPLES).map(i -> i * 3 % 5).toArray());
  }

  private static TensorSet tensorsWithTargets() {
    return TensorSet.withTargets(
        List.of(new InputTensor(List.of(4), NumberType.FLOAT32)),
        List.of(floats(SAMPLES * 4)),
        new InputTensor(List.of(2), NumberType.FLOAT32),
        floats(SAMPLES * 2));
  }
}
