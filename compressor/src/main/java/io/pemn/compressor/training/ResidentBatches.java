package io.pemn.compressor.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.augment.ImageAugmenter;
import io.pemn.compressor.augment.ImageAugmenter.Drawn;
import io.pemn.compressor.augment.PixelNormalization;
import io.pemn.compressor.augment.ShiftAndFlip;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.data.SampleSet;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Batches that are gathered on the device, from samples that are there as a whole, and normalized
 * and augmented there: to the bit those that {@link Batches} prepares. An epoch begins with one or
 * two copies to the device, of the order and of the shifts and flips; after that nothing is copied
 * for a batch, but for the draws of an {@link ImageAugmenter}, in one piece.
 */
final class ResidentBatches implements DeviceBatches {
  private final ResidentSamples samples;
  private final Batches batches;
  private final SampleSet set;
  private final Optional<ImageAugmenter> augmenter;
  private final Optional<PixelNormalization.OnDevice> normalization;

  /**
   * Takes what the batches are to be.
   *
   * @param samples those of the batches; stay open as long as this is used
   * @param batches decide order, size and shifts
   * @param normalization how a pixel becomes a float; not looked at if the samples are no images
   * @param augmenter what makes input of raw batches
   */
  ResidentBatches(
      ResidentSamples samples,
      Batches batches,
      Normalization normalization,
      Optional<ImageAugmenter> augmenter) {
    this.samples = samples;
    this.batches = batches;
    this.set = batches.samples();
    this.augmenter = augmenter;
    this.normalization =
        set instanceof ImageSet && !batches.areRaw()
            ? Optional.of(new PixelNormalization(normalization).on(samples.manager()))
            : Optional.empty();
    if (batches.areRaw() && augmenter.isEmpty()) {
      throw new IllegalStateException("These images are raw, but nothing normalizes them.");
    }
  }

  @Override
  public int batchesPerEpoch() {
    return batches.batchesPerEpoch();
  }

  @Override
  public Epoch epoch(int number) {
    return new ResidentEpoch(number);
  }

  /** An epoch whose order is on the device. */
  private final class ResidentEpoch implements Epoch {
    private final NDManager manager = samples.manager().newSubManager();
    private final int[] order;
    private final NDArray rows;
    private final Optional<NDArray> placements;
    private final Optional<Ahead<Drawn>> draws;
    private int taken;

    ResidentEpoch(int number) {
      order = batches.order(number);
      rows = manager.create(Arrays.stream(order).asLongStream().toArray());
      float[] placed = batches.placements(number);
      placements =
          placed.length == 0
              ? Optional.empty()
              : Optional.of(
                  manager.create(placed, new Shape(order.length, Batches.PLACEMENT_NUMBERS)));
      draws = augmenter.map(a -> new Ahead<>(batchesPerEpoch(), batch -> draw(a, number, batch)));
    }

    private Drawn draw(ImageAugmenter changes, int number, int batch) {
      ImageSet images = (ImageSet) set;
      int[] places = IntStream.range(from(batch), to(batch)).toArray();
      Shape shape = new Shape(places.length, images.channels(), images.height(), images.width());
      return changes.draw(shape, number, places);
    }

    private int from(int batch) {
      return batch * batches.batchSize();
    }

    private int to(int batch) {
      return (int) Math.min((long) from(batch) + batches.batchSize(), order.length);
    }

    @Override
    public boolean hasNext() {
      return taken < batchesPerEpoch();
    }

    @Override
    public DeviceBatch next() {
      int batch = taken++;
      int from = from(batch);
      int to = to(batch);
      NDIndex slice = new NDIndex().addSliceDim(from, to);
      return new ResidentBatch(
          Arrays.copyOfRange(order, from, to), slice, this, draws.map(Ahead::next));
    }

    @Override
    public void close() {
      draws.ifPresent(Ahead::close);
      manager.close();
    }
  }

  /** A batch of an epoch. Its arrays can be made once where draws belong to it. */
  private final class ResidentBatch implements DeviceBatch {
    private final int[] positions;
    private final NDIndex slice;
    private final ResidentEpoch epoch;
    private final Optional<Drawn> drawn;

    ResidentBatch(int[] positions, NDIndex slice, ResidentEpoch epoch, Optional<Drawn> drawn) {
      this.positions = positions;
      this.slice = slice;
      this.epoch = epoch;
      this.drawn = drawn;
    }

    @Override
    public int size() {
      return positions.length;
    }

    @Override
    public BatchArrays arrays(NumberType floats, NDManager scratch) {
      BatchArrays.requireRunnable(floats);
      NDArray rows = epoch.rows.get(scratch, slice);
      NDList inputs = new NDList();
      for (int i = 0; i < set.inputs().size(); i++) {
        InputTensor input = set.inputs().get(i);
        NDArray array = samples.input(i, rows, scratch);
        if (set instanceof ImageSet) {
          array = images(array.toType(DataType.FLOAT32, false), scratch);
        }
        inputs.add(
            input.type().isFloat() ? array.toType(BatchArrays.dataType(floats), false) : array);
      }
      return new BatchArrays(
          inputs,
          samples.labels(rows, scratch),
          samples.target(rows, scratch),
          positions.clone(),
          Optional.of(rows));
    }

    private NDArray images(NDArray pixels, NDManager scratch) {
      if (drawn.isPresent()) {
        return drawn.get().apply(pixels);
      }
      NDArray moved =
          epoch.placements.isPresent()
              ? ShiftAndFlip.apply(pixels, epoch.placements.get().get(scratch, slice))
              : pixels;
      return normalization.orElseThrow().apply(moved);
    }

    @Override
    public void close() {
      // The samples stay, and what was made of them is its manager's.
    }
  }
}
