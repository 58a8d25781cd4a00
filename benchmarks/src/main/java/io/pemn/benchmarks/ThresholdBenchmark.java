package io.pemn.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.masking.ScoreMode;
import io.pemn.compressor.masking.ThresholdSelection;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Finding the score above which half of the weights lie, among normal scores in the engine's
 * memory. It needs the engine, which {@code benchmarks.jar} does not have.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ThresholdBenchmark {
  /** Of a score from call to call, about; as of one at a learning rate of a thousandth. */
  private static final float MOVEMENT = 1e-3f;

  /** How many scores there are. */
  @Param({"1000000", "10000000"})
  public int scores;

  /** What of them is compared. */
  @Param public ScoreMode mode;

  private NDManager manager;
  private ThresholdSelection selection;
  private NDArray drawn;
  private NDArray moved;
  private boolean even;
  private float[] copied;

  /** Draws the scores. */
  @Setup
  public void prepare() {
    Random random = new Random(1);
    copied = new float[scores];
    for (int i = 0; i < scores; i++) {
      copied[i] = (float) random.nextGaussian();
    }
    manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    drawn = manager.create(FloatBuffer.wrap(copied), new Shape(scores));
    for (int i = 0; i < scores; i++) {
      copied[i] += MOVEMENT * (float) random.nextGaussian();
    }
    moved = manager.create(FloatBuffer.wrap(copied), new Shape(scores));
    selection = new ThresholdSelection(mode);
  }

  /** Gives the engine's memory back. */
  @TearDown
  public void close() {
    manager.close();
  }

  /** As training does it where it knows nothing of the threshold yet. */
  @Benchmark
  public float select(Volume volume) {
    count(volume);
    return selection.kthLargest(drawn, scores / 2);
  }

  /** As training does it from then on: every call finds scores that moved a little. */
  @Benchmark
  public float follow(Volume volume) {
    count(volume);
    even = !even;
    return selection.kthLargestNearLast(even ? drawn : moved, scores / 2);
  }

  /**
   * By the engine's partition, on as many threads as it has; of absolute scores it needs a copy.
   */
  @Benchmark
  public float topK(Volume volume) {
    count(volume);
    try (NDManager scratch = manager.newSubManager()) {
      NDArray strength = mode == ScoreMode.ABSOLUTE ? drawn.abs() : drawn.duplicate();
      strength.attach(scratch);
      NDList greatest = strength.topK(scores / 2, 0, true, false);
      greatest.attach(scratch);
      NDArray least = greatest.get(0).min();
      least.attach(scratch);
      return least.getFloat();
    }
  }

  /** By sorting a copy, on one thread. */
  @Benchmark
  public float sort(Volume volume) {
    count(volume);
    float[] sorted = copy();
    if (mode == ScoreMode.ABSOLUTE) {
      for (int i = 0; i < sorted.length; i++) {
        sorted[i] = Math.abs(sorted[i]);
      }
    }
    Arrays.sort(sorted);
    return sorted[scores - scores / 2];
  }

  /** The floor: all scores are read once, and written to an array. */
  @Benchmark
  public Object copyOnly(Volume volume) {
    count(volume);
    return copy();
  }

  private float[] copy() {
    drawn.toByteBuffer(true).asFloatBuffer().get(copied);
    return copied;
  }

  private void count(Volume volume) {
    volume.add(scores, (long) scores * Float.BYTES);
  }
}
