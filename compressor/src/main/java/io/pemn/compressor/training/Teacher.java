package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.device.SpareMemory;
import io.pemn.compressor.network.FirstOutput;
import io.pemn.compressor.network.LoadedModule;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.loader.message.EngineMessage;
import java.io.IOException;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The trained network that a student learns from. Of a module with several outputs the first one
 * counts. Outputs for samples that come unchanged every epoch are computed once and kept on its
 * device.
 */
final class Teacher implements AutoCloseable {
  /** Outputs of one set are kept up to this many numbers (256 MiB). */
  private static final long MAX_KEPT = 1L << 26;

  private final LoadedModule module;
  private final Map<SampleSet, Optional<Kept>> kept = new IdentityHashMap<>();

  /** Takes over a module. */
  Teacher(LoadedModule module) {
    this.module = module;
  }

  /**
   * The outputs of a set that are known.
   *
   * @param outputs float32 of shape (samples, ...), on the teacher's device
   * @param known the positions whose outputs are there
   */
  private record Kept(NDArray outputs, BitSet known) {}

  NDManager manager() {
    return module.manager();
  }

  NumberType inputType() {
    return module.inputType();
  }

  /**
   * Runs the teacher on one sample, to see that the two fit together.
   *
   * @return shape of its first output, without the dimension of the samples
   * @throws IOException in one sentence, if they do not
   */
  static Shape probe(LoadedModule module, SampleSet set, Normalization normalization)
      throws IOException {
    Batches batches = new Batches(set, normalization, Augmentation.NONE, 2, false, 0);
    try (BatchStream stream = batches.epoch(0);
        Batch batch = stream.next();
        NDManager scratch = module.manager().newSubManager()) {
      NDList outputs =
          module.forward(BatchArrays.of(batch, set, module.inputType(), scratch).inputs());
      Shape shape = FirstOutput.of(outputs, batch.size()).getShape();
      return shape.slice(1);
    } catch (EngineException e) {
      throw new IOException(
          "The module does not run on the data, whose samples are "
              + set.inputs()
              + ": "
              + EngineMessage.of(e)
              + ".",
          e);
    }
  }

  /**
   * The outputs for a batch, float32, owned by a manager.
   *
   * @param unchanged the set, if its samples are the same every time they come
   */
  NDArray outputs(BatchArrays batch, SampleSet set, boolean unchanged, NDManager scratch) {
    Optional<Kept> there = kept.getOrDefault(set, Optional.empty());
    if (unchanged && there.isPresent() && allKnown(there.get(), batch.positions())) {
      return there.get().outputs().get(scratch, new NDIndex("{}", batch.rows(scratch)));
    }
    NDList all = module.forward(batch.inputs());
    all.attach(scratch);
    NDArray floats = FirstOutput.of(all, batch.size()).toType(DataType.FLOAT32, false);
    floats.attach(scratch);
    // A copy: what comes out of a forward without gradients must not meet them later.
    NDArray outputs = floats.duplicate();
    outputs.attach(scratch);
    if (unchanged) {
      keep(set, batch, outputs, scratch);
    }
    return outputs;
  }

  private static boolean allKnown(Kept there, int[] positions) {
    for (int position : positions) {
      if (!there.known().get(position)) {
        return false;
      }
    }
    return true;
  }

  private void keep(SampleSet set, BatchArrays batch, NDArray outputs, NDManager scratch) {
    Shape each = outputs.getShape().slice(1);
    Optional<Kept> there = kept.computeIfAbsent(set, s -> room(s.size(), each));
    if (there.isEmpty()) {
      return;
    }
    there.get().outputs().set(new NDIndex("{}", batch.rows(scratch)), outputs);
    for (int position : batch.positions()) {
      there.get().known().set(position);
    }
  }

  private Optional<Kept> room(int samples, Shape each) {
    long numbers = each.size() * samples;
    if (numbers > MAX_KEPT || !fits(numbers * Float.BYTES)) {
      return Optional.empty();
    }
    NDArray all = manager().create(new Shape(samples).addAll(each), DataType.FLOAT32);
    return Optional.of(new Kept(all, new BitSet(samples)));
  }

  private boolean fits(long bytes) {
    Device device = manager().getDevice();
    return !device.isGpu() || bytes <= SpareMemory.bytes(device);
  }

  @Override
  public void close() {
    module.close();
  }
}
