package io.pemn.compressor.training;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.network.FirstOutput;
import io.pemn.compressor.network.LoadedModule;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.loader.message.EngineMessage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The trained network that a student learns from. Of a module with several outputs the first one
 * counts. Outputs for samples that come unchanged every epoch are computed once and kept.
 */
final class Teacher implements AutoCloseable {
  /** Outputs of one set are kept up to this many numbers (256 MiB). */
  private static final long MAX_KEPT = 1L << 26;

  private final LoadedModule module;
  private final Map<SampleSet, Kept> kept = new IdentityHashMap<>();

  /** Takes over a module. */
  Teacher(LoadedModule module) {
    this.module = module;
  }

  private record Kept(float[] outputs, BitSet known, long[] shape) {}

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
    Kept there = kept.get(set);
    if (unchanged && there != null && allKnown(there, batch.positions())) {
      return gather(there, batch.positions(), scratch);
    }
    NDList all = module.forward(batch.inputs());
    all.attach(scratch);
    NDArray floats = FirstOutput.of(all, batch.size()).toType(DataType.FLOAT32, false);
    floats.attach(scratch);
    // A copy: what comes out of a forward without gradients must not meet them later.
    NDArray outputs = floats.duplicate();
    outputs.attach(scratch);
    if (unchanged) {
      keep(set, batch.positions(), outputs);
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

  private static NDArray gather(Kept there, int[] positions, NDManager scratch) {
    int each = (int) new Shape(there.shape()).size();
    float[] values = new float[positions.length * each];
    for (int i = 0; i < positions.length; i++) {
      System.arraycopy(there.outputs(), positions[i] * each, values, i * each, each);
    }
    long[] shape = new long[there.shape().length + 1];
    shape[0] = positions.length;
    System.arraycopy(there.shape(), 0, shape, 1, there.shape().length);
    return scratch.create(FloatBuffer.wrap(values), new Shape(shape));
  }

  private void keep(SampleSet set, int[] positions, NDArray outputs) {
    long each = outputs.getShape().size() / positions.length;
    if (each * set.size() > MAX_KEPT) {
      return;
    }
    Kept there =
        kept.computeIfAbsent(
            set,
            s ->
                new Kept(
                    new float[(int) (each * s.size())],
                    new BitSet(s.size()),
                    outputs.getShape().slice(1).getShape()));
    float[] values = outputs.toFloatArray();
    for (int i = 0; i < positions.length; i++) {
      System.arraycopy(
          values, (int) (i * each), there.outputs(), (int) (positions[i] * each), (int) each);
      there.known().set(positions[i]);
    }
  }

  @Override
  public void close() {
    module.close();
  }
}
