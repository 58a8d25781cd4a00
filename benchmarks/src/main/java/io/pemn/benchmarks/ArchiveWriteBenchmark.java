package io.pemn.benchmarks;

import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.MaskCodecChoice;
import io.pemn.packager.MaskedNetwork;
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

/**
 * Writing an archive: coding the masks, the digests of all layers, and reading everything back with
 * every check, which no archive leaves pemn without.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ArchiveWriteBenchmark {
  /** How many layers of a million weights the network has. */
  @Param("4")
  public int layers;

  /** How the masks are stored. */
  @Param public MaskCodecChoice encoding;

  private MaskedNetwork network;
  private long weights;
  private byte[] archive;
  private Path folder;
  private Path file;

  /** Draws the masks. */
  @Setup
  public void prepare() throws IOException {
    network =
        MaskedPerceptron.network(
            layers,
            MaskedPerceptron.WIDTH,
            MaskedPerceptron.Masks.KEEP_50,
            MaskedPerceptron.Values.SHORT);
    weights = network.layers().stream().mapToLong(layer -> layer.mask().size()).sum();
    archive = ArchiveWriter.toBytes(network, encoding);
    folder = Files.createTempDirectory("pemn-");
    file = folder.resolve("model.pemn");
  }

  /** Deletes what was written. */
  @TearDown
  public void close() throws IOException {
    Files.deleteIfExists(file);
    Files.delete(folder);
  }

  /** The archive's bytes. */
  @Benchmark
  public Object toMemory(Volume volume) throws IOException {
    volume.add(weights, archive.length);
    return ArchiveWriter.toBytes(network, encoding);
  }

  /** The archive in a file, which has reached the disk. */
  @Benchmark
  public Object toFile(Volume volume) throws IOException {
    volume.add(weights, archive.length);
    ArchiveWriter.write(network, encoding, file);
    return file;
  }

  /** The floor of the one: as many bytes copied. */
  @Benchmark
  public Object copyBytes(Volume volume) {
    volume.add(weights, archive.length);
    return archive.clone();
  }

  /** The floor of the other: as many bytes in a file, which have reached the disk. */
  @Benchmark
  public Object writeBytes(Volume volume) throws IOException {
    volume.add(weights, archive.length);
    AtomicFile.write(file, out -> out.write(archive));
    return file;
  }
}
