package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.training.TrainingPreview.Row;
import io.pemn.format.NumberType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingPreviewTest {
  private static final ImageSet IMAGES = (ImageSet) TinyTraining.IMAGES.train().subset(100, 1);
  private static final int EACH = 28 * 28;

  private static List<Row> preview(String augmentation, int epoch, int epochs, int count) {
    return TrainingPreview.of(
        AugmentationChoice.parse(augmentation),
        IMAGES,
        TinyTraining.IMAGES.normalization(),
        7,
        epoch,
        epochs,
        count,
        Device.cpu());
  }

  @Test
  void withoutAugmentationTrainingSeesTheOriginals() {
    for (Row row : preview("none", 1, 2, 5)) {
      byte[] original = new byte[EACH];
      IMAGES.pixels(row.position()).get(original);
      assertArrayEquals(original, row.original());
      assertEquals(2, row.seen().size());
      row.seen().forEach(seen -> assertArrayEquals(original, seen));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"shift-and-flip", "crop-scale:0.5+flip+rand-augment:2:12+jitter:0.2+erase:0.5"})
  void itShowsWhatTheBatchesOfATrainingHold(String augmentation) {
    TrainingOptions options =
        TinyTraining.mlp("augmentation", augmentation, "seed", "7", "batch-size", "13");
    List<Row> rows = preview(augmentation, 3, 2, 100);
    int compared = 0;
    for (int epoch = 3; epoch <= 4; epoch++) {
      try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
          BatchStream stream = TrainingBatches.of(options, IMAGES).epoch(epoch)) {
        while (stream.hasNext()) {
          Batch batch = stream.next();
          float[] input =
              BatchArrays.of(
                      batch,
                      IMAGES,
                      NumberType.FLOAT32,
                      TrainingBatches.augmenter(
                          options.augmentation(), options.normalization(), options.seed()),
                      manager)
                  .inputs()
                  .get(0)
                  .toFloatArray();
          for (int i = 0; i < batch.size(); i++, compared++) {
            int position = batch.positions()[i];
            Row row = rows.stream().filter(r -> r.position() == position).findFirst().orElseThrow();
            byte[] seen = row.seen().get(epoch - 3);
            for (int pixel = 0; pixel < EACH; pixel++) {
              float undone = (input[i * EACH + pixel] * 0.353f + 0.286f) * 255;
              assertEquals(undone, seen[pixel] & 0xff, 0.51);
            }
          }
        }
      }
    }
    assertEquals(200, compared);
    long changed =
        rows.stream().filter(row -> !Arrays.equals(row.original(), row.seen().get(0))).count();
    assertTrue(changed > 80, changed + " of 100 are changed");
  }

  @Test
  void theFirstRowsAreThoseOfALargerSheetAndEpochsDiffer() {
    List<Row> few = preview("flip+erase:1", 1, 1, 3);
    List<Row> many = preview("flip+erase:1", 1, 3, 9);
    for (int row = 0; row < 3; row++) {
      assertEquals(few.get(row).position(), many.get(row).position());
      assertArrayEquals(few.get(row).seen().get(0), many.get(row).seen().get(0));
      assertFalse(Arrays.equals(many.get(row).seen().get(0), many.get(row).seen().get(1)));
    }
  }

  @Test
  void moreImagesThanThereAreAndEpochsBeforeTheFirstAreRefused() {
    assertRefused("at most 100, all that there are, not 101", 1, 1, 101);
    assertRefused("at least 1, not 0", 1, 1, 0);
    assertRefused("epoch must be at least 1, not 0", 0, 1, 1);
    assertRefused("last epoch must be at most 2147483646, not 2147483649", Integer.MAX_VALUE, 3, 1);
    assertRefused("epochs to show must be at least 1, not -1", 1, -1, 1);
  }

  private static void assertRefused(String because, int epoch, int epochs, int count) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> preview("flip", epoch, epochs, count));
    assertTrue(refused.getMessage().contains(because), refused.getMessage());
  }
}
