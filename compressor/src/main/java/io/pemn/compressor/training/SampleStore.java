package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import io.pemn.compressor.augment.ImageAugmenter;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.device.SpareMemory;
import io.pemn.format.Normalization;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Keeps the sets of a training on its device where they fit, and makes batches of all. */
final class SampleStore implements AutoCloseable {
  private final NDManager manager;
  private final LongSupplier spare;
  private final Map<SampleSet, Optional<ResidentSamples>> found = new IdentityHashMap<>();

  /**
   * Opens a store.
   *
   * @param device where the sets are kept
   * @param spare how many bytes a set that comes now may take there
   */
  SampleStore(Device device, LongSupplier spare) {
    this.manager = NDManager.newBaseManager(device, "PyTorch");
    this.spare = spare;
  }

  /** Keeps what fits into {@link SpareMemory}: on a CPU nothing. */
  static SampleStore on(Device device) {
    return new SampleStore(device, () -> SpareMemory.bytes(device));
  }

  /**
   * Lets batches come to the device: gathered there if their samples fit, else prepared ahead by a
   * thread. They are the same in both cases.
   *
   * @param normalization how a pixel becomes a float; not looked at if the samples are no images
   * @param augmenter what makes input of raw batches
   * @return valid until the store is closed
   */
  DeviceBatches batches(
      Batches batches, Normalization normalization, Optional<ImageAugmenter> augmenter) {
    Optional<ResidentSamples> samples =
        found.computeIfAbsent(batches.samples(), this::keptIfItFits);
    return samples.isPresent()
        ? new ResidentBatches(samples.get(), batches, normalization, augmenter)
        : new PreparedBatches(batches, augmenter);
  }

  private Optional<ResidentSamples> keptIfItFits(SampleSet set) {
    if (ResidentSamples.bytes(set) > spare.getAsLong()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ResidentSamples(set, manager));
    } catch (EngineException e) {
      // There was less than it seemed; batch by batch it goes, too.
      return Optional.empty();
    }
  }

  /** Frees what is kept. */
  @Override
  public void close() {
    manager.close();
  }
}
