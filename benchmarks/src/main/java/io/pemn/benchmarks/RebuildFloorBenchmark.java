package io.pemn.benchmarks;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
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
 * What it costs to write as many floats to native memory at all as {@link RebuildBenchmark}
 * rebuilds: its floor.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class RebuildFloorBenchmark {
  private static final int LAYER = 1 << 20;

  /** 64 KiB: fits into a core's nearest caches. */
  private static final int CHUNK = 1 << 14;

  /** How many times a million floats there are. */
  @Param("24")
  public int layers;

  /** How many threads write. */
  @Param({"1", "2"})
  public int threads;

  private float[] chunk;
  private float[][] weights;
  private NativeWeights target;
  private Workers workers;

  /** Draws the floats. */
  @Setup
  public void prepare() {
    Random random = new Random(1);
    chunk = floats(CHUNK, random);
    weights = new float[layers][];
    Arrays.setAll(weights, i -> floats(LAYER, random));
    int[] sizes = new int[layers];
    Arrays.fill(sizes, LAYER);
    target = new NativeWeights(sizes);
    workers = new Workers(threads);
  }

  private static float[] floats(int count, Random random) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = random.nextFloat();
    }
    return floats;
  }

  /** Ends the threads. */
  @TearDown
  public void close() {
    workers.close();
  }

  /** Floats that are in the cache: nothing but writing. */
  @Benchmark
  public Object write(Volume volume) throws Exception {
    count(volume);
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      int index = i;
      tasks.add(
          () -> {
            FloatBuffer layer = target.layer(index);
            while (layer.hasRemaining()) {
              layer.put(chunk);
            }
            return null;
          });
    }
    workers.run(tasks);
    return target;
  }

  /** Floats that come from the heap, as those of a file that was read. */
  @Benchmark
  public Object copy(Volume volume) throws Exception {
    count(volume);
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      int index = i;
      tasks.add(
          () -> {
            target.layer(index).put(weights[index]);
            return null;
          });
    }
    workers.run(tasks);
    return target;
  }

  private void count(Volume volume) {
    volume.add((long) layers * LAYER, (long) layers * LAYER * Float.BYTES);
  }
}
