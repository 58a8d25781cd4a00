package io.pemn.benchmarks;

import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskCodecChoice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
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
  /** How many hidden layers the network has. */
  @Param({"1", "5", "24"})
  public int layers;

  /** How wide each of them is; 1,024 give a million weights a layer. */
  @Param("1024")
  public int width;

  private Path folder;
  private Path file;
  private long weights;
  private ByteBuffer head;

  /** Writes the archive. */
  @Setup
  public void prepare() throws IOException {
    folder = Files.createTempDirectory("pemn-");
    file = folder.resolve("model.pemn");
    Files.write(
        file,
        ArchiveWriter.toBytes(
            MaskedPerceptron.network(
                layers, width, MaskedPerceptron.Masks.KEEP_50, MaskedPerceptron.Values.SHORT),
            MaskCodecChoice.ROARING));
    PemnArchive archive = PemnArchive.open(file);
    weights = archive.maskedWeights();
    head = ByteBuffer.allocate((int) archive.sections().metadata());
  }

  /** Deletes it. */
  @TearDown
  public void close() throws IOException {
    Files.delete(file);
    Files.delete(folder);
  }

  /** From the path to everything that the head says. */
  @Benchmark
  public Object open(Volume volume) throws IOException {
    volume.add(weights, head.capacity());
    return PemnArchive.open(file);
  }

  /** The floor: as many bytes as the head has, read from the file. */
  @Benchmark
  public Object readHead(Volume volume) throws IOException {
    volume.add(weights, head.capacity());
    head.clear();
    try (FileChannel channel = FileChannel.open(file)) {
      while (head.hasRemaining() && channel.read(head) >= 0) {}
    }
    return head;
  }
}
