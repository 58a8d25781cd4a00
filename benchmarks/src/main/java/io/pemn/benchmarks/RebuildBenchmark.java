package io.pemn.benchmarks;

import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.WeightRebuilder;
import io.pemn.packager.MaskCodecChoice;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * Rebuilding weights, 25 million by default, into native memory: from decoded masks, and from a
 * file's bytes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class RebuildBenchmark {
  /** What the masks say. */
  @Param public MaskedPerceptron.Masks masks;

  /** What they are laid over. */
  @Param public MaskedPerceptron.Values values;

  /** How they are stored. */
  @Param({"ROARING", "BITMAP", "ENTROPY"})
  public MaskCodecChoice encoding;

  /** How many layers of a million weights there are. */
  @Param("24")
  public int layers;

  /** How many threads rebuild. */
  @Param({"1", "2"})
  public int threads;

  private byte[] file;
  private PemnArchive decoded;
  private NativeWeights target;

  /** Makes the archive, and decodes its masks for {@link #rebuild}. */
  @Setup
  public void prepare() throws IOException {
    file = MaskedPerceptron.archive(layers, masks, values, encoding);
    decoded = PemnArchive.read(file);
    target = new NativeWeights(decoded.layers().stream().mapToInt(Layer::size).toArray());
    rebuild(WeightRebuilder.of(decoded));
  }

  /** From masks that are decoded already: the kernel. */
  @Benchmark
  public Object rebuild(Volume volume) throws IOException {
    volume.add(decoded.maskedWeights(), decoded.maskedWeights() * Float.BYTES);
    return rebuild(WeightRebuilder.of(decoded));
  }

  /** The same with every layer compared with its digest. */
  @Benchmark
  public Object rebuildAndCheck(Volume volume) throws IOException {
    volume.add(decoded.maskedWeights(), decoded.maskedWeights() * Float.BYTES);
    return rebuild(WeightRebuilder.of(decoded).checkingDigests());
  }

  /** From the bytes of the file: head, digest of the masks, their code, and the kernel. */
  @Benchmark
  public Object decodeAndRebuild(Volume volume) throws IOException {
    volume.add(decoded.maskedWeights(), decoded.maskedWeights() * Float.BYTES);
    return rebuild(WeightRebuilder.of(PemnArchive.read(file)));
  }

  private Object rebuild(WeightRebuilder rebuilder) throws IOException {
    AtomicInteger next = new AtomicInteger();
    rebuilder.threads(threads).rebuildInto(layer -> target.layer(next.getAndIncrement()));
    return target;
  }
}
