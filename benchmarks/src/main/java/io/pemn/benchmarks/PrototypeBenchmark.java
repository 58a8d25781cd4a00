package io.pemn.benchmarks;

import io.pemn.format.Distribution;
import io.pemn.format.Prototype;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Generating the values of a prototype from its seed, on one thread. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class PrototypeBenchmark {
  private static final long SEED = 1;

  /** How the values are distributed. */
  @Param public Distribution distribution;

  /** How many there are; up to 1,024 they are spread, which costs more a value. */
  @Param({"1000", "1000000", "10000000"})
  public int length;

  /** All values. */
  @Benchmark
  public Object generate(Volume volume) {
    volume.add(length, (long) length * Float.BYTES);
    return new Prototype(SEED, distribution, length).values();
  }

  /** The permutation through which layers read them under shuffled padding. */
  @Benchmark
  public Object permute(Volume volume) {
    volume.add(length, (long) length * Integer.BYTES);
    return Prototype.permutation(SEED, length);
  }

  /** The floor: as many floats, all the same. */
  @Benchmark
  public Object fill(Volume volume) {
    volume.add(length, (long) length * Float.BYTES);
    float[] values = new float[length];
    Arrays.fill(values, 1);
    return values;
  }
}
