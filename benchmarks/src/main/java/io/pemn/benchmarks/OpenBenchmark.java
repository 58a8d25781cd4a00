package io.pemn.benchmarks;

import io.pemn.loader.PemnArchive;
import io.pemn.packager.MaskCodecChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

/** Opening an archive whose file is in the page cache; the scores are microseconds. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class OpenBenchmark {
  /** How many layers of a million weights the network has. */
  @Param({"1", "5", "24"})
  public int layers;

  private Path folder;
  private Path file;

  /** Writes the archive. */
  @Setup
  public void prepare() throws IOException {
    folder = Files.createTempDirectory("pemn-");
    file = folder.resolve("model.pemn");
    Files.write(
        file,
        MaskedPerceptron.archive(
            layers,
            MaskedPerceptron.Masks.KEEP_50,
            MaskedPerceptron.Values.SHORT,
            MaskCodecChoice.ROARING));
  }

  /** Deletes it. */
  @TearDown
  public void close() throws IOException {
    Files.delete(file);
    Files.delete(folder);
  }

  /** From the path to everything that the head says. */
  @Benchmark
  public Object open() throws IOException {
    return PemnArchive.open(file);
  }
}
