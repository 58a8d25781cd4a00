package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.augment.ImageAugmenter;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.ImageSet;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Shows images as a training sees them: the same batches, augmented by the same code. */
public final class TrainingPreview {
  private static final int MAX_EPOCH = Integer.MAX_VALUE - 1;

  private static final int MAX_BATCH = 256;

  private TrainingPreview() {}

  /**
   * An image and what becomes of it.
   *
   * @param position where it stands in its set
   * @param original its pixels, unsigned bytes in the layout CHW
   * @param seen what the network gets in one epoch after the other, with the normalization undone,
   *     rounded to whole numbers and cut to 0..255
   */
  public record Row(int position, byte[] original, List<byte[]> seen) {}

  /**
   * The first images of an epoch, in that epoch and in those after it.
   *
   * @param choice how they are augmented
   * @param images all images of the training
   * @param seed of the training
   * @param epoch the first epoch, from 1 as trainings count
   * @param epochs how many, at least 1; no epoch has a number above 2,147,483,646
   * @param count how many images, at least 1
   * @param device where they are augmented
   * @throws IllegalArgumentException in one sentence, if a number is out of range, or images and
   *     augmentation do not fit together
   */
  public static List<Row> of(
      AugmentationChoice choice,
      ImageSet images,
      Normalization normalization,
      long seed,
      int epoch,
      int epochs,
      int count,
      Device device) {
    require(epoch >= 1, "number of the first epoch", "at least 1", epoch);
    require(epochs >= 1, "number of epochs to show", "at least 1", epochs);
    long last = (long) epoch + epochs - 1;
    require(last <= MAX_EPOCH, "number of the last epoch", "at most " + MAX_EPOCH, last);
    require(count >= 1, "number of images to show", "at least 1", count);
    require(
        count <= images.size(),
        "number of images to show",
        "at most " + images.size() + ", all that there are",
        count);
    Batches batches =
        TrainingBatches.of(choice, images, normalization, Math.min(count, MAX_BATCH), seed);
    Optional<ImageAugmenter> augmenter = TrainingBatches.augmenter(choice, normalization, seed);
    int[] chosen = Arrays.copyOf(batches.order(epoch), count);
    List<Row> rows = new ArrayList<>();
    for (int position : chosen) {
      byte[] original = new byte[images.pixelsPerImage()];
      images.pixels(position).get(original);
      rows.add(new Row(position, original, new ArrayList<>()));
    }
    try (NDManager manager = NDManager.newBaseManager(device, "PyTorch")) {
      for (int now = epoch; now < epoch + epochs; now++) {
        int next = 0;
        try (BatchStream stream = batches.epoch(now, places(batches.order(now), chosen))) {
          while (stream.hasNext()) {
            try (Batch batch = stream.next();
                NDManager scratch = manager.newSubManager()) {
              NDArray input =
                  BatchArrays.of(batch, images, NumberType.FLOAT32, augmenter, scratch)
                      .inputs()
                      .get(0);
              float[] floats = input.toFloatArray();
              int each = images.pixelsPerImage();
              for (int i = 0; i < batch.size(); i++) {
                byte[] pixels = pixels(floats, i * each, images.channels(), each, normalization);
                rows.get(next++).seen().add(pixels);
              }
            }
          }
        }
      }
    }
    return rows;
  }

  private static void require(boolean sound, String what, String range, long value) {
    if (!sound) {
      throw new IllegalArgumentException(
          "The " + what + " must be " + range + ", not " + value + ".");
    }
  }

  /** Where in an order some positions come. */
  private static int[] places(int[] order, int[] positions) {
    int[] place = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      place[order[i]] = i;
    }
    return Arrays.stream(positions).map(position -> place[position]).toArray();
  }

  private static byte[] pixels(
      float[] floats, int offset, int channels, int count, Normalization normalization) {
    byte[] pixels = new byte[count];
    boolean one = normalization.means().size() == 1;
    for (int i = 0; i < count; i++) {
      int pair = one ? 0 : i / (count / channels);
      float pixel =
          (floats[offset + i] * normalization.deviations().get(pair)
                  + normalization.means().get(pair))
              * 255;
      pixels[i] = (byte) Math.max(0, Math.min(255, Math.round(pixel)));
    }
    return pixels;
  }
}
